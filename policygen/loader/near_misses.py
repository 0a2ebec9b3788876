"""What looks like a policy and is not one: a misspelt `Statement`, a statement without a policy around it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from policygen.errors import did_you_mean
from policygen.loader.aws_cli import is_document
from policygen.policy.model import escape
from policygen.policy.source import Source

_ELEMENTS = frozenset(("action", "notaction", "resource", "notresource", "principal", "notprincipal", "condition"))
_WRAPPED = '`{"Version": "2012-10-17", "Statement": […]}`'


class NearMiss(NamedTuple):
    """A place and what is wrong with it."""

    pointer: str
    message: str
    of_key: bool = False
    """Whether the place is the key that leads there."""


def near_misses(source: Source) -> Iterator[NearMiss]:
    """What a text holds that somebody meant as a policy and that no reader takes for one: at its top, or in a list."""
    yield from _in(source.data, "")


def _in(data: Any, at: str) -> Iterator[NearMiss]:
    if isinstance(data, list) and data and all(map(_is_statement, data)):
        yield NearMiss(at, f"a list of statements is not a policy; write {_WRAPPED} around them")
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _in(item, f"{at}/{index}")
    elif isinstance(data, dict) and not is_document(data):
        if _is_statement(data):
            yield NearMiss(at, f"a statement is not a policy; write {_WRAPPED} around it")
        for key, value in data.items():
            if did_you_mean(key, ("Statement",)) and _holds_statements(value):
                message = (
                    f"`{key}` is not an element of the policy language, so this is not a policy; write `Statement`"
                )
                yield NearMiss(f"{at}/{escape(key)}", message, of_key=True)


def _holds_statements(value: Any) -> bool:
    statements = value if isinstance(value, list) else [value]
    return bool(statements) and any(map(_is_statement, statements))


def _is_statement(value: Any) -> bool:
    """Whether an object has an effect and something that it is about, whatever the case of the names."""
    if not isinstance(value, dict):
        return False
    names = {key.lower(): item for key, item in value.items()}
    effect = names.get("effect")
    return isinstance(effect, str) and effect.lower() in ("allow", "deny") and bool(_ELEMENTS & names.keys())
