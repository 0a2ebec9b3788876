"""A report for security data lakes: a JSON list of OCSF Compliance Findings.

Source: Open Cybersecurity Schema Framework 1.5.0, class Compliance Finding [2003] (2026-12).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from policygen import __version__
from policygen.finding import Finding, Result, Severity
from policygen.report import Report, facts, home
from policygen.rule.baseline import fingerprints

_SEVERITY = {
    Severity.ERROR: (5, "Critical"),
    Severity.SECURITY_WARNING: (4, "High"),
    Severity.WARNING: (3, "Medium"),
    Severity.SUGGESTION: (2, "Low"),
}
_STATUS = {
    Result.FAIL: (3, "Fail"),
    Result.ACCEPTED: (3, "Fail"),
    Result.UNKNOWN: (0, "Unknown"),
    Result.PASS: (1, "Pass"),
}
_NEW, _SUPPRESSED = (1, "New"), (3, "Suppressed")


def render(report: Report) -> str:
    """One object for each finding; an accepted one is suppressed."""
    marks = zip(report.findings, fingerprints(report.findings, report.sources), strict=True)
    return json.dumps([_event(report, finding, mark) for finding, mark in marks], indent=2) + "\n"


def _event(report: Report, finding: Finding, mark: str) -> dict[str, Any]:
    when = int((report.audit.now if report.audit and report.audit.now else datetime.now(UTC)).timestamp() * 1000)
    severity, status = _SEVERITY[finding.severity], _STATUS[finding.result]
    state = _SUPPRESSED if finding.result is Result.ACCEPTED else _NEW
    rule = report.rules.get(finding.rule)
    event: dict[str, Any] = {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200301,
        "time": when,
        "severity_id": severity[0],
        "severity": severity[1],
        "status_id": state[0],
        "status": state[1],
        "message": finding.message,
        "metadata": {
            "version": "1.5.0",
            "product": {"name": "policygen", "vendor_name": "policygen", "version": __version__},
        },
        "finding_info": {
            "uid": mark,
            "title": rule.summary if rule else finding.rule,
            "desc": "\n".join((finding.message, *facts(finding))),
            "analytic": {"type_id": 1, "type": "Rule", "uid": finding.rule, "name": finding.rule},
            "created_time": when,
        },
        "compliance": {
            "control": finding.rule,
            "standards": list(finding.controls) or ["policygen"],
            "status_id": status[0],
            "status": status[1],
        },
        "resources": [_resource(finding)],
    }
    if finding.fix:
        event["remediation"] = {"desc": "\n".join(finding.fix)}
    if finding.account:
        named = report.audit.names.get(finding.account, "") if report.audit else ""
        account = {"uid": finding.account, "type_id": 10, "type": "AWS Account"} | ({"name": named} if named else {})
        event["cloud"] = {"provider": "AWS", "account": account}
    return event


def _resource(finding: Finding) -> Mapping[str, Any]:
    if finding.of_account:
        about = finding.entity
        return {"uid": about.arn or f"{home(finding)}/{about}", "name": about.name, "type": about.type}
    return {"uid": f"{finding.file}{finding.pointer}", "name": finding.policy or finding.file, "type": "policy"}
