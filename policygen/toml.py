"""A TOML text with the line of each of its keys, for messages."""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policygen.errors import PolicygenError

_TABLE = re.compile(r"\s*(\[\[?)\s*([^\]\n]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'))*)\s*="""
)
_LONG = re.compile(r"""\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}.*?'{3}""", re.DOTALL)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'""")


@dataclass(frozen=True, eq=False)
class TomlSource:
    """A TOML text, and the file name that messages use."""

    text: str
    file: str
    root: str = ""
    """The JSON Pointer of the table to read; all other pointers are relative to it."""

    @cached_property
    def data(self) -> dict[str, Any]:
        """The parsed table, empty if it does not exist; raises PolicygenError with `file:line` if this is not TOML."""
        table: Any = self._parsed()
        for key in self.root.split("/")[1:]:
            table = table.get(key) if isinstance(table, dict) else None
        return table if isinstance(table, dict) else {}

    def error(self, pointer: str, message: str) -> PolicygenError:
        """The error about the value at a JSON Pointer: `policygen.toml:3: message`."""
        return PolicygenError(f"{self.file}:{self.line(pointer)}: {message}")

    def _parsed(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"\(at line (\d+), column \d+\)", str(error))
            message = str(error).partition(" (at ")[0]
            last = self.text.count("\n") + 1
            raise PolicygenError(
                f"{self.file}:{line[1] if line else last}: not TOML: {message[0].lower()}{message[1:]}"
            ) from None
        except RecursionError:
            raise PolicygenError(f"{self.file}: nested too deeply") from None
        except ValueError:
            raise PolicygenError(f"{self.file}: contains a number with thousands of digits; shorten it") from None

    def line(self, pointer: str) -> int:
        """The line, from 1, of the value at a JSON Pointer, or of its nearest ancestor that has a line."""
        pointer = self.root + pointer
        while pointer not in self._lines and pointer:
            pointer = pointer.rpartition("/")[0]
        return self._lines.get(pointer, 1)

    @cached_property
    def _lines(self) -> dict[str, int]:
        """JSON Pointer → line, of headers and keys at the start of a line; keys of inline tables have no line."""
        lines: dict[str, int] = {}
        counts: dict[str, int] = {}
        table = ""
        text = _LONG.sub(lambda string: "\n" * string[0].count("\n"), self.text)  # long strings may look like keys
        for number, line in enumerate(text.split("\n"), 1):
            if header := _TABLE.fullmatch(line):
                table = self._table(header[2], counts, is_array=header[1] == "[[")
                lines.setdefault(table, number)
            elif key := _KEY.match(line):
                lines.setdefault(table + _pointer(key[1]), number)
        return lines

    @staticmethod
    def _table(name: str, counts: dict[str, int], *, is_array: bool) -> str:
        """The pointer of a table; for an array of tables, of its latest entry."""
        pointer = ""
        parts = _PART.findall(name)
        for position, part in enumerate(parts):
            pointer += _pointer(part)
            if is_array and position == len(parts) - 1:
                counts[pointer] = counts.get(pointer, -1) + 1
            if pointer in counts:
                pointer += f"/{counts[pointer]}"
        return pointer


def _pointer(dotted: str) -> str:
    tokens = (part.strip("\"'").replace("~", "~0").replace("/", "~1") for part in _PART.findall(dotted))
    return "".join(f"/{token}" for token in tokens)
