"""The entries of a statement's `Principal` and `NotPrincipal`."""

from collections.abc import Iterator
from typing import NamedTuple

from policygen.policy.model import Statement, entries, escape


class NamedPrincipal(NamedTuple):
    """One entry of a `Principal` or `NotPrincipal` element."""

    key: str
    """`AWS`, `Service`, …; "" for the plain string `"*"`."""
    value: str
    pointer: str


def principals(statement: Statement, element: str = "Principal") -> Iterator[NamedPrincipal]:
    """The text entries of an element, in the author's order."""
    body, place = statement.body.get(element), f"{statement.pointer}/{element}"
    if isinstance(body, str):
        yield NamedPrincipal("", body, place)
    for key, value in body.items() if isinstance(body, dict) else ():
        for item, pointer in entries(value, f"{place}/{escape(key)}"):
            if isinstance(item, str):
                yield NamedPrincipal(key, item, pointer)


def named(statement: Statement, key: str) -> list[str]:
    """The entries under one key of `Principal`; the plain string `"*"` counts for every key."""
    return [entry.value for entry in principals(statement) if entry.key in ("", key)]
