"""A report for pull requests and wikis: a table a file, in which nothing but our own Markdown is obeyed."""

import re

from policygen.finding import Finding
from policygen.report import Report, grouped, printable, summary

_SPECIAL = re.compile(r"[^\w\s.,;=/()\"'-]|_")


def render(report: Report) -> str:
    """GitHub-flavoured Markdown."""
    parts = [f"**{summary(report)}**"]
    for (file, policy), findings in grouped(report.findings).items():
        parts.append("### " + " ".join(filter(None, (code(file), code(policy)))))
        rows = "\n".join(map(_row, findings))
        parts.append(f"| where | severity | finding | rule |\n|---|---|---|---|\n{rows}")
    return "\n\n".join(parts) + "\n"


def _row(finding: Finding) -> str:
    place = f"{finding.line}:{finding.column}" if finding.line else code(finding.pointer)
    where = f"{place} {code(finding.sid)}".strip()
    return f"| {where} | {finding.severity} | {prose(finding.message)} | {code(finding.rule)} |"


def prose(text: str) -> str:
    """A message: what stands in backticks stays code, everything else that Markdown or HTML might obey is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without its pair
        return _literal(text)
    return "".join(code(part) if index % 2 else _literal(part) for index, part in enumerate(parts))


def code(text: str) -> str:
    """A text as code, whatever it holds."""
    text = printable(text)
    if not text:
        return ""
    if re.search(r"[`|\\]", text):
        return f"<code>{_literal(text)}</code>"
    return f"`{text}`"


def _literal(text: str) -> str:
    """Every character that may have a meaning as the entity that has none, on one line."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", printable(text))
