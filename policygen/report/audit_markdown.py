"""An audit for pull requests and wikis: a table a rule, in which nothing but our own Markdown is obeyed."""

from collections.abc import Sequence

from policygen.finding import Finding, Result
from policygen.report.audit import CHANGES, AuditReport
from policygen.report.markdown import code, prose

_SHOWN = 50
"""Entities a rule: a comment on GitHub holds 65,536 characters."""


def render(report: AuditReport) -> str:
    """GitHub-flavoured Markdown."""
    parts = [f"**{report.summary()}**"]
    if report.dates():
        parts.append(prose(report.dates()))
    for change, head in CHANGES.items():
        found = report.changed(change)
        if found:
            items = "\n".join(_ended(finding) for finding in found[:_SHOWN])
            parts.append(f"### {head}: {len(found)}\n\n{items}")
    parts += [_rule(report, findings) for findings in report.grouped()]
    return "\n\n".join(parts) + "\n"


def _ended(finding: Finding) -> str:
    reason = f": {prose(finding.reason)}" if finding.reason else ""
    return f"- {code(finding.policy)}: {code(finding.rule)}{reason}"


def _rule(report: AuditReport, findings: Sequence[Finding]) -> str:
    first = findings[0]
    counted = report.results.get(first.rule, {})
    said = ", ".join(f"{counted[result]} {result}" for result in Result if counted.get(result))
    rule = report.rules.get(first.rule)
    lines = [f"### {first.severity}: {code(first.rule)}", "", f"{rule.summary if rule else ''} ({said})".strip(), ""]
    lines += ["| result | entity | finding | command |", "|---|---|---|---|"]
    lines += [_row(finding, many=len(report.accounts) > 1) for finding in findings[:_SHOWN]]
    if len(findings) > _SHOWN:
        lines += ["", f"… and {len(findings) - _SHOWN} more; `--format csv` and `html` have them all."]
    return "\n".join(lines)


def _row(finding: Finding, *, many: bool) -> str:
    result = f"{finding.result} ({finding.change})" if finding.change else str(finding.result)
    about = f"{finding.account or finding.file} {finding.entity}" if many else str(finding.entity)
    said = "<br>".join(map(prose, filter(None, (finding.message, *finding.evidence, finding.reason))))
    commands = (f"{'**destructive:** ' if one in finding.destructive else ''}{code(one)}" for one in finding.fix)
    return f"| {result} | {code(about)} | {said} | {'<br>'.join(commands)} |"
