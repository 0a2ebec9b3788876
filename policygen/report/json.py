"""A report for programs: version 1 of the contract in schemas/findings.schema.json."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from policygen.report import Report, tally


def render(report: Report) -> str:
    """One JSON object, a finding a line, pure ASCII."""
    findings = ",".join(f"\n    {json.dumps(asdict(finding))}" for finding in report.findings)
    summary: dict[str, Any] = {
        "findings": len(report.findings),
        **{str(severity): number for severity, number in tally(report.findings).items()},
        "suppressed": report.suppressed,
        **report.checked,
        "rules": dict(Counter(finding.rule for finding in report.findings).most_common()),
    }
    end = "\n  " if report.findings else ""
    return f'{{\n  "version": 1,\n  "findings": [{findings}{end}],\n  "summary": {json.dumps(summary)}\n}}\n'
