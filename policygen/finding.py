"""A finding: what a rule says about a place in a policy, or about an entity of an account."""

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
    """The result of a rule for an entity; `accepted` is a failure that an `[[accept]]` gives a reason for."""

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
class Step:
    """One step of a way to an administrator: who (`role/app`) does what, and whom or what it becomes or changes so.

    `target` is "" if it is everything.
    """

    source: str
    told: str
    target: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says about one place in a policy, or about one entity of an account.

    About a policy: `pointer` is a JSON Pointer into the policy document ("" for all of it); `line` and `column` count
    from 1 in `file`, the end is exclusive, and all four are 0 if the policy is not from a file. `policy` names one of
    several policies in a file (`group/Admins/inline`); `sid` is the statement's Sid. `context` is a digest of the
    statement or policy, for fingerprints; `actions` are the actions that the finding is about as a set, for
    acceptances. No report shows either.

    About an account: `entity`, whose type is "" in a finding about a policy, and `account`, its id. `evidence` has one
    fact per item, `fix` one command per item; `destructive` are the commands that delete something or take access away,
    which come last. `holders` are the users, groups and roles that have the policy that causes the finding. `controls`
    are the ids of the controls that the rule checks. `way` leads to an administrator, step by step. `reason` says why a
    failure is accepted; `change` is `new` or `still` after an earlier report.
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
    holders: tuple[Entity, ...] = ()
    controls: tuple[str, ...] = ()
    way: tuple[Step, ...] = ()
    reason: str = ""
    change: str = ""

    @property
    def fails(self) -> bool:
        """Whether it is a failure: not unknown, accepted or a pass."""
        return self.result is Result.FAIL

    @property
    def of_account(self) -> bool:
        """Whether it is about an entity of an account, not about a policy in a file."""
        return bool(self.entity.type)

    @property
    def place(self) -> str:
        """`file:line:column`, or just the file if the line is not known."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The worst severity among the findings; None if there are none."""
    return min((finding.severity for finding in findings), key=lambda severity: severity.rank, default=None)
