"""The findings in an open document, as the settings of its workspace folder want them."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from lsprotocol.types import Diagnostic, DiagnosticSeverity

from policygen.errors import PolicygenError
from policygen.finding import Finding, Severity
from policygen.lint.configuration import find_settings
from policygen.lint.lint_file import lint_file
from policygen.lint.rule import Rule
from policygen.lint.settings import Settings
from policygen.loader.paths import Input, Problem, excluded
from policygen.lsp.document import Document
from policygen.policy.source import Span
from policygen.rule.accept import accept

_SEVERITIES = {
    Severity.ERROR: DiagnosticSeverity.Error,
    Severity.SECURITY_WARNING: DiagnosticSeverity.Warning,
    Severity.WARNING: DiagnosticSeverity.Warning,
    Severity.SUGGESTION: DiagnosticSeverity.Information,
}
_SOURCE = "policygen"
_MAY_BE_A_POLICY = re.compile(r"statement|policy|Effect", re.IGNORECASE)
"""What a text contains whose mistakes in syntax are worth a word; editors open many other files."""


@dataclass(frozen=True)
class Findings:
    """What the linter says about a document."""

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """Every rule that a finding can have."""

    def diagnostics(self, document: Document) -> list[Diagnostic]:
        """What the client shows."""
        found = [
            Diagnostic(
                document.range_of(_span(finding)),
                finding.message,
                severity=_SEVERITIES[finding.severity],
                code=finding.rule,
                source=_SOURCE,
            )
            for finding in self.findings
        ]
        return found + [_about(problem, document) for problem in self.problems]

    def at(self, document: Document, offset: int) -> list[Finding]:
        """The findings whose place an offset is in."""
        places = [(finding, document.range_of(_span(finding))) for finding in self.findings]
        position = document.position(offset)
        return [finding for finding, place in places if place.start <= position <= place.end]


def find(document: Document, folder: Path | None) -> Findings:
    """Lint a document; `folder` is the workspace folder that it is in, beyond which nothing is read."""
    try:
        settings = _settings(document.path, folder)
    except PolicygenError as error:
        return Findings(problems=(Problem(str(error)),))
    if folder and excluded(document.path, settings.exclude):
        return Findings()
    text = document.text.encode("utf-8", "surrogatepass")
    linted = _lint(Input(document.path, text=text, alone=folder is None), settings.scope(document.path))
    if not linted.format and not _MAY_BE_A_POLICY.search(document.text):
        return Findings()
    found = accept(linted.findings, settings.in_force([document.path]), date.today())
    found = [finding for finding in found if finding.fails and finding.file == document.path]
    return Findings(tuple(found), linted.problems, settings.rules)


_lint = lru_cache(16)(lint_file)
"""A client asks several times about the same text."""


def _settings(path: str, folder: Path | None) -> Settings:
    return find_settings(_account_rules, Path(path).parent, folder) if folder else Settings()


def _account_rules() -> Container[str]:
    from policygen.audit.rules import registry

    return registry()


def _span(finding: Finding) -> Span:
    return Span(finding.line, finding.column, finding.end_line, finding.end_column)


def _about(problem: Problem, document: Document) -> Diagnostic:
    """Something that was not judged, at its place if it has one."""
    severity = DiagnosticSeverity.Error if problem.fails else DiagnosticSeverity.Information
    place = document.range_of(Span(problem.line, problem.column, problem.line, problem.column + 1))
    said = problem.sentence.removeprefix(f"{document.path}:{problem.line}:{problem.column}: ")
    return Diagnostic(place, said.removeprefix(f"{document.path}: "), severity=severity, source=_SOURCE)
