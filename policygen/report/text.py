"""A report for people: policies by file, with the place in the line; accounts by rule, with the commands that help."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from shutil import get_terminal_size

import click

from policygen.finding import Finding, Result
from policygen.policy.source import Source
from policygen.report import (
    CHANGES,
    COLOUR,
    Report,
    by_policy,
    by_rule,
    dates,
    facts,
    grouped,
    home,
    place,
    printable,
    summary,
)
from policygen.report.excerpt import BESIDE, WIDTH, excerpt

_SHOWN = 20
"""The most entities that are listed under a rule; other formats list them all."""
_MARK = {Result.FAIL: "✗", Result.UNKNOWN: "?", Result.ACCEPTED: "~", Result.PASS: "✓"}
_ENDED = {"fixed": ("✓", "green"), "gone": ("-", "yellow"), "open": ("?", "yellow")}
"""The mark and the colour of failures in the earlier report, by what became of them."""


def render(report: Report) -> str:
    """The findings, and a summary in the last line, in the colour of the worst result."""
    lines = _accounts(report) if report.audit else _policies(report)
    unknown = any(finding.result is Result.UNKNOWN for finding in report.findings)
    colour = "red" if report.violations else "yellow" if unknown else "green"
    return "\n".join([*lines, click.style(summary(report), fg=colour, bold=True), ""])


def _policies(report: Report) -> Iterator[str]:
    """The findings in the order given, under their file and policy.

    Excerpts are cut to the width of the terminal: under a wrapped line the caret would point to the wrong place.
    """
    width = max(BESIDE, min(WIDTH, get_terminal_size((WIDTH + BESIDE, 0)).columns - BESIDE))
    for (file, policy), findings in by_policy(report.findings).items():
        title = " ".join(filter(None, (file, f"({policy})" if policy else ""))) or "policy"
        yield click.style(printable(title), bold=True)
        for _, alike in groupby(findings, lambda f: (f.line, f.column, f.end_line, f.end_column)):
            yield from _in_place(list(alike), report.sources.get(file), width)
        yield ""


def _in_place(findings: Sequence[Finding], source: Source | None, width: int) -> Iterator[str]:
    """The findings at one place, and its excerpt once below them."""
    for finding in findings:
        said = (printable(place(finding)), _severity(finding), printable(finding.message))
        yield "  " + "  ".join(filter(None, (*said, click.style(finding.rule, dim=True))))
    worst = min(findings, key=lambda finding: finding.severity.rank)
    whole_policy = not worst.pointer and worst.end_line > worst.line
    if source and worst.line and not whole_policy:
        yield from excerpt(worst, source, width)


def _severity(finding: Finding) -> str:
    return click.style(str(finding.severity), fg=COLOUR[finding.severity], bold=True)


def _accounts(report: Report) -> Iterator[str]:
    """Failures first, by severity; unknown results after them, grouped by what is missing."""
    for findings in by_rule(report.findings):
        known = [finding for finding in findings if finding.result is not Result.UNKNOWN]
        if known:
            yield from _rule(report, known)
    yield from _unknown([finding for finding in report.findings if finding.result is Result.UNKNOWN])
    for change, (mark, colour) in _ENDED.items():
        found = report.changed(change)
        yield from [click.style(CHANGES[change].lower(), fg=colour, bold=True)] if found else []
        for finding in found:
            reason = f": {printable(finding.reason)}" if finding.reason else ""
            yield f"  {mark} {printable(finding.policy)}  {finding.rule}{reason}"
        yield from [""] if found else []
    if dates(report):
        yield click.style(dates(report), dim=True)


def _rule(report: Report, findings: Sequence[Finding]) -> Iterator[str]:
    first = findings[0]
    failed = sum(finding.fails for finding in findings)
    checked = sum(report.results.get(first.rule, {}).values())
    rule = report.rules.get(first.rule)
    yield f"{_severity(first)}  {click.style(first.rule, bold=True)}  {failed} of {checked} fail"
    yield from [f"  {rule.summary}"] if rule else []
    yield from [click.style(f"  {', '.join(first.controls)}", dim=True)] if first.controls else []
    for finding in findings[:_SHOWN]:
        yield from _entity(finding, report.name(home(finding)) if len(report.accounts) > 1 else "")
    if len(findings) > _SHOWN:
        yield f"  … and {len(findings) - _SHOWN} more; `--format json`, `csv` and `html` have them all"
    yield ""


def _entity(finding: Finding, account: str) -> Iterator[str]:
    change = f" [{finding.change}]" if finding.change else ""
    about = click.style(printable(f"{account} {finding.entity}".strip()), bold=True)
    yield f"  {_MARK[finding.result]} {about}  {printable(finding.message)}{change}"
    if finding.reason:
        yield f"      accepted: {printable(finding.reason)}"
    yield from (f"      {printable(fact)}" for fact in facts(finding))
    yield from _commands(finding.fix, finding.destructive)


def _commands(fix: Iterable[str], destructive: Iterable[str] = ()) -> Iterator[str]:
    for command in fix:
        mark = click.style("  # destructive", fg="red") if command in destructive else ""
        yield click.style(f"      $ {printable(command)}", dim=True) + mark


def _unknown(findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield click.style("unknown", fg="yellow", bold=True)
    for (message, fix), same in grouped(findings, lambda finding: (finding.message, finding.fix)).items():
        rules = list(dict.fromkeys(finding.rule for finding in same))
        about = f" ({', '.join(printable(str(f.entity)) for f in same[:3])}{', …' if len(same) > 3 else ''})"
        yield f"  ? {printable(message)}{'' if same[0].entity.type == 'account' else about}: {', '.join(rules)}"
        yield from _commands(fix)
    if findings:
        yield ""
