"""What an audit rule says of one entity of an account: fail, pass or unknown, with evidence and the commands."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from policygen.account.model import Account, Group, ManagedPolicy, Role, User
from policygen.finding import Entity, Result


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one entity: the evidence is one fact an item, the fix one command an item."""

    entity: Entity
    result: Result
    message: str = ""
    evidence: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()


def entity(item: User | Group | Role | ManagedPolicy) -> Entity:
    """An item of the snapshot as what verdicts are about."""
    kind = "policy" if isinstance(item, ManagedPolicy) else type(item).__name__.lower()
    return Entity(kind, item.name, item.arn)


def account_entity(account: Account) -> Entity:
    """The account as a whole; its name is its id."""
    return Entity("account", account.id or "unknown", _root_arn(account))


def root_entity(account: Account) -> Entity:
    """The account's root user."""
    return Entity("root", "root", _root_arn(account))


def fail(about: Entity, message: str, *evidence: str, fix: tuple[str, ...] = ()) -> Verdict:
    """The entity breaks the rule."""
    return Verdict(about, Result.FAIL, message, evidence, fix)


def passed(about: Entity, but: str = "") -> Verdict:
    """The entity keeps the rule; `but` says what is worse, where that is why: then nothing has been fixed."""
    return Verdict(about, Result.PASS, but)


def unknown(about: Entity, message: str, *evidence: str, fix: tuple[str, ...] = ()) -> Verdict:
    """The snapshot does not tell; the message says what is missing."""
    return Verdict(about, Result.UNKNOWN, message, evidence, fix)


NEW_CREDENTIAL_REPORT = (
    "aws iam generate-credential-report",
    "aws iam get-credential-report > credential-report.json",
)
"""The commands that bring a new credential report; the first until it says `COMPLETE`."""


def aws_iam(verb: str, **options: str) -> str:
    """A command for a shell: `aws iam detach-user-policy --user-name alice …`, every value quoted where it must be."""
    words = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    return shlex.join(["aws", "iam", verb, *words])


def destroys(command: str) -> bool:
    """Whether a printed command deletes something or takes it from somebody."""
    words = command.split()
    return words[:2] == ["aws", "iam"] and words[2].startswith(_DESTRUCTIVE)


_DESTRUCTIVE = ("delete-", "detach-", "remove-", "deactivate-")
"""How the names of the `aws iam` commands that destroy begin. Source: AWS CLI Command Reference, "iam" (2026-11)."""


def by_managed_policies(
    holder: User | Group | Role, group: str, policies: Sequence[str], account: Account
) -> tuple[str, ...]:
    """The commands that make managed policies of inline ones, then delete those.

    A user's go to `group`, which the user joins. Names of policies are placeholders, since those of the inline policies
    may be taken.
    """
    kind = type(holder).__name__.lower()
    to, name = ("group", group) if isinstance(holder, User) else (kind, holder.name)
    first, last = [], []
    for number, policy in enumerate(policies, 1):
        made = f"POLICY_NAME_{number}"
        arn = f"arn:{account.partition or 'aws'}:iam::{account.id or 'ACCOUNT'}:policy/{made}"
        names = {f"{kind}_name": holder.name, "policy_name": policy}
        show = aws_iam(f"get-{kind}-policy", **names, query="PolicyDocument", output="json")
        first += [
            f"{show} > policy-{number}.json",
            aws_iam("create-policy", policy_name=made, policy_document=f"file://policy-{number}.json"),
            aws_iam(f"attach-{to}-policy", **{f"{to}_name": name, "policy_arn": arn}),
        ]
        last.append(aws_iam(f"delete-{kind}-policy", **names))
    join = [aws_iam("add-user-to-group", user_name=holder.name, group_name=group)] if isinstance(holder, User) else []
    return (*first, *join, *last)


def _root_arn(account: Account) -> str:
    return f"arn:{account.partition or 'aws'}:iam::{account.id}:root" if account.id else ""
