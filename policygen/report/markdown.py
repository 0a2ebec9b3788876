"""A report for pull requests and wikis: one table per file or rule; Markdown in names and messages is escaped."""

import re
from collections.abc import Iterator, Sequence

from policygen.finding import Finding, Result
from policygen.report import CHANGES, Report, by_policy, by_rule, dates, facts, home, printable, summary

_SHOWN = 50
"""Entities listed under a rule: a comment on GitHub has at most 65,536 characters."""

_SPECIAL = re.compile(r"[^\w\s.,;=/()\"'-]|_")


def render(report: Report) -> str:
    """GitHub-flavoured Markdown."""
    parts = _accounts(report) if report.audit else _policies(report)
    return "\n\n".join([f"**{summary(report)}**", *parts]) + "\n"


def _policies(report: Report) -> Iterator[str]:
    for (file, policy), findings in by_policy(report.findings).items():
        yield "### " + " ".join(filter(None, (code(file), code(policy))))
        rows = "\n".join(map(_place, findings))
        yield f"| where | severity | finding | rule |\n|---|---|---|---|\n{rows}"


def _place(finding: Finding) -> str:
    place = f"{finding.line}:{finding.column}" if finding.line else code(finding.pointer)
    where = f"{place} {code(finding.sid)}".strip()
    return f"| {where} | {finding.severity} | {prose(finding.message)} | {code(finding.rule)} |"


def _accounts(report: Report) -> Iterator[str]:
    if dates(report):
        yield prose(dates(report))
    for change, head in CHANGES.items():
        found = report.changed(change)
        if found:
            yield f"### {head}: {len(found)}\n\n" + "\n".join(map(_ended, found[:_SHOWN]))
    for findings in by_rule(report.findings):
        yield "\n".join(_rule(report, findings))


def _ended(finding: Finding) -> str:
    reason = f": {prose(finding.reason)}" if finding.reason else ""
    return f"- {code(finding.policy)}: {code(finding.rule)}{reason}"


def _rule(report: Report, findings: Sequence[Finding]) -> Iterator[str]:
    first = findings[0]
    counted = report.results.get(first.rule, {})
    said = ", ".join(f"{counted[result]} {result}" for result in Result if counted.get(result))
    rule = report.rules.get(first.rule)
    yield f"### {first.severity}: {code(first.rule)}\n"
    controls = f" Checks {', '.join(first.controls)}." if first.controls else ""
    yield f"{rule.summary if rule else ''} ({said}){controls}".strip() + "\n"
    yield "| result | entity | finding | command |\n|---|---|---|---|"
    many = len(report.accounts) > 1
    yield from (_entity(finding, report.name(home(finding)) if many else "") for finding in findings[:_SHOWN])
    if len(findings) > _SHOWN:
        yield f"\n… and {len(findings) - _SHOWN} more; `--format csv` and `html` have them all."


def _entity(finding: Finding, account: str) -> str:
    result = f"{finding.result} ({finding.change})" if finding.change else str(finding.result)
    about = f"{account} {finding.entity}".strip()
    said = "<br>".join(map(prose, filter(None, (finding.message, *facts(finding), finding.reason))))
    commands = (f"{'**destructive:** ' if one in finding.destructive else ''}{code(one)}" for one in finding.fix)
    return f"| {result} | {code(about)} | {said} | {'<br>'.join(commands)} |"


def prose(text: str) -> str:
    """A message in which backticks still mean code, and every other Markdown or HTML character is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # an unpaired backtick
        return _literal(text)
    return "".join(code(part) if index % 2 else _literal(part) for index, part in enumerate(parts))


def code(text: str) -> str:
    """Any text as code."""
    text = printable(text)
    if not text:
        return ""
    if re.search(r"[`|\\]", text):
        return f"<code>{_literal(text)}</code>"
    return f"`{text}`"


def _literal(text: str) -> str:
    """The text on one line, with special characters as HTML entities."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", printable(text))
