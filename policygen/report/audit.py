"""The report of an audit: what all its formats show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from policygen.audit.facts import Facts
from policygen.audit.result import EntityFinding, Result
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


@dataclass(frozen=True)
class AuditReport(Report):
    """What an audit found. `results` counts each result of each rule, `facts` are shown beside an entity's name, and
    `fixed` failed in the report that this one is compared with and fails no more.
    """

    findings: Sequence[EntityFinding]
    results: Mapping[str, Mapping[Result, int]] = field(default_factory=dict)
    facts: Mapping[str, Facts] = field(default_factory=dict)
    fixed: Sequence[EntityFinding] = ()
    command: str = "audit"

    @property
    def violations(self) -> Sequence[EntityFinding]:
        """The failures: not what is unknown, excepted or passes."""
        return [finding for finding in self.findings if finding.fails]

    @property
    def by_rule(self) -> Mapping[str, Mapping[str, int]]:
        """The number of each result of each rule."""
        return {
            rule: {str(result): counted.get(result, 0) for result in Result} for rule, counted in self.results.items()
        }

    def grouped(self) -> list[list[EntityFinding]]:
        """The findings of each rule: those that fail first, the worst severity first."""
        rules: dict[str, list[EntityFinding]] = {}
        for finding in self.findings:
            rules.setdefault(finding.rule, []).append(finding)
        return sorted(rules.values(), key=lambda found: (not any(f.fails for f in found), found[0].severity.rank))

    def counted(self) -> dict[Result, int]:
        """The number of each result."""
        return {result: sum(counted.get(result, 0) for counted in self.results.values()) for result in Result}

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
