"""A report for GitHub Actions: one annotation per finding.

Source: GitHub Docs, "Workflow commands for GitHub Actions"; the escapes are those of actions/toolkit.
"""

from collections.abc import Mapping

from policygen.finding import Finding, Result, Severity
from policygen.report import Report, home, printable, summary

_COMMAND = {
    Severity.ERROR: "error",
    Severity.SECURITY_WARNING: "warning",
    Severity.WARNING: "warning",
    Severity.SUGGESTION: "notice",
}


def render(report: Report) -> str:
    """One workflow command per failure or unknown result, and the summary in the last line."""
    shown = (finding for finding in report.findings if finding.result in (Result.FAIL, Result.UNKNOWN))
    return "".join(f"{line}\n" for line in (*map(_annotation, shown), summary(report)))


def _annotation(finding: Finding) -> str:
    properties: dict[str, str | int] = {} if finding.of_account else {"file": finding.file}
    if finding.line:
        properties |= {"line": finding.line, "col": finding.column}
    if finding.line and finding.end_line == finding.line:  # GitHub ignores columns across several lines
        properties |= {"endLine": finding.end_line, "endColumn": max(finding.column, finding.end_column - 1)}
    elif finding.end_line:
        properties |= {"endLine": finding.end_line}
    properties["title"] = finding.rule
    about = f"{home(finding)} {finding.policy}" if finding.of_account else finding.policy
    said = ": ".join(filter(None, (about, "" if finding.fails else str(finding.result), finding.message)))
    said += f" ({', '.join(finding.controls)})" if finding.controls else ""
    return annotation(_COMMAND[finding.severity] if finding.fails else "notice", said, properties)


def annotation(level: str, message: str, properties: Mapping[str, str | int]) -> str:
    """One workflow command: `::error file=policy.json,line=3,title=…::message`; empty properties are left out."""
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value != "")
    return f"::{level} {given}::{_data(message)}"


def _data(text: str) -> str:
    # GitHub runs any line of the log that begins with `::`, so line breaks must be escaped
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
