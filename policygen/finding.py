"""A finding: what a rule says about a place in a policy."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """AWS's finding types, worst first (IAM Access Analyzer API, `ValidatePolicyFinding.findingType`)."""

    ERROR = "error"
    SECURITY_WARNING = "security-warning"
    WARNING = "warning"
    SUGGESTION = "suggestion"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation of one rule.

    `pointer` is the JSON Pointer inside the policy document ("" for the whole of it); `line` and `column` count
    from 1 in `file`, the end is exclusive, and all four are 0 where the policy came from no file. `policy` says
    which policy of the file it is, where the file tells (`group/Admins/inline`); `sid` is the statement's Sid.
    `context` is a digest of the statement or policy that the finding is true of, for fingerprints. `actions` are those
    that it speaks of as a set, where it does, for acceptances. No report shows either.
    """

    rule: str
    severity: Severity
    message: str
    pointer: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    policy: str = ""
    sid: str = ""
    context: str = field(default="", repr=False, compare=False)
    actions: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The worst severity among the findings; None where there are none."""
    return min((finding.severity for finding in findings), key=lambda severity: severity.rank, default=None)
