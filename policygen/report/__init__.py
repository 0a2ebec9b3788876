"""Reports of findings: one module per format, each with a function `render(report) -> str`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from policygen.finding import Finding, Result, Severity
from policygen.policy.source import Source
from policygen.rule.rule import Rule

if TYPE_CHECKING:
    from policygen.audit.run import Outcome

FORMATS = ("text", "json", "markdown", "github", "gitlab", "junit", "sarif", "ocsf", "csv", "html")
"""The formats of a report of findings; each is the name of its module."""
ACCOUNT_FORMATS = ("asff",)
"""The formats of a report of findings about accounts alone."""

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
"""What became of a failure in the earlier report that no longer fails → its heading in reports."""

_NAMES = 20
"""How many holders of a policy are named."""
_TIME = "%Y-%m-%d %H:%M UTC"
_Key = TypeVar("_Key")


@dataclass(frozen=True)
class Report:
    """What a run found, about policies in files or about accounts.

    `sources` are the texts that the findings point into, by file; `rules` are all rules by id; `checked` counts what
    was checked, in the plural (`{"policies": 3}`), and `files` names it; `suppressed` counts the findings that were
    accepted or in the baseline. `audit` is the outcome of an audit. `ended` are the failures in an earlier report that
    no longer fail: `change` says whether each is `fixed`, `gone` or still `open`, `reason` why it is not fixed.
    """

    findings: Sequence[Finding]
    sources: Mapping[str, Source] = field(default_factory=dict)
    rules: Mapping[str, Rule[Any]] = field(default_factory=dict)
    checked: Mapping[str, int] = field(default_factory=dict)
    files: Sequence[str] = ()
    suppressed: int = 0
    fail_on: Severity | None = Severity.SUGGESTION
    """The mildest severity that fails the run; None if none does."""
    audit: "Outcome | None" = None
    ended: Sequence[Finding] = ()

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the run."""
        return finding.fails and self.fail_on is not None and finding.severity.rank <= self.fail_on.rank

    @property
    def failed(self) -> bool:
        """Whether any finding fails the run."""
        return any(map(self.fails, self.findings))

    @property
    def violations(self) -> list[Finding]:
        """The findings that fail: not those that are unknown, accepted or a pass."""
        return [finding for finding in self.findings if finding.fails]

    @property
    def results(self) -> Mapping[str, Mapping[Result, int]]:
        """How often each rule had each result; without an audit, only violations are counted."""
        if self.audit:
            return self.audit.results
        counted = Counter(finding.rule for finding in self.findings).most_common()
        return {rule: {Result.FAIL: number} for rule, number in counted}

    @property
    def accounts(self) -> list[str]:
        """The ids of the accounts that were audited."""
        return sorted(self.audit.accounts) if self.audit else []

    def name(self, account: str) -> str:
        """An account with its name, if the manifest has one; anything else as it is."""
        known = self.audit.names.get(account) if self.audit else None
        return f"{known} ({account})" if known else account

    def changed(self, change: str) -> list[Finding]:
        """Those of `ended` that are `fixed`, `gone` or `open`."""
        return [finding for finding in self.ended if finding.change == change]


def render(report: Report, form: str) -> str:
    """The report in one of FORMATS, with a final newline; text has ANSI colours, which click strips where needed."""
    show: Callable[[Report], str] = import_module(f"policygen.report.{form}").render
    # file names that are not UTF-8 and lone surrogates in policies cannot be encoded in any other way
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

    For an audit: `5 failures, 3 unknown, 1 accepted in 1 account, 12 users`.
    """
    if report.audit:
        totals = {result: sum(counted.get(result, 0) for counted in report.results.values()) for result in Result}
        said = [count(totals[Result.FAIL], "failures")]
        said += [f"{totals[result]} {result}" for result in (Result.UNKNOWN, Result.ACCEPTED) if totals[result]]
        checked = ", ".join(count(number, plural) for plural, number in report.checked.items() if number)
        return f"{', '.join(said)} in {checked}"
    severities = [count(number, f"{severity}s") for severity, number in tally(report.findings).items() if number]
    line = count(len(report.findings), "findings") + f" ({', '.join(severities)})" if severities else "no findings"
    if report.checked:
        line += " in " + ", ".join(count(number, plural) for plural, number in report.checked.items())
    return line + (f"; {report.suppressed} more accepted or in the baseline" if report.suppressed else "")


def dates(report: Report) -> str:
    """`audited 2026-11-25; credential report: 2026-11-25 08:00 UTC`; "" if no date is known."""
    if not report.audit:
        return ""
    made = sorted({f"{when:{_TIME}}" if when else "without a date" for when in report.audit.reported.values()})
    said = [f"audited {report.audit.now:%Y-%m-%d}"] if report.audit.now else []
    said += [f"credential report: {made[0] if len(made) == 1 else f'{made[0]} … {made[-1]}'}"] if made else []
    return "; ".join(said)


def home(finding: Finding) -> str:
    """The account that the finding is about, or the file."""
    return finding.account or finding.file


def facts(finding: Finding) -> tuple[str, ...]:
    """The evidence, and who has the policy that causes the finding."""
    names = [f"`{holder}`" for holder in finding.holders[:_NAMES]]
    more = f" and {len(finding.holders) - _NAMES} more" if len(finding.holders) > _NAMES else ""
    return (*finding.evidence, f"held by {', '.join(names)}{more}") if names else finding.evidence


def place(finding: Finding) -> str:
    """The place of the finding in its policy: `4:69 in SomeSid`."""
    where = f"{finding.line}:{finding.column}" if finding.line else finding.pointer
    return f"{where}{f' in {finding.sid}' if finding.sid else ''}"


def grouped(findings: Iterable[Finding], key: Callable[[Finding], _Key]) -> dict[_Key, list[Finding]]:
    """The findings by a key, in the order in which each key first appears."""
    groups: dict[_Key, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return groups


def by_policy(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """The findings by file and policy."""
    return grouped(findings, lambda finding: (finding.file, finding.policy))


def by_rule(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of each rule: rules with failures first, then by severity."""
    rules = grouped(findings, lambda finding: finding.rule).values()
    return sorted(rules, key=lambda found: (not any(f.fails for f in found), found[0].severity.rank))


def printable(text: str) -> str:
    r"""The text with control and other unprintable characters escaped (`\x1b`, `\u202e`), safe for a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def printable_lines(text: str) -> str:
    """Like `printable`, but keeps line breaks."""
    return "\n".join(map(printable, text.split("\n")))
