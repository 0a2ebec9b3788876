"""Dated lists of a catalog: `["@global-services", "extra"]` in a parameter is all entries of the list, and one more."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.policy.schema import check_toml
from policygen.recipe.files import read_toml
from policygen.shipped import folder

FOLDER = "lists"
"""The folder of a catalog's lists."""

_NAMED = re.compile(r"@([a-z0-9]+(?:-[a-z0-9]+)*)")


@dataclass(frozen=True)
class NamedList:
    """A list: what it is, the day it was looked up, its sources, and its entries."""

    name: str
    title: str
    date: str
    sources: tuple[Mapping[str, str], ...]
    entries: tuple[str, ...]


def lists_of(catalog: Path) -> Mapping[str, Path]:
    """Name → file of the lists that recipes of a catalog can name: its own, and those that ship with policygen.

    Raises PolicygenError if a list of the catalog has the name of one that ships with policygen.
    """
    found: dict[str, Path] = {}
    for directory in dict.fromkeys((folder("recipes"), catalog)):
        for path in sorted((directory / FOLDER).glob("*.toml")):
            if path.stem in found and not path.samefile(found[path.stem]):
                raise PolicygenError(f"{path}: there already is a list `{path.stem}` that ships with policygen")
            found[path.stem] = path
    return found


def read_list(path: Path) -> NamedList:
    """A list; raises PolicygenError with `file:line` for a broken one."""
    source = read_toml(path.parent, path.name)
    check_toml(source, "list")
    data = source.data
    return NamedList(path.stem, data["title"], data["date"], tuple(data["sources"]), tuple(data["entries"]))


def expanded(value: Any, find: Callable[[str], NamedList]) -> Any:
    """The value with the entries of a list in place of its name, wherever a list has it; each entry once.

    A text that starts with `@@` is a text that starts with `@`. Raises PolicygenError, through `find`, for an unknown
    list.
    """
    if isinstance(value, dict):
        return {key: expanded(item, find) for key, item in value.items()}
    if not isinstance(value, list | tuple):
        return value
    entries: list[Any] = []
    for item in value:
        if isinstance(item, str) and (name := _NAMED.fullmatch(item)):
            entries += [entry for entry in find(name[1]).entries if entry not in value]
        else:
            entries.append(item[1:] if isinstance(item, str) and item.startswith("@@") else expanded(item, find))
    return entries


def find_list(name: str, catalog: Path) -> NamedList:
    """A list by its name, for recipes of a catalog; raises PolicygenError if there is none, or a broken one."""
    known = lists_of(catalog)
    if name not in known:
        hint = did_you_mean(name, known) or f"; there are {', '.join(f'`@{each}`' for each in known)}"
        raise PolicygenError(f"there is no list `@{name}`{hint}")
    return read_list(known[name])
