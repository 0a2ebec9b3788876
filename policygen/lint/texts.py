"""The texts of a policy document, with and without their places, whatever its form."""

from collections.abc import Collection, Iterator
from typing import Any

from policygen.lint.rule import OfKey
from policygen.policy.model import Policy, escape, once_per_policy


@once_per_policy
def distinct_texts(policy: Policy) -> frozenset[str]:
    """The keys and texts of a policy document, without their places, to check quickly whether any is of interest."""
    return frozenset(_texts(policy.document))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, str):  # saves a call: most lists contain texts only
                yield item
            else:
                yield from _texts(item)


def every_text(value: Any, pointer: str = "", *, without: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """The keys and texts of a JSON value, each with its JSON Pointer; a key has the pointer of its value.

    The values of keys in `without` are left out, but not the keys themselves.
    """
    if isinstance(value, str):
        yield value, pointer
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from every_text(item, f"{pointer}/{index}", without=without)
    elif isinstance(value, dict):
        for key, item in value.items():
            place = f"{pointer}/{escape(key)}"
            yield key, OfKey(place)
            if key not in without:
                yield from every_text(item, place, without=without)
