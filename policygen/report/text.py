"""A report for people: grouped by file, each finding with the line it is about and a caret under the place."""

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
"""Characters of a line that are shown: policies are often one long line."""


def render(report: Report) -> str:
    """The findings in the order given, and a summary in the last line."""
    parts = []
    for (file, policy), findings in grouped(report.findings).items():
        title = " ".join(filter(None, (file, f"({policy})" if policy else ""))) or "policy"
        parts.append(click.style(printable(title), bold=True))
        parts += [_finding(finding, report.sources.get(file)) for finding in findings]
        parts.append("")
    colour = "red" if report.findings else "green"
    return "\n".join([*parts, click.style(summary(report), fg=colour, bold=True), ""])


def _finding(finding: Finding, source: Source | None) -> str:
    colour = COLOUR[finding.severity]
    place = f"{finding.line}:{finding.column}" if finding.line else finding.pointer
    sid = f" in {finding.sid}" if finding.sid else ""
    head = f"  {place + sid + '  ' if place + sid else ''}{click.style(str(finding.severity), fg=colour, bold=True)}  "
    text = head + printable(finding.message) + click.style(f"  {finding.rule}", dim=True)
    excerpt = _excerpt(finding, source, colour) if source and finding.line else ""
    return text + excerpt


def _excerpt(finding: Finding, source: Source, colour: str) -> str:
    """The line and a caret under the finding; a long line is cut around it."""
    line = source.line(finding.line)
    start = finding.column - 1
    end = min(finding.end_column - 1, len(line)) if finding.end_line == finding.line else len(line.rstrip())
    first = max(0, min(start - _WIDTH // 4, len(line) - _WIDTH))
    last = min(len(line), first + _WIDTH)
    before, marked = (printable(line[a:b].replace("\t", " ")) for a, b in ((first, start), (start, min(end, last))))
    after = printable(line[max(min(end, last), start) : last].replace("\t", " ").rstrip())
    left, right = "…" if first else "", "…" if last < len(line.rstrip()) else ""
    gutter = f"  {finding.line:>6} | "
    caret = " " * (len(gutter) - 2) + "| " + " " * (_cells(left) + _cells(before))
    marks = click.style("^" * max(1, _cells(marked)), fg=colour, bold=True)
    return f"\n{gutter}{left}{before}{marked}{after}{right}\n{caret}{marks}"


def _cells(text: str) -> int:
    """How many columns a terminal gives to the text."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
