"""A finding: what a rule says about a place in a policy or about an entity of an account."""

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


class Result(StrEnum):
    """What came of a rule on an entity; `accepted` is a failure that an `[[accept]]` gives a reason for."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PASS = "pass"


@dataclass(frozen=True, slots=True)
class Entity:
    """A user, group, role or managed policy, the root user, or the account as a whole (`type` says which)."""

    type: str
    name: str
    arn: str = ""

    def __str__(self) -> str:
        return f"{self.type}/{self.name}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one place in a policy or of one entity.

    Of a policy: `pointer` is the JSON Pointer inside the policy document ("" for the whole of it); `line` and `column`
    count from 1 in `file`, the end is exclusive, and all four are 0 where the policy came from no file. `policy` says
    which policy of the file it is, where the file tells (`group/Admins/inline`); `sid` is the statement's Sid.
    `context` is a digest of the statement or policy that the finding is true of, for fingerprints. `actions` are those
    that it speaks of as a set, where it does, for acceptances. No report shows either.

    Of an entity of an account: `entity`, whose type is "" where the finding is about a policy, and `account`, the id.
    `evidence` is one fact an item, `fix` one command an item; `destructive` are those that delete something or take
    it from somebody, which come last. `reason` says why a failure is accepted, `change` what became of it since an
    earlier report: `new` or `still`.
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
    result: Result = Result.FAIL
    entity: Entity = Entity("", "")
    evidence: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    destructive: tuple[str, ...] = ()
    account: str = ""
    reason: str = ""
    change: str = ""

    @property
    def fails(self) -> bool:
        """Whether it says that something is wrong: not what is unknown, accepted or passes."""
        return self.result is Result.FAIL

    @property
    def of_account(self) -> bool:
        """Whether it is about an entity of an account, not about a policy in a file."""
        return bool(self.entity.type)

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The worst severity among the findings; None where there are none."""
    return min((finding.severity for finding in findings), key=lambda severity: severity.rank, default=None)
