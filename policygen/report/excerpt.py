"""The line of a file that a finding is about, with carets under the place; long lines are cut."""

from collections.abc import Iterator

import click

from policygen.finding import Finding
from policygen.policy.source import Source
from policygen.report import COLOUR, printable

WIDTH = 100
"""The most characters of a line that are shown: policies are often one long line."""
BESIDE = 13
"""Columns for the line number, and for the ellipses where the line is cut."""


def excerpt(finding: Finding, source: Source, width: int) -> Iterator[str]:
    """Two lines for a terminal: as much of the finding's line as fits, and the carets."""
    line = source.line(finding.line)
    start = finding.column - 1
    end = min(finding.end_column - 1, len(line)) if finding.end_line == finding.line else len(line.rstrip())
    first = max(0, min(start - width // 4, len(line) - width))
    last = min(len(line), first + width)
    before, marked = (printable(line[a:b].replace("\t", " ")) for a, b in ((first, start), (start, min(end, last))))
    after = printable(line[max(min(end, last), start) : last].replace("\t", " ").rstrip())
    left, right = "…" if first else "", "…" if last < len(line.rstrip()) else ""
    gutter = f"  {finding.line:>6} | "
    caret = " " * (len(gutter) - 2) + "| " + " " * (_cells(left) + _cells(before))
    yield f"{gutter}{left}{before}{marked}{after}{right}"
    yield caret + click.style("^" * max(1, _cells(marked)), fg=COLOUR[finding.severity], bold=True)


def _cells(text: str) -> int:
    """How many columns the text takes up on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
