"""The facts about an entity that reports show next to its name."""

from collections.abc import Iterable, Mapping

from policygen.access.powers import full_access
from policygen.account.model import Credentials, Group, ManagedPolicy, Role, User
from policygen.audit.subject import Subject
from policygen.finding import Finding
from policygen.policy.model import Policy
from policygen.policy.principals import principals

FACTS = (
    *("groups", "members", "trust", "inline", "attached", "admin", "password", "mfa", "keys"),
    *("last used", "attachments", "version"),
)
"""The names of the facts; `AboutAccounts.marks` is one of them."""

Facts = Mapping[str, str]
"""The name of a fact → its value in words."""


def facts(subject: Subject, findings: Iterable[Finding]) -> dict[str, Facts]:
    """The facts of every entity that a finding is about, by ARN."""
    account = subject.account
    items: dict[str, User | Group | Role | ManagedPolicy] = {
        item.arn: item for items in (account.users, account.groups, account.roles, account.policies) for item in items
    }
    wanted = dict.fromkeys(finding.entity.arn for finding in findings)
    return {arn: _facts(subject, items[arn]) for arn in wanted if arn in items}


def _facts(subject: Subject, item: User | Group | Role | ManagedPolicy) -> Facts:
    match item:
        case User():
            shown = {"groups": ", ".join(item.groups) or "none", **_held(item)}
            return shown | _admin(subject, item) | _credentials(subject, item.name)
        case Group():
            return {"members": str(len(subject.account.members(item.name))), **_held(item)}
        case Role():
            used = f"{item.last_used:%Y-%m-%d}" if item.last_used else "never" if item.use_read else "unknown"
            return {"trust": trusted(item), **_held(item), "last used": used}
    return {"attachments": str(item.attachment_count), "version": item.default.id}


def trusted(role: Role) -> str:
    """The principals of a role's trust policy: `Service ec2.amazonaws.com, AWS 123456789012`."""
    named: list[str] = []
    for statement in Policy(dict(role.trust)).statements:
        named += [f"{entry.key} {entry.value}".strip() for entry in principals(statement)]
        named += ["everyone but some"] if "NotPrincipal" in statement.body else []
    return ", ".join(dict.fromkeys(named))


def _admin(subject: Subject, user: User) -> dict[str, str]:
    times = sum(bool(held.policy and full_access(held.policy)) for held in subject.stacks.of(user).held)
    return {"admin": "once" if times == 1 else f"{times} times"} if times else {}


def _held(item: User | Group | Role) -> dict[str, str]:
    return {"inline": str(len(item.inline)), "attached": str(len(item.attached))}


def _credentials(subject: Subject, user: str) -> dict[str, str]:
    row = subject.account.credentials(user)
    if row is None:
        return {}
    said = {True: "yes", False: "no", None: "unknown"}
    return {"password": said[row.password_enabled], "mfa": said[row.mfa_active], "keys": _keys(subject, row)}


def _keys(subject: Subject, row: Credentials) -> str:
    active = [key for key in row.access_keys if key.active]
    ages = [subject.days(key.last_rotated) if key.last_rotated else None for key in active]
    known = [age for age in ages if age is not None]
    age = f"oldest {max(known)} days" if known and len(known) == len(ages) else "of unknown age"
    return f"{len(active)} active" + (f", {age}" if active else "")
