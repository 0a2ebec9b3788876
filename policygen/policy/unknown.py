"""Texts of which something is known only when a template is deployed: unknown, or an example of it."""

from collections.abc import Iterable, Iterator
from typing import Any


class Unknown(str):
    """A text of which something is known only at deployment; that part appears in it as `${…}`.

    Nothing that depends on such a text is judged, and nothing is called good because of it.
    """

    __slots__ = ()


class Example(str):
    """A text with an example of what AWS puts in: an account, a Region, a partition.

    It is judged as it is, but not compared with others: in another Region they may be equal or not.
    """

    __slots__ = ()


def put_together(text: str, parts: Iterable[object]) -> str:
    """A text that is made of parts: unknown or an example if one of them is."""
    kinds = {*map(type, parts)}
    return Unknown(text) if Unknown in kinds else Example(text) if Example in kinds else text


def has_example(value: object) -> bool:
    """Whether an example is inside of a JSON value."""
    if isinstance(value, dict):
        return any(map(has_example, value.values()))
    return any(map(has_example, value)) if isinstance(value, list) else isinstance(value, Example)


def unknowns(value: Any, pointer: str = "") -> Iterator[tuple[str, Unknown]]:
    """Every unknown text inside a JSON value, with its JSON Pointer; an unknown key has the pointer of its value."""
    if isinstance(value, Unknown):
        yield pointer, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknowns(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            if isinstance(key, Unknown):
                yield place, key
            yield from unknowns(item, place)
