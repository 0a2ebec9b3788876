"""Values of which something is known only when a template is deployed."""

from collections.abc import Iterator
from typing import Any


class Unknown(str):
    """A text of which something is known only at deployment; that part appears in it as `${…}`.

    Nothing that depends on such a text is judged, and nothing is called good because of it.
    """

    __slots__ = ()


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
