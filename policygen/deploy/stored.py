"""Read dataclasses back from the JSON of `dataclasses.asdict`, for plan files and journals."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Stored = TypeVar("Stored")


def from_json(kind: type[Stored], data: Any) -> Stored:
    """A dataclass from JSON, in which fields with a default may be absent.

    Raises ValueError or TypeError if the data does not have the form of the dataclass.
    """
    value: Stored = _read(kind, data)
    return value


def _read(kind: Any, data: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return data
    if origin in (Union, UnionType):  # always `X | None`
        return None if data is None else _read(arguments[0], data)
    if origin is tuple and isinstance(data, list):
        return tuple(_read(arguments[0], item) for item in data)
    if origin is Mapping and isinstance(data, dict):
        return {key: _read(arguments[1], value) for key, value in data.items()}
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(data, dict):
        types = _types(kind)
        return kind(**{name: _read(types[name], value) for name, value in data.items() if name in types})
    if origin is None and isinstance(data, kind):
        return data
    raise ValueError(f"{data!r} is not a {kind}")


@cache
def _types(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)
