"""How the statements that decide on access are named and described, in text and in JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from policygen.access.plain_english import conditions_in_words, resources_in_words
from policygen.evaluate import CompiledStatement
from policygen.report import printable


def named(statement: CompiledStatement) -> str:
    """The policy of a statement, and its Sid or its place: `` `group/AllUsers/enforce-mfa` NoMFA``."""
    return f"`{_policy(statement)}` {statement.sid or statement.pointer}"


def dependencies(limits: Iterable[Sequence[CompiledStatement]], denies: Iterable[CompiledStatement]) -> Iterator[str]:
    """Lines that say what else has to allow a request, one statement of each limit, and what may deny it."""
    for alternatives in limits:
        if alternatives:
            parts = [f"{_where(statement)} ({named(statement)})" for statement in alternatives]
            yield printable(f"  and only {' or '.join(parts)}")
    for statement in denies:
        where = f"but not {_where(statement)}"
        yield printable(f"  {where.replace('but not if', 'unless', 1)} (denied by {named(statement)})")


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


def _where(statement: CompiledStatement) -> str:
    """`on arn:…, if …`; the resources are left out if these are all."""
    on, conditions = f"on {resources_in_words(statement.statement)}", conditions_in_words(statement.statement)
    if not conditions:
        return on
    return f"if {conditions}" if on == "on every resource" else f"{on}, if {conditions}"
