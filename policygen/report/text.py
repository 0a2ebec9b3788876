"""A report for people: grouped by file, each finding with the line it is about and a caret under the place."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from shutil import get_terminal_size
from typing import Any

import click

from policygen.finding import Finding, Severity
from policygen.policy.source import Source
from policygen.report import Report, grouped, printable, summary

COLOUR = {
    Severity.ERROR: "red",
    Severity.SECURITY_WARNING: "magenta",
    Severity.WARNING: "yellow",
    Severity.SUGGESTION: "cyan",
}
_WIDTH = 100
"""Characters of a line that are shown at most: policies are often one long line."""
_BESIDE = 13
"""Columns for the number of the line, and for the dots where it is cut."""


def render(report: Report) -> str:
    """The findings in the order given, and a summary in the last line.

    Lines of policies are cut to the terminal, since a caret below a line that the terminal breaks points nowhere.
    """
    width = max(_BESIDE, min(_WIDTH, get_terminal_size((_WIDTH + _BESIDE, 0)).columns - _BESIDE))
    parts = []
    for (file, policy), findings in grouped(report.findings).items():
        title = " ".join(filter(None, (file, f"({policy})" if policy else ""))) or "policy"
        parts.append(click.style(printable(title), bold=True))
        for _, alike in groupby(findings, _place):
            parts += _findings(list(alike), report.sources.get(file), width)
        parts.append("")
    colour = "red" if report.findings else "green"
    return "\n".join([*parts, click.style(summary(report), fg=colour, bold=True), ""])


def _place(finding: Finding) -> tuple[int, int, int, int]:
    return finding.line, finding.column, finding.end_line, finding.end_column


def _findings(findings: Sequence[Finding], source: Source | None, width: int) -> Iterator[str]:
    """The findings of one place, and the place once below them."""
    yield from map(_head, findings)
    worst = min(findings, key=lambda finding: finding.severity.rank)
    of_all_of_it = not worst.pointer and worst.end_line > worst.line
    if source and worst.line and not of_all_of_it:
        yield from _excerpt(worst, source, width)


def _head(finding: Finding) -> str:
    place = f"{finding.line}:{finding.column}" if finding.line else finding.pointer
    about = f"{place}{f' in {finding.sid}' if finding.sid else ''}"
    severity = _styled(str(finding.severity), finding.severity)
    return "  " + "  ".join(filter(None, (printable(about), severity, printable(finding.message), _dim(finding.rule))))


def _styled(text: str, severity: Severity) -> str:
    return text.join(_around(fg=COLOUR[severity], bold=True))


@lru_cache
def _dim(text: str) -> str:
    return click.style(text, dim=True)


@lru_cache
def _around(**style: Any) -> list[str]:
    """What stands before and behind a text of a style."""
    return click.style("\0", **style).split("\0")


def _excerpt(finding: Finding, source: Source, width: int) -> Iterator[str]:
    """The line and a caret under the finding; a long line is cut around it."""
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
    yield caret + _styled("^" * max(1, _cells(marked)), finding.severity)


def _cells(text: str) -> int:
    """How many columns a terminal gives to the text."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
