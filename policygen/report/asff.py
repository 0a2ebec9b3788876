"""A report for AWS Security Hub: a JSON list in the AWS Security Finding Format, for `batch-import-findings`.

Source: AWS Security Hub User Guide, "AWS Security Finding Format (ASFF)" (2026-12). IAM is global; its findings are for
the Region of the partition in which IAM has its endpoint.
"""

import json
from datetime import UTC, datetime
from typing import Any

from policygen.finding import Entity, Finding, Result, Severity
from policygen.report import Report, facts, printable
from policygen.rule.baseline import fingerprints

_SEVERITY = {
    Severity.ERROR: "CRITICAL",
    Severity.SECURITY_WARNING: "HIGH",
    Severity.WARNING: "MEDIUM",
    Severity.SUGGESTION: "LOW",
}
_STATUS = {Result.FAIL: "FAILED", Result.ACCEPTED: "FAILED", Result.UNKNOWN: "NOT_AVAILABLE", Result.PASS: "PASSED"}
_TYPES = {"user": "AwsIamUser", "group": "AwsIamGroup", "role": "AwsIamRole", "policy": "AwsIamPolicy"}
_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_TITLE, _DESCRIPTION, _TEXT, _RESOURCES, _REQUIREMENTS = 256, 1024, 512, 32, 32
"""The limits of the format."""


def render(report: Report) -> str:
    """The findings about accounts whose id is known; Security Hub takes at most 100 of them in one call."""
    marks = zip(report.findings, fingerprints(report.findings, report.sources), strict=True)
    shown = [_entry(report, finding, mark) for finding, mark in marks if finding.account]
    return json.dumps(shown, indent=2) + "\n"


def _entry(report: Report, finding: Finding, mark: str) -> dict[str, Any]:
    partition = finding.entity.arn.removeprefix("arn:").partition(":")[0] or "aws"
    region = _REGIONS.get(partition, "us-east-1")
    now = (report.audit.now if report.audit and report.audit.now else datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rule = report.rules.get(finding.rule)
    entities = (finding.entity, *finding.holders)[:_RESOURCES]
    entry: dict[str, Any] = {
        "SchemaVersion": "2018-10-08",
        "Id": f"policygen/{finding.account}/{finding.rule}/{mark}",
        "ProductArn": f"arn:{partition}:securityhub:{region}:{finding.account}:product/{finding.account}/default",
        "GeneratorId": f"policygen/{finding.rule}",
        "AwsAccountId": finding.account,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": now,
        "UpdatedAt": now,
        "Severity": {"Label": "INFORMATIONAL" if finding.result is Result.PASS else _SEVERITY[finding.severity]},
        "Title": _cut(rule.summary if rule else finding.rule, _TITLE),
        "Description": _cut("\n".join((finding.message, *facts(finding))), _DESCRIPTION),
        "Resources": [_resource(entity, finding, partition, region) for entity in entities],
        "Compliance": {"Status": _STATUS[finding.result]},
        "Workflow": {"Status": "SUPPRESSED" if finding.result is Result.ACCEPTED else "NEW"},
        "RecordState": "ACTIVE",
    }
    if finding.controls:
        entry["Compliance"]["RelatedRequirements"] = list(finding.controls[:_REQUIREMENTS])
    if finding.fix:
        entry["Remediation"] = {"Recommendation": {"Text": _cut("\n".join(finding.fix), _TEXT)}}
    return entry


def _resource(entity: Entity, finding: Finding, partition: str, region: str) -> dict[str, str]:
    kind = _TYPES.get(entity.type, "AwsAccount")
    id_ = entity.arn if kind != "AwsAccount" and entity.arn else f"AWS::::Account:{finding.account}"
    return {"Type": kind, "Id": id_, "Partition": partition, "Region": region}


def _cut(text: str, most: int) -> str:
    text = "\n".join(map(printable, text.split("\n")))
    return text if len(text) <= most else f"{text[: most - 1]}…"
