"""What people and machines read: one module a format, each with one function `render(report) -> str`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from policygen.finding import Finding, Severity
from policygen.policy.source import Source

FORMATS = ("text", "json", "sarif", "github", "junit", "markdown")
"""The formats of a report of findings; each is the module of its name."""


class Documented(Protocol):
    """A rule, as far as a report shows it."""

    @property
    def id(self) -> str:
        """The id that findings carry."""

    @property
    def group(self) -> str:
        """The family of the rule."""

    @property
    def severity(self) -> Severity:
        """The severity of its findings."""

    @property
    def summary(self) -> str:
        """What is wrong, in one sentence."""

    @property
    def documentation(self) -> str:
        """Everything that a person should know, in Markdown."""


@dataclass(frozen=True)
class Report:
    """What a run found.

    `sources` are the texts that the findings point into, by file; `rules` those that may be named; `checked` what was
    looked at, in the plural (`{"policies": 3}`), and `files` by name; `suppressed` how many findings were accepted or
    in the baseline.
    """

    findings: Sequence[Finding]
    sources: Mapping[str, Source] = field(default_factory=dict)
    rules: Mapping[str, Documented] = field(default_factory=dict)
    checked: Mapping[str, int] = field(default_factory=dict)
    files: Sequence[str] = ()
    suppressed: int = 0
    fail_on: Severity | None = Severity.SUGGESTION
    """The mildest severity that fails the run; None where none does."""
    command: str = "lint"
    """The command whose report it is."""
    accounts: Sequence[str] = ()
    """The ids of the accounts that were looked at."""

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the run."""
        return self.fail_on is not None and finding.severity.rank <= self.fail_on.rank

    @property
    def violations(self) -> Sequence[Finding]:
        """The findings that say that something is wrong."""
        return self.findings

    @property
    def by_rule(self) -> Mapping[str, Any]:
        """The number of findings of each rule, most first."""
        return dict(Counter(finding.rule for finding in self.findings).most_common())

    @property
    def about(self) -> Mapping[str, Any]:
        """What the JSON says beside the findings and their counts."""
        return {}


def render(report: Report, form: str) -> str:
    """The report in one of FORMATS, with a final newline; the text has ANSI colours, which click takes out again."""
    show: Callable[[Report], str] = import_module(f"policygen.report.{form}").render
    # a name that is not UTF-8, or half a surrogate pair in a policy, has no other way out
    return show(report).encode("utf-8", "backslashreplace").decode("utf-8")


def tally(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings there are of each severity, worst first, zeros included."""
    counted = Counter(finding.severity for finding in findings)
    return {severity: counted[severity] for severity in Severity}


def count(number: int, plural: str) -> str:
    """`1 policy`, `2 policies`."""
    singular = f"{plural[:-3]}y" if plural.endswith("ies") else plural[:-1]
    return f"{number} {singular if number == 1 else plural}"


def summary(report: Report) -> str:
    """One line: `3 findings (1 error, 2 warnings) in 10 policies, 2 more accepted`."""
    severities = [count(number, f"{severity}s") for severity, number in tally(report.findings).items() if number]
    line = count(len(report.findings), "findings") + f" ({', '.join(severities)})" if severities else "no findings"
    if report.checked:
        line += " in " + ", ".join(count(number, plural) for plural, number in report.checked.items())
    return line + (f"; {report.suppressed} more accepted or in the baseline" if report.suppressed else "")


def grouped(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """The findings by file and policy, in the order in which these come first."""
    result: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        result.setdefault((finding.file, finding.policy), []).append(finding)
    return result


def printable(text: str) -> str:
    r"""The text with everything that a terminal might obey, or cannot show, escaped (`\x1b`, `\u202e`)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def printable_lines(text: str) -> str:
    """The same for a text of several lines, which stay lines."""
    return "\n".join(map(printable, text.split("\n")))
