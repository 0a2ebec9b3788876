"""A report for programs: version 1 of the contract in schemas/findings.schema.json."""

import json
from dataclasses import fields
from typing import Any

from policygen.report import Report, tally


def render(report: Report) -> str:
    """One JSON object, a finding a line, pure ASCII."""
    findings = ",".join(f"\n    {json.dumps(_shallow(finding), default=_shallow)}" for finding in report.findings)
    summary: dict[str, Any] = {
        "findings": len(report.findings),
        **{str(severity): number for severity, number in tally(report.violations).items()},
        "suppressed": report.suppressed,
        **report.checked,
        "rules": report.by_rule,
    }
    end = "\n  " if report.findings else ""
    more = "".join(f',\n  "{name}": {json.dumps(value, default=_shallow)}' for name, value in report.about.items())
    return f'{{\n  "version": 1,\n  "findings": [{findings}{end}],\n  "summary": {json.dumps(summary)}{more}\n}}\n'


def _shallow(finding: Any) -> dict[str, Any]:
    """The fields as they are: `asdict` copies all of them, which takes longer than writing them."""
    return {field.name: getattr(finding, field.name) for field in fields(finding) if field.repr}
