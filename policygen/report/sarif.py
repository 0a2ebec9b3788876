"""A report for code scanning: SARIF 2.1.0, each result with a fingerprint that survives moved lines.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from policygen import __version__
from policygen.audit.result import EntityFinding, Result
from policygen.finding import Finding, Severity
from policygen.lint.fingerprint import fingerprints
from policygen.report import Documented, Report

_LEVEL = {
    Severity.ERROR: "error",
    Severity.SECURITY_WARNING: "warning",
    Severity.WARNING: "warning",
    Severity.SUGGESTION: "note",
}


def render(report: Report) -> str:
    """One run of one tool, with the help of the rules that found something."""
    named = list(dict.fromkeys(finding.rule for finding in report.findings))
    rules = [_rule(report.rules[rule]) if rule in report.rules else {"id": rule} for rule in named]
    prints = fingerprints(report.findings, report.sources)
    results = [_result(f, named.index(f.rule), mark) for f, mark in zip(report.findings, prints, strict=True)]
    log = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "policygen", "version": __version__, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _rule(rule: Documented) -> dict[str, Any]:
    properties: dict[str, Any] = {"tags": [rule.group]}
    if rule.severity is Severity.SECURITY_WARNING:
        # a number makes GitHub show the alert as a security alert: 7.0 is the least that it calls high
        properties = {"tags": [rule.group, "security"], "security-severity": "7.0"}
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.documentation, "markdown": rule.documentation},
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": properties,
    }


def _result(finding: Finding, index: int, mark: str) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if finding.file:
        place["physicalLocation"] = {"artifactLocation": _artifact(finding.file)} | _region(finding)
    if finding.policy or finding.pointer:
        place["logicalLocations"] = [{"fullyQualifiedName": finding.policy + finding.pointer}]
    more = _entity(finding) if isinstance(finding, EntityFinding) else {}
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVEL[finding.severity],
        "message": {"text": finding.message},
        "locations": [place] if place else [],
        "partialFingerprints": {"policygen/v1": mark},
        "properties": {"severity": finding.severity},
        **more,
    }


def _entity(finding: EntityFinding) -> dict[str, Any]:
    """What an audit says beyond a finding; only failures have a level (SARIF 2.1.0, 3.27.9 and 3.27.10)."""
    kinds = {Result.FAIL: "fail", Result.EXCEPTED: "fail", Result.UNKNOWN: "open", Result.PASS: "pass"}
    more: dict[str, Any] = {"kind": kinds[finding.result]}
    if more["kind"] != "fail":
        more["level"] = "none"
    if finding.result is Result.EXCEPTED:
        more["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.reason}]
    if finding.change:
        more["baselineState"] = {"new": "new", "still": "unchanged"}[finding.change]
    evidence = {"arn": finding.entity.arn, "evidence": finding.evidence, "fix": finding.fix}
    return more | {"properties": {"severity": finding.severity, **evidence}}


def _artifact(file: str) -> dict[str, str]:
    # surrogates stand for the bytes of a name that is not UTF-8, and are quoted as those
    path = quote(file, errors="surrogateescape")
    if Path(file).is_absolute():
        return {"uri": f"file://{path}"}
    return {"uri": path, "uriBaseId": "%SRCROOT%"}


def _region(finding: Finding) -> dict[str, Any]:
    if not finding.line:
        return {}
    region = {"startLine": finding.line, "startColumn": finding.column}
    if finding.end_line:
        region |= {"endLine": finding.end_line, "endColumn": finding.end_column}
    return {"region": region}
