"""A report for programs: version 1 of the contract in schemas/findings.schema.json."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from policygen.finding import Entity, Finding, Result, Step
from policygen.report import Report, tally

if TYPE_CHECKING:
    from policygen.audit.run import Outcome


def render(report: Report) -> str:
    """One JSON object in pure ASCII, with one finding per line."""
    findings = ",".join(f"\n    {_json(finding)}" for finding in report.findings)
    summary: dict[str, Any] = {
        "findings": len(report.findings),
        **{str(severity): number for severity, number in tally(report.violations).items()},
        "suppressed": report.suppressed,
        **report.checked,
        "rules": {rule: _counted(report, counted) for rule, counted in report.results.items()},
    }
    end = "\n  " if report.findings else ""
    of_audit = report.audit and report.audit.now and _json(_audit(report.audit, report.ended))
    audit = f',\n  "audit": {of_audit}' if of_audit else ""
    return f'{{\n  "version": 1,\n  "findings": [{findings}{end}],\n  "summary": {json.dumps(summary)}{audit}\n}}\n'


def _counted(report: Report, counted: Mapping[Result, int]) -> Any:
    """The number of failures of a rule about policies; the number of each result of a rule about accounts."""
    return {result: counted.get(result, 0) for result in Result} if report.audit else counted[Result.FAIL]


def _audit(audit: "Outcome", ended: Sequence[Finding]) -> dict[str, Any]:
    reported = {account: when.isoformat() if when else None for account, when in audit.reported.items()}
    dates = {"audited": f"{audit.now:%Y-%m-%d}", "credential_reports": reported}
    return dates | {"options": audit.options, "ended": list(ended)}


def _json(shown: Any) -> str:
    return json.dumps(shown, default=_shallow)


_FIELDS = tuple(field.name for field in fields(Finding) if field.repr)
_OF_POLICY = _FIELDS[: _FIELDS.index("result")]
"""The fields of a finding about a policy; the others are about an entity of an account."""


def _shallow(shown: Finding | Entity | Step) -> dict[str, Any]:
    """The fields without copies: `asdict` copies every value, which takes longer than writing them."""
    if isinstance(shown, Entity | Step):
        return asdict(shown)
    return {name: getattr(shown, name) for name in (_FIELDS if shown.of_account else _OF_POLICY)}
