"""The users and roles of an account as actors: who they are, what they can do, and which escalation paths they have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from policygen.access.escalation import Escalation, escalations
from policygen.access.grants import Grant, grants
from policygen.access.powers import KNOWN, Powers, principal
from policygen.access.stack import Stack, Stacks, Supposed
from policygen.account.model import Account, Entity, Group, Role, User
from policygen.evaluate import Principal
from policygen.policy.model import Kind, Policy
from policygen.policy.principals import named
from policygen.reference.escalation import Path, paths

_SOME_ACCOUNT = "123456789012"
"""Used for a snapshot without an account id, whose ARNs have no account id either."""

Granted = Mapping[str, list[Grant]]
"""Action → the grants of it, for the actions that escalation paths need."""


@dataclass(frozen=True, eq=False)
class Actor:
    """A user or role as the principal of requests, with its powers and the grants that escalation paths need."""

    entity: User | Role
    principal: Principal
    stack: Stack
    powers: Powers
    grant: Callable[[Powers], Granted]
    """Computes `granted`, which is not needed for administrators, who have the most grants."""
    named: frozenset[str]
    """The actions that escalation paths need and that some policy grants, before the Denies of the others."""

    @cached_property
    def granted(self) -> Granted:
        """The grants that escalation paths need."""
        return self.grant(self.powers)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The escalation paths whose actions the policies grant, before Denies are looked at."""
        return _within(self.named)

    def can(self, action: str, resource: str, passed_to: str = "") -> bool | None:
        """Whether it can perform an action on a resource, or pass a role to a service; None: perhaps."""
        return self.powers.can(self.principal, action, resource, passed_to)


class Actors:
    """What the users, groups and roles of one account can do; each answer is computed once."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.stacks = Stacks(account)
        self._powers: dict[Stack, Powers] = {}
        self._granted: dict[tuple[Policy, ...], Granted] = {}
        self._actors: dict[str, Actor] = {}

    def powers(self, holder: Entity) -> Powers:
        """What a user or role can do; for a group, what its members can do through it."""
        return self._of_stack(self.stacks.of(holder))

    def alone(self, policy: Policy) -> Powers:
        """What one policy lets a user or role do, without any other."""
        return self._of_stack(Stack((policy,)))

    def _of_stack(self, stack: Stack) -> Powers:
        if stack not in self._powers:
            account, partition = self.account.id or _SOME_ACCOUNT, self.account.partition or "aws"
            self._powers[stack] = Powers(account, partition, stack.policies, stack.boundary, stack.unread)
        return self._powers[stack]

    def actor(self, holder: User | Role) -> Actor:
        """A user or role as an actor."""
        if holder.arn not in self._actors:
            self._actors[holder.arn] = self._actor(holder, self.stacks.of(holder))
        return self._actors[holder.arn]

    def supposing(self, supposed: Supposed) -> Actor:
        """A user or role as the actor that it would be after changes."""
        return self._actor(supposed.entity, self.stacks.supposing(supposed))

    def _actor(self, holder: User | Role, stack: Stack) -> Actor:
        who = principal(holder, self.account.id or "", self.account.partition or "aws")
        named = frozenset().union(*(self._grants((policy,)) for policy in stack.policies))
        return Actor(holder, who, stack, self._of_stack(stack), self.granted, named)

    def groups(self, holder: User | Role) -> list[Group]:
        """The groups of a user, as far as the snapshot contains them; none for a role."""
        found = map(self.account.group, holder.groups if isinstance(holder, User) else ())
        return [group for group in found if group]

    def open_paths(self, actor: Actor) -> list[Escalation]:
        """The escalation paths over all resources or the actor's own user, except those that its boundary closes."""
        if not actor.paths:
            return []
        boundary = actor.powers.boundary
        limit = self._grants((boundary,)) if boundary else None
        return [
            found
            for found in escalations(self._relevant(actor.powers))
            if (limit is None or {grant.action for grant in found.grants} <= limit.keys())
            and (isinstance(actor.entity, User) or all(grant.every or not grant.own_user for grant in found.grants))
        ]

    def granted(self, powers: Powers) -> Granted:
        """The grants of the actions that escalation paths need, without those that the boundary never allows."""
        found = self._grants(self._relevant(powers))
        if not powers.boundary:
            return found
        limit = self._grants((powers.boundary,))
        return {action: grants for action, grants in found.items() if action in limit}

    def _relevant(self, powers: Powers) -> tuple[Policy, ...]:
        """The policies that grant or may deny an action that escalation paths need."""
        return tuple(policy for policy in powers.policies if self._grants((policy,)) or denies(policy))

    def _grants(self, policies: tuple[Policy, ...]) -> Granted:
        if policies not in self._granted:
            self._granted[policies] = grants(policies)
        return self._granted[policies]

    @cached_property
    def trust(self) -> Mapping[str, Policy]:
        """The trust policy of each role, by ARN."""
        return {role.arn: Policy(dict(role.trust), Kind.TRUST) for role in self.account.roles}

    @cached_property
    def trusting(self) -> Mapping[str, list[Role]]:
        """The roles that trust a principal by name, by its ARN; the roles that trust everybody, by `*`."""
        found: dict[str, list[Role]] = {}
        for role in self.account.roles:
            for arn in trusted(self.trust[role.arn], "AWS"):
                found.setdefault(arn, []).append(role)
        return found

    @cached_property
    def trust_depends_on_principal(self) -> bool:
        """Whether some trust policy has a condition on who the principal is."""
        conditions = (c for trust in self.trust.values() for s in trust.statements for c in s.conditions)
        return any(condition.key.lower() in KNOWN for condition in conditions)


@lru_cache(maxsize=8192)
def _within(actions: frozenset[str]) -> tuple[Path, ...]:
    return tuple(p for p in paths() if actions.issuperset(p.every) and all(map(actions.intersection, p.also)))


def denies(policy: Policy) -> bool:
    """Whether a policy has a Deny statement."""
    return any(statement.effect == "Deny" for statement in policy.statements)


def trusted(trust: Policy, kind: str) -> set[str]:
    """The principals of a type that the Allow statements of a trust policy name; a bare `*` is of every type."""
    return {entry for statement in trust.statements if statement.allows for entry in named(statement, kind)}
