"""A report for programs: version 1 of the contract in schemas/findings.schema.json."""

import json
from dataclasses import asdict, fields
from typing import Any

from policygen.finding import Entity, Finding
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


_FIELDS = tuple(field.name for field in fields(Finding) if field.repr)
_OF_POLICY = _FIELDS[: _FIELDS.index("result")]
"""The fields of a finding about a policy; the others are about an entity of an account."""


def _shallow(shown: Finding | Entity) -> dict[str, Any]:
    """The fields as they are: `asdict` copies all of them, which takes longer than writing them."""
    if isinstance(shown, Entity):
        return asdict(shown)
    return {name: getattr(shown, name) for name in (_FIELDS if shown.of_account else _OF_POLICY)}
