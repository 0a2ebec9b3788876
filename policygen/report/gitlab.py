"""A report for GitLab's Code Quality widget: a JSON list with one entry per finding.

Source: GitLab Docs, "Code Quality", "Code Quality report format" (2026-11).
"""

import json
from typing import Any

from policygen.finding import Finding, Result, Severity
from policygen.report import Report, home
from policygen.rule.baseline import fingerprints

_SEVERITY = {
    Severity.ERROR: "blocker",
    Severity.SECURITY_WARNING: "critical",
    Severity.WARNING: "major",
    Severity.SUGGESTION: "minor",
}


def render(report: Report) -> str:
    """The failures and, as `info`, the unknown results."""
    marks = zip(report.findings, fingerprints(report.findings, report.sources), strict=True)
    shown = [_entry(finding, mark) for finding, mark in marks if finding.result in (Result.FAIL, Result.UNKNOWN)]
    return json.dumps(shown, indent=2) + "\n"


def _entry(finding: Finding, mark: str) -> dict[str, Any]:
    """GitLab requires a path and a line, also of a finding about an entity of an account."""
    path = f"{home(finding)}/{finding.entity}" if finding.of_account else finding.file
    controls = f" ({', '.join(finding.controls)})" if finding.controls else ""
    return {
        "description": ("" if finding.fails else f"{finding.result}: ") + finding.message + controls,
        "check_name": finding.rule,
        "fingerprint": mark,
        "severity": _SEVERITY[finding.severity] if finding.fails else "info",
        "location": {"path": path, "lines": {"begin": max(1, finding.line)}},
    }
