"""The verdict of a rule on one entity of an account: fail, pass or unknown, with evidence and commands."""

from dataclasses import dataclass

from policygen.account.model import Account, Group, ManagedPolicy, Role, User
from policygen.finding import Entity, Result, Step


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of a rule on one entity; each item of `evidence` is one fact, each of `fix` one command.

    `holders` are the users, groups and roles that have the policy that causes it; `way` leads to an administrator.
    """

    entity: Entity
    result: Result
    message: str = ""
    evidence: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    holders: tuple[Entity, ...] = ()
    way: tuple[Step, ...] = ()


def entity(item: User | Group | Role | ManagedPolicy) -> Entity:
    """A user, group, role or policy as the entity of a verdict."""
    kind = "policy" if isinstance(item, ManagedPolicy) else type(item).__name__.lower()
    return Entity(kind, item.name, item.arn)


def account_entity(account: Account) -> Entity:
    """The account as a whole; its name is its id."""
    return Entity("account", account.id or "unknown", _root_arn(account))


def root_entity(account: Account) -> Entity:
    """The account's root user."""
    return Entity("root", "root", _root_arn(account))


def fail(
    about: Entity, message: str, *evidence: str, fix: tuple[str, ...] = (), holders: tuple[Entity, ...] = ()
) -> Verdict:
    """The entity breaks the rule."""
    return Verdict(about, Result.FAIL, message, evidence, fix, holders)


def passed(about: Entity, but: str = "") -> Verdict:
    """The entity passes; `but` names something worse if that is the only reason, so that nothing counts as fixed."""
    return Verdict(about, Result.PASS, but)


def unknown(about: Entity, message: str, *evidence: str, fix: tuple[str, ...] = ()) -> Verdict:
    """The snapshot does not contain enough to decide; the message says what is missing."""
    return Verdict(about, Result.UNKNOWN, message, evidence, fix)


def _root_arn(account: Account) -> str:
    return f"arn:{account.partition or 'aws'}:iam::{account.id}:root" if account.id else ""
