"""How the statements that decide on access are named and described, in text and in JSON."""

from collections.abc import Iterable, Iterator
from typing import Any

from policygen.access.plain_english import conditions_in_words, resources_in_words
from policygen.evaluate import CompiledStatement
from policygen.report import printable


def named(statement: CompiledStatement) -> str:
    """The policy of a statement, and its Sid or its place: `` `group/AllUsers/enforce-mfa` NoMFA``."""
    return f"`{_policy(statement)}` {statement.sid or statement.pointer}"


def dependencies(limits: Iterable[CompiledStatement], denies: Iterable[CompiledStatement]) -> Iterator[str]:
    """Lines that say what else has to allow a request, and what may deny it."""
    for statement in limits:
        yield printable(f"  within {_scope(statement)} ({named(statement)})")
    for statement in denies:
        yield printable(f"  unless {_scope(statement)} (denied by {named(statement)})")


def statement_as_json(statement: CompiledStatement) -> dict[str, Any]:
    """The place of a statement, and its conditions in words."""
    return {
        "policy": _policy(statement),
        "pointer": statement.pointer,
        "sid": statement.sid or None,
        "conditions": conditions_in_words(statement.statement) or None,
    }


def _policy(statement: CompiledStatement) -> str:
    return statement.policy.name or statement.policy.file


def _scope(statement: CompiledStatement) -> str:
    """The conditions of a statement, and its resources unless these are all."""
    conditions, resources = conditions_in_words(statement.statement), resources_in_words(statement.statement)
    on = "" if resources == "every resource" and conditions else f"on {resources}"
    return " and ".join(filter(None, (on, conditions)))
