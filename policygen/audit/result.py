"""What an audit rule says of one entity of an account: fail, pass or unknown, with evidence and the commands."""

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


def _root_arn(account: Account) -> str:
    return f"arn:{account.partition or 'aws'}:iam::{account.id}:root" if account.id else ""
