"""JSON text, parsed strictly, with the line and column of everything in it."""

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, islice
from math import isinf
from typing import Any, NamedTuple

from policygen.errors import PolicygenError
from policygen.policy.characters import is_hidden, is_lookalike, named

_TEXT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_PLAIN_TEXT = re.compile('"[^"]*"')
_TOKEN = re.compile(rf'{_TEXT.pattern}|[{{}}\[\],:]|[^\s{{}}\[\],:"]+')
_COLON = re.compile(r"\s*:")
_INDEX = re.compile("0|[1-9][0-9]{0,9}")
_BEFORE_ITEM = re.compile(r"[\s,]*")
_BEFORE_VALUE = re.compile(rf"[\s,]*{_TEXT.pattern}\s*:\s*")
_TRAILING = re.compile(r",\s*([}\]])")
_DEEPEST, _TOO_DEEP = 100, "nested too deeply to be a policy"
_decode = json.JSONDecoder().raw_decode


class JsonSyntaxError(PolicygenError):
    """The text is not strict JSON; `line` and `column` count from 1."""

    def __init__(self, message: str, file: str, line: int, column: int) -> None:
        super().__init__(f"{file}:{line}:{column}: {message}")
        self.message, self.file, self.line, self.column = message, file, line, column


class Span(NamedTuple):
    """A place in a text; lines and columns count from 1, and the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Tree(NamedTuple):
    """The data of a text in a format other than JSON, and the offsets of each part of it."""

    data: Any
    values: Mapping[str, tuple[int, int]]
    """JSON Pointer → start and end of the value."""
    keys: Mapping[str, tuple[int, int]]
    """JSON Pointer → start and end of the key that leads to the value."""


@dataclass(frozen=True, eq=False)
class Source:
    """A text and the name that the user knows it by (a path, `<stdin>`, a recipe)."""

    text: str
    file: str
    tree: Tree | None = None
    """The data of the text if it is not JSON."""
    _places: dict[str, tuple[int, Any]] = field(default_factory=dict, init=False, repr=False)
    """Pointer of a container → its offset and itself, for containers with findings."""
    _parts: dict[int, Any] = field(default_factory=dict, init=False, repr=False)
    """Offset of a container → key or index of each part → its offset."""

    @cached_property
    def data(self) -> Any:
        """The parsed JSON.

        Raises JsonSyntaxError unless the text is one strict JSON value. Duplicate keys, NaN, trailing text and nesting
        of more than 100 levels are errors.
        """
        if self.tree:
            return self.tree.data
        try:
            value = json.loads(self.text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)
        except json.JSONDecodeError as error:
            raise self._error(*_plain(error)) from None
        except RecursionError:
            raise self._error(_TOO_DEEP, 0) from None
        except _DuplicateKeyError as error:
            raise self._error(f"the key `{error}` appears twice in one object", self._second(str(error))) from None
        except _NotJsonError as error:
            where = next(match.start() for match in _TOKEN.finditer(self.text) if match[0] == str(error))
            raise self._error(f"`{error}` is not a JSON value", where) from None
        except ValueError as error:  # an integer of thousands of digits
            raise self._error(str(error), 0) from None
        # most policies do not even have that many brackets
        if self.text.count("{") + self.text.count("[") > _DEEPEST and _is_deep(value):
            raise self._error(_TOO_DEEP, 0)
        return value

    def span(self, pointer: str) -> Span:
        """The place of the value at a JSON Pointer; of its nearest ancestor if the value does not exist."""
        return self._between(*self.extent(pointer))

    def key_span(self, pointer: str) -> Span:
        """The place of the key of the value at a JSON Pointer; of the value itself if it is in a list."""
        return self._between(*(self.key_extent(pointer) or self.extent(pointer)))

    def extent(self, pointer: str) -> tuple[int, int]:
        """The offsets of the value at a JSON Pointer; of its nearest ancestor if the value does not exist."""
        if self.tree:
            return _nearest(self.tree.values, pointer)
        start = self._start(pointer)
        return start, self._whole[1] if start == self._whole[0] else _decode(self.text, start)[1]

    def key_extent(self, pointer: str) -> tuple[int, int] | None:
        """The offsets of the key of the value at a JSON Pointer; None if there is not one, as in a list."""
        if self.tree:
            return self.tree.keys.get(pointer)
        start = self._start(pointer)
        colon = self.text.rfind(":", 0, start)
        if colon < 0 or self.text[colon + 1 : start].strip():
            return None
        key = _key_before(self.text, colon)
        return key, _decode(self.text, key)[1]

    def at(self, pointer: str) -> Any:
        """The value at a JSON Pointer; raises LookupError if it does not exist."""
        value = self.data
        for token in pointer.split("/")[1:]:
            key = _key(value, token)
            if key is None:
                raise LookupError(pointer)
            value = value[key]
        return value

    def _between(self, start: int, end: int) -> Span:
        return Span(*self.position(start), *self.position(end))

    def _start(self, pointer: str) -> int:
        outer, _, last = pointer.rpartition("/")
        tokens = [last] if pointer and outer in self._places else pointer.split("/")[1:]
        start, value = self._places.get(outer, (self._whole[0], self.data))
        for left, token in zip(range(len(tokens), 0, -1), tokens, strict=True):
            if left == 1:
                self._places[outer] = start, value  # one list often has several findings
            key = _key(value, token)
            if key is None:
                break
            if start not in self._parts:
                self._parts[start] = _starts(self.text, start, value)
            start, value = self._parts[start][key], value[key]
        return start

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column, both from 1, of a character offset."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its line end; "" after the last one."""
        starts = [*self._lines[number - 1 : number + 1], len(self.text) + 1]
        return self.text[starts[0] : starts[1] - 1].rstrip("\r") if number <= len(self._lines) else ""

    @cached_property
    def _lines(self) -> "array[int]":
        """The offset of each line."""
        lengths = [len(line) + 1 for line in self.text.split("\n")]
        return array("Q", accumulate(lengths, initial=0))[:-1]

    @cached_property
    def _whole(self) -> tuple[int, int]:
        end = len(self.text.rstrip())
        return end - len(self.text.strip()), end

    def _error(self, message: str, offset: int) -> JsonSyntaxError:
        return JsonSyntaxError(message, self.file, *self.position(offset))

    def _second(self, key: str) -> int:
        """The offset of a duplicate key: its second occurrence in one object."""
        seen: list[set[str]] = []
        for match in _TOKEN.finditer(self.text):
            token = match[0]
            if token == "{":
                seen.append(set())
            elif token == "}":
                seen.pop()
            elif token[0] == '"' and _COLON.match(self.text, match.end()) and json.loads(token) == key:
                if key in seen[-1]:
                    return match.start()
                seen[-1].add(key)
        return 0


def decode(data: bytes, file: str) -> str:
    """The bytes of a file as text; raises JsonSyntaxError unless they are UTF-8 without a byte order mark."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:2]:
        raise JsonSyntaxError("UTF-16 text; save it as UTF-8", file, 1, 1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise JsonSyntaxError("not UTF-8 text; save it as UTF-8", file, line, column) from None
    if text.startswith("\ufeff"):
        raise JsonSyntaxError("starts with a byte order mark; save it as UTF-8 without one", file, 1, 1)
    return text


def _nearest(places: Mapping[str, tuple[int, int]], pointer: str) -> tuple[int, int]:
    """The place of a value, or of its nearest ancestor that has one."""
    while pointer and pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return places.get(pointer, (0, 0))


class _DuplicateKeyError(ValueError):
    pass


class _NotJsonError(ValueError):
    pass


def _is_deep(value: Any) -> bool:
    """Whether a value is nested too deeply for recursive code."""
    level: list[Any] = [[value]]
    for _ in range(_DEEPEST + 1):
        values = (part for outer in level for part in (outer.values() if isinstance(outer, dict) else outer))
        level = [value for value in values if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        raise _DuplicateKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return result


def _constant(name: str) -> Any:
    raise _NotJsonError(name)


def _finite(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise _NotJsonError(text)
    return number


def _plain(error: json.JSONDecodeError) -> tuple[str, int]:
    """What is wrong and its offset, worded independently of the Python version."""
    text, at = error.doc, error.pos
    if not text.strip():
        return "the text is empty", 0
    if at >= len(text.rstrip()):
        return "not JSON: the text ends too soon", len(text.rstrip())
    if error.msg == "Extra data":
        return "there is more text after the end of the JSON value", at
    if text.startswith(("//", "/*", "#"), at):
        return "not JSON: JSON has no comments; remove it", at
    comma = _TRAILING.match(text, max(0, text.rfind(",", 0, at + 1)))
    if comma and comma.end() > at:
        return f"not JSON: a trailing comma before `{comma[1]}`; remove it", comma.start()
    if at < len(text) and is_lookalike(text[at]):
        return f"not JSON: {named(text[at])} is not the character that it looks like; retype it", at
    if at < len(text) and is_hidden(text[at]):
        return f"not JSON: {named(text[at])} is invisible and not allowed here; remove it", at
    return f"not JSON: {error.msg[0].lower()}{error.msg[1:].removesuffix(' at')}", at


def _key_before(text: str, colon: int) -> int:
    """The offset of the key that ends before a colon."""
    at = text.rindex('"', 0, text.rindex('"', 0, colon))
    while (at - len(text[:at].rstrip("\\"))) % 2:  # an escaped quote belongs to the key
        at = text.rindex('"', 0, at)
    return at


def _key(value: Any, token: str) -> str | int | None:
    """The key or index that a JSON Pointer token refers to in a value; None if the value has no such part."""
    if isinstance(value, dict):
        key = token.replace("~1", "/").replace("~0", "~")
        return key if key in value else None
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return int(token)
    return None


def _starts(text: str, start: int, value: Any) -> Any:
    """Key or index → offset, for each part of a container; C code skips the values in between."""
    if isinstance(value, list) and {*map(type, value)} == {str}:  # most lists of a policy, and the long ones
        texts = _TEXT if "\\" in text else _PLAIN_TEXT  # the plain one is faster
        return [item.start() for item in islice(texts.finditer(text, start), len(value))]
    before = _BEFORE_VALUE if isinstance(value, dict) else _BEFORE_ITEM
    starts: dict[Any, int] = {}
    at = start + 1
    for key in value if isinstance(value, dict) else range(len(value)):
        match = before.match(text, at)
        starts[key] = match.end() if match else at
        # the end of the last part is not needed, and the part may be long
        at = _decode(text, starts[key])[1] if len(starts) < len(value) else at
    return starts
