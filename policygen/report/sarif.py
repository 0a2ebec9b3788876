"""A report for code scanning: SARIF 2.1.0, each result with a fingerprint that survives moved lines.

Sources: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub Docs, "SARIF support for code
scanning" (2026-11), on `security-severity`, `primaryLocationLineHash` and the category.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from policygen import __version__
from policygen.finding import Finding, Result, Severity
from policygen.report import Report, grouped, home
from policygen.rule.baseline import fingerprints
from policygen.rule.rule import Rule

_LEVELS = {
    Severity.ERROR: ("error", "9.0"),
    Severity.SECURITY_WARNING: ("warning", "7.0"),
    Severity.WARNING: ("warning", "4.0"),
    Severity.SUGGESTION: ("note", "2.0"),
}
"""SARIF's level, and the lowest `security-severity` that GitHub calls critical, high and medium; any for low."""

_SECURITY = frozenset(("wildcards", "escalation", "credentials"))
"""Groups of rules that are about security at any severity; errors and security warnings always are."""


MOST_RESULTS = 25_000
"""The results of one run that GitHub accepts; it shows the 5,000 worst (GitHub Docs, "SARIF results exceed one or more
limits"). Its other limits are further away: 25,000 rules, 20 runs, 20 tags a rule, and 10 MB compressed, of which
25,000 results take 1 or 2."""


_CHECKS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
"""AWS's page about the checks of Access Analyzer, by whose issue codes the rules are named (2026-12)."""


def omitted(report: Report) -> str:
    """A sentence about the findings that are not in the log because they are too many; "" if all are."""
    more = len(report.findings) - MOST_RESULTS
    return f"{more:,} of the mildest findings are not in the SARIF log, since GitHub accepts 25,000" if more > 0 else ""


def render(report: Report) -> str:
    """One run of one tool, with the documentation of the rules that found something."""
    notes = [note for note in (omitted(report), _unknown(report)) if note]
    if len(report.findings) > MOST_RESULTS:
        found = report.findings
        worst = sorted(range(len(found)), key=lambda index: (not found[index].fails, found[index].severity.rank))
        report = replace(report, findings=[found[index] for index in sorted(worst[:MOST_RESULTS])])
    by_rule = grouped(report.findings, lambda finding: finding.rule)
    severities = (min((f.severity for f in findings), key=lambda one: one.rank) for findings in by_rule.values())
    rules = [_rule(rule, severity, report) for rule, severity in zip(by_rule, severities, strict=True)]
    prints = fingerprints(report.findings, report.sources)
    named = list(by_rule)
    results = [_result(f, named.index(f.rule), mark) for f, mark in zip(report.findings, prints, strict=True)]
    log = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "policygen", "version": __version__, "rules": rules}},
                "automationDetails": {"id": _category(report)},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _notifications(notes)}],
                "results": results,
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _unknown(report: Report) -> str:
    unknown = report.checked.get("unknowns", 0)
    return f"{unknown:,} values are known only at deployment; what depends on them was not judged" if unknown else ""


def _notifications(notes: Sequence[str]) -> list[dict[str, Any]]:
    return [{"level": "warning", "message": {"text": note}} for note in notes]


def _category(report: Report) -> str:
    """GitHub's category, an id that ends in `/`: a later upload replaces the earlier one of its category."""
    one = report.accounts if len(report.accounts) == 1 else ()
    return "/".join(("policygen", "audit" if report.audit else "lint", *one, ""))


def _rule(id: str, severity: Severity, report: Report) -> dict[str, Any]:  # noqa: A002
    """A rule with the worst severity of its findings, since the user may have changed its own."""
    rule = report.rules.get(id)
    group = rule.group if rule else ""
    grave = severity in (Severity.ERROR, Severity.SECURITY_WARNING) or group in _SECURITY
    tags = [group] * bool(group) + ["security"] * (grave or bool(report.audit))
    documentation = rule.documentation if rule else id
    return {
        "id": id,
        "name": "".join(word.capitalize() for word in id.split("-")),
        "shortDescription": {"text": rule.summary if rule else id},
        "fullDescription": {"text": documentation.partition("\n\nInstead:")[0]},
        "help": {"text": documentation, "markdown": documentation},
        **({"helpUri": _page(rule)} if rule and group == "access-analyzer" else {}),
        "defaultConfiguration": {"level": _LEVELS[severity][0]},
        "properties": {"tags": tags, "security-severity": _LEVELS[severity][1]},
    }


def _page(rule: Rule[Any]) -> str:
    """The page of AWS about a rule of Access Analyzer, at its place for those that AWS calls errors."""
    anchor = f"#access-analyzer-reference-policy-checks-error-{rule.id}"
    return _CHECKS + (anchor if rule.severity is Severity.ERROR else "")


def _result(finding: Finding, index: int, mark: str) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if finding.file:
        place["physicalLocation"] = {"artifactLocation": _artifact(finding.file)} | _region(finding)
    if finding.of_account:
        place["logicalLocations"] = [_logical(finding)]
    elif finding.policy or finding.pointer:
        place["logicalLocations"] = [{"fullyQualifiedName": finding.policy + finding.pointer}]
    more = _entity(finding) if finding.of_account else {}
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity][0],
        "message": {"text": finding.message},
        "locations": [place] if place else [],
        "partialFingerprints": {"policygen/v1": mark, "primaryLocationLineHash": mark},
        "properties": {"severity": finding.severity},
        **more,
    }


def _logical(finding: Finding) -> dict[str, Any]:
    """The entity, by ARN or account, since two accounts may have users with the same name."""
    name = finding.entity.arn or f"{home(finding)}/{finding.entity}"
    return {"name": finding.entity.name, "fullyQualifiedName": name, "kind": finding.entity.type}


def _entity(finding: Finding) -> dict[str, Any]:
    """The properties of an audit's result; only failures have a level (SARIF 2.1.0, 3.27.9 and 3.27.10)."""
    kinds = {Result.FAIL: "fail", Result.ACCEPTED: "fail", Result.UNKNOWN: "open", Result.PASS: "pass"}
    more: dict[str, Any] = {"kind": kinds[finding.result]}
    if more["kind"] != "fail":
        more["level"] = "none"
    if finding.result is Result.ACCEPTED:
        more["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.reason}]
    if finding.change:
        more["baselineState"] = {"new": "new", "still": "unchanged"}[finding.change]
    evidence = {
        "arn": finding.entity.arn,
        "evidence": finding.evidence,
        "fix": finding.fix,
        "destructive": finding.destructive,
        "holders": [str(holder) for holder in finding.holders],
        "controls": finding.controls,
    }
    return more | {"properties": {"severity": finding.severity, **evidence}}


def _artifact(file: str) -> dict[str, str]:
    # surrogates in a name that is not UTF-8 are quoted as the bytes that they encode
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
