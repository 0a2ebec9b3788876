"""What a rule looks at: the snapshot, the strategy, the time, and who holds which policies, worked out once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from policygen.access.limiting import narrowed
from policygen.access.powers import Powers
from policygen.access.reach import all_actions
from policygen.account.model import Account, Document, Entity, Group, InlinePolicy, ManagedPolicy, Role, User
from policygen.audit.strategy import Strategy
from policygen.evaluate import CompiledPolicy, Layers, compile_policy
from policygen.lint.budget import too_much
from policygen.policy.arn import segments
from policygen.policy.model import Policy, Statement
from policygen.policy.pattern import is_wild
from policygen.reference.resources import is_everything

_ADMINISTRATOR = Policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    name="policy/AdministratorAccess",
)
"""AWS's AdministratorAccess. Source: AWS Managed Policy Reference, "AdministratorAccess" (2026-11)."""
_SOME_ACCOUNT = "123456789012"
"""Where a snapshot names no account, it names nothing that belongs to one either."""
LATER = "a date is later than the credential report, so ages cannot be counted"
"""Why nothing is said of an age."""


@dataclass(frozen=True, eq=False)
class Holding:
    """A policy that somebody holds. `arn` is "" for an inline policy; `policy` is None where the snapshot lacks it.

    A holding without a name means: whatever a group holds that the snapshot lacks as a whole.
    """

    name: str
    arn: str
    policy: Policy | None
    holder: Entity

    def __str__(self) -> str:
        if not self.name:
            return f"group `{self.holder.name}`"
        where = f"{type(self.holder).__name__.lower()} `{self.holder.name}`"
        return f"`{self.name}` ({'attached to' if self.arn else 'inline in'} {where})"

    @cached_property
    def full_access(self) -> Statement | None:
        """A statement that allows every action on everything, whatever its conditions."""
        return next((s for s in self.policy.statements if allows_everything(s)), None) if self.policy else None

    @property
    def administers(self) -> bool:
        """Whether it gives full access, whatever other policies deny."""
        return self.full_access is not None


@dataclass(frozen=True, eq=False)
class Subject:
    """One account under audit. Ages are counted up to `now`."""

    account: Account
    now: datetime
    strategy: Strategy = field(default_factory=Strategy)
    chosen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The parameters of every rule that runs, so that a command of one holds what the others ask for."""

    def days(self, since: datetime) -> int | None:
        """Whole days that have passed since a time; None for one later than `now`, of which nothing can be said."""
        return (self.now - since).days if since <= self.now else None

    @property
    def holders(self) -> tuple[User | Group | Role, ...]:
        """Everything that can have policies: users, groups and roles."""
        return (*self.account.users, *self.account.groups, *self.account.roles)

    def own(self, holder: Entity) -> tuple[Holding, ...]:
        """The policies that a user, group or role itself holds: inline first, then attached."""
        return self._own[holder.arn]

    def holdings(self, holder: User | Role) -> Iterator[Holding]:
        """The policies that a user or role holds, and those of the user's groups."""
        yield from self.own(holder)
        for name in holder.groups if isinstance(holder, User) else ():
            group = self.account.group(name)
            # a dump that was read with `--filter User` names groups that it does not show
            yield from self.own(group) if group else (Holding("", "", None, Group(name, "/", "", "")),)

    def boundary(self, holder: User | Role) -> Policy | None:
        """The permissions boundary of a user or role; None where there is none, or the snapshot lacks it."""
        return self._text(holder.boundary) if holder.boundary else None

    def powers(self, holder: Entity) -> Powers:
        """What a user or role can do; of a group, what it gives to its members."""
        held = self.own(holder) if isinstance(holder, Group) else tuple(self.holdings(holder))
        limit = None if isinstance(holder, Group) else holder.boundary
        boundary = self._text(limit) if limit else None
        unread = [str(holding) for holding in held if holding.policy is None]
        unread += [f"the permissions boundary `{limit}`"] if limit and not boundary else []
        key = tuple(holding.policy for holding in held if holding.policy), boundary, tuple(unread)
        known = self._powers.get(key)
        if known is None:
            account, partition = self.account.id or _SOME_ACCOUNT, self.account.partition or "aws"
            known = self._powers[key] = Powers(account, partition, *key)
        return known

    @cached_property
    def _powers(self) -> dict[tuple[tuple[Policy, ...], Policy | None, tuple[str, ...]], Powers]:
        return {}

    def layers(self, user: User, service: str) -> Layers | None:
        """What decides on a user's requests to a service; None where the snapshot lacks one of the user's policies."""
        policies = [holding.policy for holding in self.holdings(user)]
        boundary = self.boundary(user)
        if None in policies or (user.boundary and not boundary):
            return None
        return Layers(
            # compiling is what costs
            identity=tuple(self._compiled(policy) for policy in policies if policy and speaks_of(policy, service)),
            boundary=self._compiled(boundary) if boundary else None,
        )

    def _compiled(self, policy: Policy) -> CompiledPolicy:
        compiled = self._compilations.get(policy)
        if compiled is None:
            compiled = self._compilations[policy] = compile_policy(policy)
        return compiled

    @cached_property
    def _compilations(self) -> dict[Policy, CompiledPolicy]:
        return {}

    def customer_policies(self) -> Iterator[tuple[ManagedPolicy, Policy | None]]:
        """The managed policies that are the customer's own; None for the text of one that is too complex to judge."""
        return ((item, self._managed[item.arn]) for item in self.account.policies if not item.aws_managed)

    @cached_property
    def _managed(self) -> Mapping[str, Policy | None]:
        return {item.arn: _policy(item.document, f"policy/{item.name}") for item in self.account.policies}

    @cached_property
    def _own(self) -> Mapping[str, tuple[Holding, ...]]:
        return {holder.arn: tuple(self._held_by(holder)) for holder in self.holders}

    def _held_by(self, holder: Entity) -> Iterator[Holding]:
        for inline in holder.inline:
            yield Holding(inline.name, "", _policy(inline.document, _name(holder, inline)), holder)
        for attached in holder.attached:
            yield Holding(attached.name, attached.arn, self._text(attached.arn), holder)

    def _text(self, arn: str) -> Policy | None:
        """The managed policy of an ARN; AWS's AdministratorAccess is known even where the snapshot lacks it."""
        known = self._managed.get(arn)
        return _ADMINISTRATOR if known is None and is_aws_policy(arn, "AdministratorAccess") else known


def allows_everything(statement: Statement) -> bool:
    """Whether a statement allows every action on every resource; a condition on who asks, or how, changes nothing."""
    return (
        statement.allows
        and any(all_actions(action.value) for action in statement.actions)
        and any(is_everything(resource.value) for resource in statement.resources)
        and not narrowed(statement.conditions)
    )


def speaks_of(policy: Policy, service: str) -> bool:
    """Whether some statement can be about an action of a service."""
    return any(
        statement.not_actions or any(_service(entry.value) in ("", service) for entry in statement.actions)
        for statement in policy.statements
    )


def _service(entry: str) -> str:
    """The prefix of an Action entry in lower case, "" where it has wildcards."""
    prefix = entry.partition(":")[0].lower()
    return "" if is_wild(prefix) else prefix


def is_aws_policy(arn: str, name: str) -> bool:
    """Whether an ARN is that of a policy that AWS manages."""
    parts = segments(arn)
    return len(parts) == 6 and parts[4:] == ("aws", f"policy/{name}")


def _policy(document: Document, name: str) -> Policy | None:
    """None for a policy made to be slow to judge, which then counts as one that the snapshot lacks."""
    policy = Policy(dict(document), name=name)
    return None if too_much(policy) else policy


def _name(holder: Entity, inline: InlinePolicy) -> str:
    return f"{type(holder).__name__.lower()}/{holder.name}/{inline.name}"
