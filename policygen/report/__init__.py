"""What people and machines read: one module a format, each with one function `render(report) -> str`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from policygen.finding import Finding, Result, Severity
from policygen.policy.source import Source
from policygen.rule.rule import Rule

if TYPE_CHECKING:
    from policygen.audit.run import Outcome

FORMATS = ("text", "json", "markdown", "github", "junit", "sarif", "csv", "html")
"""The formats of a report of findings, for every command that reports any; each is the module of its name."""

COLOUR = {
    Severity.ERROR: "red",
    Severity.SECURITY_WARNING: "magenta",
    Severity.WARNING: "yellow",
    Severity.SUGGESTION: "cyan",
}

CHANGES = {
    "fixed": "Fixed since the earlier report",
    "gone": "Gone since the earlier report",
    "open": "Unsettled since the earlier report",
}
"""What became of a failure of the earlier report that does not fail now → how reports call it."""

_TIME = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class Report:
    """What a run found, about policies in files or about accounts.

    `sources` are the texts that the findings point into, by file; `rules` those that may be named; `checked` what was
    looked at, in the plural (`{"policies": 3}`), and `files` by name; `suppressed` how many findings were accepted or
    in the baseline. `audit` is what an audit came to, and `ended` what failed in the report that it is compared with
    and does not fail now: `change` says whether it is `fixed`, `gone` or still `open`, `reason` why it is not fixed.
    """

    findings: Sequence[Finding]
    sources: Mapping[str, Source] = field(default_factory=dict)
    rules: Mapping[str, Rule[Any]] = field(default_factory=dict)
    checked: Mapping[str, int] = field(default_factory=dict)
    files: Sequence[str] = ()
    suppressed: int = 0
    fail_on: Severity | None = Severity.SUGGESTION
    """The mildest severity that fails the run; None where none does."""
    audit: "Outcome | None" = None
    ended: Sequence[Finding] = ()

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the run."""
        return finding.fails and self.fail_on is not None and finding.severity.rank <= self.fail_on.rank

    @property
    def failed(self) -> bool:
        """Whether the run has failed, in every format."""
        return any(map(self.fails, self.findings))

    @property
    def violations(self) -> list[Finding]:
        """The findings that say that something is wrong: not what is unknown, accepted or passes."""
        return [finding for finding in self.findings if finding.fails]

    @property
    def results(self) -> Mapping[str, Mapping[Result, int]]:
        """How often each rule came to each result; where nothing was audited, only violations are counted."""
        if self.audit:
            return self.audit.results
        counted = Counter(finding.rule for finding in self.findings).most_common()
        return {rule: {Result.FAIL: number} for rule, number in counted}

    @property
    def accounts(self) -> list[str]:
        """The ids of the accounts that were looked at."""
        return sorted(self.audit.accounts) if self.audit else []

    def changed(self, change: str) -> list[Finding]:
        """Those of `ended` that are `fixed`, `gone` or `open`."""
        return [finding for finding in self.ended if finding.change == change]


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
    """One line: `3 findings (1 error, 2 warnings) in 10 policies; 2 more accepted or in the baseline`.

    Of accounts: `5 failures, 3 unknown, 1 accepted in 1 account, 12 users`.
    """
    if report.audit:
        totals = {result: sum(counted.get(result, 0) for counted in report.results.values()) for result in Result}
        said = [count(totals[Result.FAIL], "failures")]
        said += [f"{totals[result]} {result}" for result in (Result.UNKNOWN, Result.ACCEPTED) if totals[result]]
        looked = ", ".join(count(number, plural) for plural, number in report.checked.items() if number)
        return f"{', '.join(said)} in {looked}"
    severities = [count(number, f"{severity}s") for severity, number in tally(report.findings).items() if number]
    line = count(len(report.findings), "findings") + f" ({', '.join(severities)})" if severities else "no findings"
    if report.checked:
        line += " in " + ", ".join(count(number, plural) for plural, number in report.checked.items())
    return line + (f"; {report.suppressed} more accepted or in the baseline" if report.suppressed else "")


def dates(report: Report) -> str:
    """`audited 2026-11-25; credential report: 2026-11-25 08:00 UTC`, "" where nothing is known."""
    if not report.audit:
        return ""
    made = sorted({f"{when:{_TIME}}" if when else "without a date" for when in report.audit.reported.values()})
    said = [f"audited {report.audit.now:%Y-%m-%d}"] if report.audit.now else []
    said += [f"credential report: {made[0] if len(made) == 1 else f'{made[0]} … {made[-1]}'}"] if made else []
    return "; ".join(said)


def home(finding: Finding) -> str:
    """The account that the finding is about, or the file."""
    return finding.account or finding.file


def place(finding: Finding) -> str:
    """Where in its policy the finding is: `4:69 in SomeSid`."""
    where = f"{finding.line}:{finding.column}" if finding.line else finding.pointer
    return f"{where}{f' in {finding.sid}' if finding.sid else ''}"


def by_policy(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """The findings by file and policy, in the order in which these come first."""
    result: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        result.setdefault((finding.file, finding.policy), []).append(finding)
    return result


def by_rule(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of each rule: those that fail first, the worst severity first."""
    rules: dict[str, list[Finding]] = {}
    for finding in findings:
        rules.setdefault(finding.rule, []).append(finding)
    return sorted(rules.values(), key=lambda found: (not any(f.fails for f in found), found[0].severity.rank))


def printable(text: str) -> str:
    r"""The text with everything that a terminal might obey, or cannot show, escaped (`\x1b`, `\u202e`)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def printable_lines(text: str) -> str:
    """The same for a text of several lines, which stay lines."""
    return "\n".join(map(printable, text.split("\n")))
