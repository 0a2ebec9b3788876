"""A JSON text, read strictly, that knows the line and column of everything in it."""

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from policygen.errors import PolicygenError

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_COLON = re.compile(r"\s*:")


class JsonSyntaxError(PolicygenError):
    """The text is not strict JSON; `line` and `column` count from 1."""

    def __init__(self, message: str, file: str, line: int, column: int) -> None:
        super().__init__(f"{file}:{line}:{column}: {message}")
        self.message, self.file, self.line, self.column = message, file, line, column


class Span(NamedTuple):
    """A place in a text: lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, eq=False)
class Source:
    """A text and the name under which the user knows it (a path, `<stdin>`, a recipe)."""

    text: str
    file: str

    @cached_property
    def data(self) -> Any:
        """The parsed JSON.

        Raises JsonSyntaxError for anything but one strict JSON value: duplicate keys, NaN, trailing text and
        nesting beyond what Python parses are errors too.
        """
        try:
            return json.loads(self.text, object_pairs_hook=_object, parse_constant=_constant)
        except json.JSONDecodeError as error:
            raise self._error(_plain(error), error.pos) from None
        except RecursionError:
            raise self._error("nested too deeply to be a policy", 0) from None
        except _DuplicateKeyError as error:
            raise self._error(f"the key `{error}` stands twice in one object", self._second(str(error))) from None
        except _NotJsonError as error:
            where = next(match.start() for match in _TOKEN.finditer(self.text) if match[0] == str(error))
            raise self._error(f"`{error}` is not a JSON value", where) from None
        except ValueError as error:  # an integer of thousands of digits
            raise self._error(str(error), 0) from None

    def span(self, pointer: str) -> Span:
        """Where the value under a JSON Pointer stands; its nearest ancestor where there is no such value."""
        while pointer not in self._offsets and pointer:
            pointer = pointer.rpartition("/")[0]
        start, end = self._offsets.get(pointer, (0, 0))
        return Span(*self.position(start), *self.position(end))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of a character offset."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end; "" behind the last one."""
        starts = [*self._lines[number - 1 : number + 1], len(self.text) + 1]
        return self.text[starts[0] : starts[1] - 1].rstrip("\r") if number <= len(self._lines) else ""

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def _offsets(self) -> dict[str, tuple[int, int]]:
        return _index(self.text)

    def _error(self, message: str, offset: int) -> JsonSyntaxError:
        return JsonSyntaxError(message, self.file, *self.position(offset))

    def _second(self, key: str) -> int:
        """The offset of a key that an object holds twice: its second occurrence as a key of the same object."""
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


def decode(data: bytes, file: str) -> Source:
    """The bytes of a file as a Source; raises JsonSyntaxError for what is not UTF-8 without a byte order mark."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise JsonSyntaxError("not UTF-8 text; save it as UTF-8", file, line, column) from None
    if text.startswith("\ufeff"):
        raise JsonSyntaxError("starts with a byte order mark; save it as UTF-8 without one", file, 1, 1)
    return Source(text, file)


class _DuplicateKeyError(ValueError):
    pass


class _NotJsonError(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        raise _DuplicateKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return result


def _constant(name: str) -> Any:
    raise _NotJsonError(name)


def _plain(error: json.JSONDecodeError) -> str:
    message = error.msg[0].lower() + error.msg[1:]
    if message == "extra data":
        return "text goes on after the end of the JSON value"
    return f"not JSON: {message.removesuffix(' at')}"


def _index(text: str) -> dict[str, tuple[int, int]]:
    """JSON Pointer → start and end offset of each value of a text that is known to be valid JSON."""
    offsets: dict[str, tuple[int, int]] = {}
    stack: list[tuple[str, int, bool]] = []  # pointer, start, is an object
    pointer, key, want_key = "", "", False
    counts: list[int] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == ":" or token == ",":
            if token == "," and stack:
                want_key = stack[-1][2]
                counts[-1] += 1
            continue
        if token in "}]":
            pointer, start, _ = stack.pop()
            counts.pop()
            offsets[pointer] = (start, match.end())
            want_key = False
            continue
        if want_key:
            key = json.loads(token).replace("~", "~0").replace("/", "~1")
            want_key = False
            continue
        if stack:
            parent, _, is_object = stack[-1]
            pointer = f"{parent}/{key if is_object else counts[-1]}"
        else:
            pointer = ""
        if token in "{[":
            stack.append((pointer, match.start(), token == "{"))
            counts.append(0)
            want_key = token == "{"
        else:
            offsets[pointer] = (match.start(), match.end())
    return offsets
