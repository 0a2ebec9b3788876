"""An open document: its text, and its positions in the units of the protocol, by default UTF-16."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import PurePath

from lsprotocol.types import Position, Range
from pygls.workspace import PositionCodec

from policygen.policy.source import Span

_WORD = re.compile(r"[^\s\"'`,;=(){}\[\]]+|\$\{[^\s\"'}]*\}")
"""What actions, condition keys and patterns of them consist of, in every format."""
_ENDINGS = {"json": ".json", "jsonc": ".json", "yaml": ".yaml", "terraform": ".tf", "cloudformation": ".yaml"}


@dataclass(frozen=True)
class Document:
    """The text of a document that the client has open."""

    uri: str
    path: str
    """The name that findings are reported under; its ending, or the client's language, says the format."""
    text: str
    codec: PositionCodec

    @classmethod
    def of(cls, uri: str, path: str, language: str, text: str, codec: PositionCodec) -> "Document":
        """A document; `untitled:…` gets the ending of its language."""
        ending = "" if PurePath(path).suffix else _ENDINGS.get(language, "")
        return cls(uri, f"{path}{ending}", text, codec)

    def position(self, offset: int) -> Position:
        """The position of a character offset."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line, self.codec.client_num_units(self.text[self._starts[line] : offset]))

    def range(self, start: int, end: int) -> Range:
        """The range between two character offsets."""
        return Range(self.position(start), self.position(end))

    def range_of(self, span: Span) -> Range:
        """The range of a span; the start of the text for a place that is not known."""
        return self.range(self._offset(span.line, span.column), self._offset(span.end_line, span.end_column))

    def offset(self, position: Position) -> int:
        """The character offset of a position; what is behind the end of a line is its end."""
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[position.line]
        units = 0
        for offset in range(start, self._end(position.line)):
            if units >= position.character:
                return offset
            units += self.codec.client_num_units(self.text[offset])
        return self._end(position.line)

    def word(self, position: Position) -> tuple[str, int, int]:
        """The word at a position and its offsets; "" where there is not one."""
        at = self.offset(position)
        line = bisect_right(self._starts, at) - 1
        for match in _WORD.finditer(self.text, self._starts[line], self._end(line)):
            if match.start() <= at <= match.end():
                return match[0].rstrip(":"), match.start(), match.end()
        return "", at, at

    def _offset(self, line: int, column: int) -> int:
        if not 0 < line <= len(self._starts):
            return 0 if line <= 0 else len(self.text)
        return min(self._starts[line - 1] + column - 1, self._end(line - 1))

    def _end(self, line: int) -> int:
        """The offset of the end of a line, counted from 0, before its line break."""
        end = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self.text)
        return end - 1 if end > self._starts[line] and self.text[end - 1] == "\r" else end

    @cached_property
    def _starts(self) -> list[int]:
        return [*accumulate((len(line) + 1 for line in self.text.split("\n")), initial=0)][:-1]
