"""The report of an audit for people: by rule, each with the entities that fail it, the evidence and the commands."""

from collections.abc import Iterable, Sequence

import click

from policygen.finding import Finding, Result
from policygen.report import printable
from policygen.report.audit import CHANGES, AuditReport
from policygen.report.text import COLOUR

_SHOWN = 20
"""Entities that are listed under a rule; the other formats have them all."""
_MARK = {Result.FAIL: "✗", Result.UNKNOWN: "?", Result.EXCEPTED: "~", Result.PASS: "✓"}


def render(report: AuditReport) -> str:
    """Failures first, worst severity first; what is unknown at the end, once for each thing that is missing."""
    known = [findings for findings in report.grouped() if any(f.result is not Result.UNKNOWN for f in findings)]
    parts = [_rule(report, findings) for findings in known]
    parts += _unknown([finding for finding in report.findings if finding.result is Result.UNKNOWN])
    dates = [click.style(report.dates(), dim=True)] if report.dates() else []
    return "\n".join([*parts, *_ended(report), *dates, summary(report), ""])


def summary(report: AuditReport) -> str:
    """The last line, in the colour of the worst result."""
    counted = report.counted()
    colour = "red" if counted[Result.FAIL] else "yellow" if counted[Result.UNKNOWN] else "green"
    return click.style(report.summary(), fg=colour, bold=True)


def _rule(report: AuditReport, findings: Sequence[Finding]) -> str:
    first = findings[0]
    failed = sum(finding.fails for finding in findings)
    checked = sum(report.results.get(first.rule, {}).values())
    severity = click.style(str(first.severity), fg=COLOUR[first.severity], bold=True)
    rule = report.rules.get(first.rule)
    head = f"{severity}  {click.style(first.rule, bold=True)}  {failed} of {checked} fail"
    lines = [head, *([f"  {rule.summary}"] if rule else [])]
    known = [finding for finding in findings if finding.result is not Result.UNKNOWN]
    for finding in known[:_SHOWN]:
        lines += _entity(finding, many=len(report.accounts) > 1)
    if len(known) > _SHOWN:
        lines.append(f"  … and {len(known) - _SHOWN} more; `--format json`, `csv` and `html` have them all")
    return "\n".join([*lines, ""])


def _entity(finding: Finding, *, many: bool) -> Iterable[str]:
    change = f" [{finding.change}]" if finding.change else ""
    place = f"{finding.account or finding.file} " if many else ""
    about = click.style(printable(f"{place}{finding.entity}"), bold=True)
    yield f"  {_MARK[finding.result]} {about}  {printable(finding.message)}{change}"
    if finding.reason:
        yield f"      excepted: {printable(finding.reason)}"
    yield from (f"      {printable(fact)}" for fact in finding.evidence)
    for command in finding.fix:
        mark = click.style("  # destructive", fg="red") if command in finding.destructive else ""
        yield click.style(f"      $ {printable(command)}", dim=True) + mark


def _unknown(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return []
    by_reason: dict[tuple[str, tuple[str, ...]], list[Finding]] = {}
    for finding in findings:
        by_reason.setdefault((finding.message, finding.fix), []).append(finding)
    lines = [click.style("unknown", fg="yellow", bold=True)]
    for (message, fix), same in by_reason.items():
        rules = list(dict.fromkeys(finding.rule for finding in same))
        about = f" ({', '.join(printable(str(f.entity)) for f in same[:3])}{', …' if len(same) > 3 else ''})"
        lines.append(f"  ? {printable(message)}{'' if same[0].entity.type == 'account' else about}: {', '.join(rules)}")
        lines += [click.style(f"      $ {printable(command)}", dim=True) for command in fix]
    return [*lines, ""]


_ENDED = {"fixed": ("✓", "green"), "gone": ("-", "yellow"), "open": ("?", "yellow")}
"""What became of failures of the earlier report: the mark and the colour."""


def _ended(report: AuditReport) -> list[str]:
    lines: list[str] = []
    for change, (mark, colour) in _ENDED.items():
        found = report.changed(change)
        lines += [click.style(CHANGES[change].lower(), fg=colour, bold=True)] if found else []
        for finding in found:
            reason = f": {printable(finding.reason)}" if finding.reason else ""
            lines.append(f"  {mark} {printable(finding.policy)}  {finding.rule}{reason}")
        lines += [""] if found else []
    return lines
