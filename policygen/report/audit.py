"""The report of an audit: what all its formats show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

from policygen.audit.facts import Facts
from policygen.finding import Finding, Result
from policygen.report import Report, count

FORMATS = {
    "text": "audit_text",
    "json": "json",
    "sarif": "sarif",
    "markdown": "audit_markdown",
    "csv": "csv",
    "html": "html",
}
"""The formats of an audit, and the module that writes each."""

_TIME = "%Y-%m-%d %H:%M UTC"
CHANGES = {
    "fixed": "Fixed since the earlier report",
    "gone": "Gone since the earlier report",
    "open": "Unsettled since the earlier report",
}
"""What became of a failure of the earlier report that does not fail now → how reports call it."""


@dataclass(frozen=True)
class AuditReport(Report):
    """What an audit found. `results` counts each result of each rule, `facts` are shown beside an entity's name, and
    `ended` failed in the report that this one is compared with and does not fail now: `change` says whether it is
    `fixed`, `gone` or still `open`, `reason` why it is not fixed. `audited` is when the audit ran, `reported` when the
    credential report of each account was made, `options` what each rule was told.
    """

    findings: Sequence[Finding]
    results: Mapping[str, Mapping[Result, int]] = field(default_factory=dict)
    facts: Mapping[str, Facts] = field(default_factory=dict)
    ended: Sequence[Finding] = ()
    audited: datetime | None = None
    reported: Mapping[str, datetime | None] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    command: str = "audit"

    @property
    def violations(self) -> Sequence[Finding]:
        """The failures: not what is unknown, excepted or passes."""
        return [finding for finding in self.findings if finding.fails]

    @property
    def by_rule(self) -> Mapping[str, Mapping[str, int]]:
        """The number of each result of each rule."""
        return {
            rule: {str(result): counted.get(result, 0) for result in Result} for rule, counted in self.results.items()
        }

    def grouped(self) -> list[list[Finding]]:
        """The findings of each rule: those that fail first, the worst severity first."""
        rules: dict[str, list[Finding]] = {}
        for finding in self.findings:
            rules.setdefault(finding.rule, []).append(finding)
        return sorted(rules.values(), key=lambda found: (not any(f.fails for f in found), found[0].severity.rank))

    def counted(self) -> dict[Result, int]:
        """The number of each result."""
        return {result: sum(counted.get(result, 0) for counted in self.results.values()) for result in Result}

    def changed(self, change: str) -> list[Finding]:
        """Those of `ended` that are `fixed`, `gone` or `open`."""
        return [finding for finding in self.ended if finding.change == change]

    def dates(self) -> str:
        """`audited 2026-11-25; credential report: 2026-11-25 08:00 UTC`, "" where nothing is known."""
        made = sorted({f"{when:{_TIME}}" if when else "without a date" for when in self.reported.values()})
        said = [f"audited {self.audited:%Y-%m-%d}"] if self.audited else []
        said += [f"credential report: {made[0] if len(made) == 1 else f'{made[0]} … {made[-1]}'}"] if made else []
        return "; ".join(said)

    @property
    def about(self) -> Mapping[str, Any]:
        """The same for programs, with what each rule was told."""
        if not self.audited:
            return {}
        reported = {account: when.isoformat() if when else None for account, when in self.reported.items()}
        audit = {"audited": f"{self.audited:%Y-%m-%d}", "credential_reports": reported}
        return {"audit": audit | {"options": self.options, "ended": list(self.ended)}}

    def summary(self) -> str:
        """One line: `5 failures, 3 unknown, 1 excepted in 1 account, 12 users, …`."""
        counted = self.counted()
        said = [count(counted[Result.FAIL], "failures")]
        said += [f"{counted[result]} {result}" for result in (Result.UNKNOWN, Result.EXCEPTED) if counted[result]]
        looked = ", ".join(count(number, plural) for plural, number in self.checked.items() if number)
        return f"{', '.join(said)} in {looked}"


def render(report: AuditReport, form: str) -> str:
    """The report in one of FORMATS, with a final newline."""
    text: str = import_module(f"policygen.report.{FORMATS[form]}").render(report)
    return text
