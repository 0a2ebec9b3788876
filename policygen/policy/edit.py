"""A changed policy, written into the text where people keep it: whatever is not changed stays byte for byte."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from policygen.policy.model import Policy, escape
from policygen.policy.source import Source

_BETWEEN = re.compile(r"[\s,\-]*")
"""What may be between two items that are removed together; anything else is a comment."""


class Edit(NamedTuple):
    """A text that replaces what is between two offsets."""

    start: int
    end: int
    text: str


class CannotEditError(Exception):
    """The policy is written in a way that does not allow the change in place."""


def edits(policy: Policy, document: Mapping[str, Any]) -> list[Edit]:
    """The edits of the policy's source that make its document another one, in the order of the text.

    Entries and members can be left out, texts replaced, and members added. Raises CannotEditError where the source has
    none, or writes the place otherwise than as a plain value: behind a function, in a string, with a comment in it.
    """
    if policy.source is None:
        raise CannotEditError
    made = sorted({*_Writer(policy, policy.source).change("", policy.document, document)})
    if any(before.end > after.start for before, after in pairwise(made)):
        raise CannotEditError
    return made


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits, which are in its order and do not overlap."""
    parts, at = [], 0
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


class _Writer:
    """Finds the edits for one policy."""

    def __init__(self, policy: Policy, source: Source) -> None:
        self.policy, self.source, self.text = policy, source, source.text

    def change(self, pointer: str, old: Any, new: Any) -> Iterator[Edit]:
        """The edits that make a value another one."""
        if old == new:
            return
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self._members(pointer, old, new)
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            for index, (was, now) in enumerate(zip(old, new, strict=True)):
                yield from self.change(f"{pointer}/{index}", was, now)
        elif isinstance(old, list) and isinstance(new, list):
            spans = self._items(pointer, old)
            yield from self._without(spans, _dropped(old, new))
        elif isinstance(old, list) and self.source.tree:  # elsewhere than in JSON, the type of a value may matter
            spans = self._items(pointer, old)
            yield Edit(*spans[0], self._quoted(new))
            yield from self._without(spans, range(1, len(spans)))
        else:
            yield Edit(*self._value(pointer), self._quoted(new))

    def _members(self, pointer: str, old: dict[str, Any], new: Mapping[str, Any]) -> Iterator[Edit]:
        removed, added = [name for name in old if name not in new], [name for name in new if name not in old]
        for name in old:
            if name in new:
                yield from self.change(f"{pointer}/{escape(name)}", old[name], new[name])
        for was, now in zip(removed, added, strict=False):
            place = f"{pointer}/{escape(was)}"
            yield Edit(*self._key(place, was), self._quoted(now))
            yield from self.change(place, old[was], new[now])
        if left := removed[len(added) :]:
            places = [(f"{pointer}/{escape(name)}", name) for name in old]
            spans = [(self._key(place, name)[0], self._value(place)[1]) for place, name in places]
            yield from self._without(spans, [index for index, name in enumerate(old) if name in left])
        if more := {name: new[name] for name in added[len(removed) :]}:
            yield self._added(pointer, old, more)

    def _without(self, spans: Sequence[tuple[int, int]], removed: Iterable[int]) -> Iterator[Edit]:
        """Each run of neighbours is removed together with what separates it from the rest."""
        for first, last in _runs(removed):
            if last + 1 < len(spans):
                joined, start, end = spans[first : last + 2], spans[first][0], spans[last + 1][0]
            elif first:
                joined, start, end = spans[first - 1 : last + 1], spans[first - 1][1], spans[last][1]
            else:
                raise CannotEditError
            if not all(_BETWEEN.fullmatch(self.text, a[1], b[0]) for a, b in pairwise(joined)):
                raise CannotEditError
            yield Edit(start, end, "")

    def _added(self, pointer: str, old: dict[str, Any], more: Mapping[str, Any]) -> Edit:
        """New members after the last one, laid out as it is."""
        if not old:
            return Edit(*self._value(pointer), self._plain(more))
        last = next(reversed(old))
        place = f"{pointer}/{escape(last)}"
        _, end = self._value(place)
        bracket = "," if self.text[self._value(pointer)[0]] == "{" else ""
        between = bracket + self._before(self._key(place, last)[0], bracket)
        members = (f"{between}{self._quoted(name)}{self._like(place, old[last], new)}" for name, new in more.items())
        return Edit(end, end, "".join(members))

    def _like(self, place: str, old: Any, new: Any) -> str:
        """What follows the key of a new member, laid out as the member at a place."""
        key = self._key(place, place.rpartition("/")[2].replace("~1", "/").replace("~0", "~"))
        start, end = self._value(place)
        colon = self.text[key[1] : start]
        if not isinstance(new, dict):
            return colon + self._quoted(new)
        if not isinstance(old, dict) or not old:
            return colon + self._plain(new)
        name, inner = next((name, f"{place}/{escape(name)}") for name in old)
        first = self._key(inner, name)[0]
        after = self._value(f"{place}/{escape(next(reversed(old)))}")[1]
        bracket = "," if self.text[start] == "{" else ""
        between = bracket + self._before(first, bracket)
        members = (f"{self._quoted(key)}{self._like(inner, old[name], value)}" for key, value in new.items())
        return f"{colon}{self.text[start:first]}{between.join(members)}{self.text[after:end]}"

    def _before(self, key: int, bracket: str) -> str:
        """The white space before a key: a line break and its indentation, or what separates it in its line."""
        line = self.text.rfind("\n", 0, key) + 1
        indent = self.text[line:key]
        if indent.strip(" \t-" if not bracket else " \t"):
            return " " if self.text[key - 1] in " {" and bracket else ""
        return ("\r\n" if self.text[:line].endswith("\r\n") else "\n") + indent.replace("-", " ")

    def _items(self, pointer: str, items: Sequence[Any]) -> list[tuple[int, int]]:
        return [self._value(f"{pointer}/{index}") for index in range(len(items))]

    def _value(self, pointer: str) -> tuple[int, int]:
        origin = self.policy.origin(pointer)
        try:
            self.source.at(origin)
        except LookupError:
            raise CannotEditError from None
        return self.source.extent(origin)

    def _key(self, pointer: str, name: str) -> tuple[int, int]:
        """The place of a key; in Terraform, the operator of a condition is a value of its block."""
        origin = self.policy.origin(pointer)
        key = self.source.key_extent(origin)
        if key and origin.endswith(f"/{escape(name)}"):
            return key
        start, end = self._value(pointer)
        if self.source.at(origin) != name:
            raise CannotEditError
        return start, end

    def _quoted(self, value: Any) -> str:
        """A text in quotes, as JSON, YAML and HCL all read it."""
        if not isinstance(value, str) or (self.source.tree and re.search(r"[$%]\{", value)):
            raise CannotEditError
        return json.dumps(value, ensure_ascii=not value.isprintable())

    def _plain(self, value: Mapping[str, Any]) -> str:
        """An object in one line."""
        return f"{{{', '.join(f'{self._quoted(name)}: {self._quoted(item)}' for name, item in value.items())}}}"


def _dropped(old: Sequence[Any], new: Sequence[Any]) -> list[int]:
    """The indexes of the items that are left out; what else changes cannot be edited."""
    dropped, left = [], list(new)
    for index, item in enumerate(old):
        if left and item == left[0]:
            left.pop(0)
        else:
            dropped.append(index)
    if left:
        raise CannotEditError
    return dropped


def _runs(indexes: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbours."""
    runs: list[tuple[int, int]] = []
    for index in indexes:
        if runs and runs[-1][1] == index - 1:
            runs[-1] = runs[-1][0], index
        else:
            runs.append((index, index))
    return runs
