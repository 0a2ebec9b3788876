"""The stack of a user, group or role: all policies that apply to it, and where each comes from."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from policygen.access.budget import too_much
from policygen.account.model import Account, Document, Entity, Group, Role, User
from policygen.evaluate import Layers, Request, compile_policy
from policygen.policy.arn import is_aws_policy
from policygen.policy.model import Kind, Policy

ADMINISTRATOR_ACCESS: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
"""AWS's AdministratorAccess. Source: AWS Managed Policy Reference, "AdministratorAccess" (2026-11)."""


@dataclass(frozen=True, eq=False)
class HeldPolicy:
    """A policy of a user, group or role (`holder`): inline if `arn` is "", attached, or its permissions boundary.

    `policy` is None if it could not be read, and `unread` says why. Without a name it is all the policies of a group
    that is not in the snapshot: a snapshot read with `--filter User` names groups that it does not contain.
    """

    name: str
    arn: str
    holder: Entity
    policy: Policy | None
    unread: str = ""
    kind: Kind = Kind.IDENTITY

    def __str__(self) -> str:
        if self.kind is Kind.BOUNDARY:
            return f"the permissions boundary `{self.arn}`"
        if not self.name:
            return f"group `{self.holder.name}`"
        return f"`{self.name}` ({'attached to' if self.arn else 'inline in'} {_kind(self.holder)} `{self.holder.name}`)"


@dataclass(frozen=True)
class Stack:
    """The policies that apply to one principal together. Stacks with the same policies are equal."""

    policies: tuple[Policy, ...] = ()
    """The identity policies that could be read."""
    boundary: Policy | None = None
    unread: tuple[str, ...] = ()
    """The reasons why policies could not be read, a sentence each."""
    held: tuple[HeldPolicy, ...] = field(default=(), compare=False)
    """The identity policies with their sources, including those that could not be read."""
    missing: tuple[HeldPolicy, ...] = field(default=(), compare=False)
    """The policies that could not be read, including the permissions boundary."""

    @property
    def layers(self) -> Layers:
        """The stack for the evaluator, in which policies that could not be read make decisions unknown."""
        return Layers(
            identity=tuple(map(compile_policy, self.policies)),
            boundary=compile_policy(self.boundary) if self.boundary else None,
            unread=self.unread,
        )


@dataclass(frozen=True, slots=True)
class Supposed:
    """A user or role as it would be after changes: as an entity, and with other policies than the account has now."""

    entity: User | Role
    versions: tuple[tuple[str, Document], ...] = ()
    """Managed policies, by ARN, with the documents that they would have."""
    without: frozenset[tuple[str, str]] = frozenset()
    """ARN of the owner, and ARN or name, of each policy that would be removed."""

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal suppositions about one account."""
        who = self.entity
        attached = tuple(policy.arn for policy in who.attached)
        documents = tuple((arn, id(document)) for arn, document in self.versions)
        return who.arn, getattr(who, "groups", ()), who.boundary, attached, documents, self.without


class Stacks:
    """The stacks of an account. Equal policies are one object, also in `other`, the account in another state."""

    def __init__(self, account: Account, other: "Stacks | None" = None) -> None:
        self.account = account
        self._read: dict[tuple[str, str, Kind], Policy] = other._read if other else {}
        self._managed: dict[tuple[str, Kind], tuple[Policy | None, str]] = {}
        self._own: dict[tuple[type, str], tuple[HeldPolicy, ...]] = {}
        self._stacks: dict[tuple[type, str], Stack] = {}

    def of(self, holder: Entity) -> Stack:
        """The stack of a user or role; for a group, what it gives its members."""
        key = type(holder), holder.name.lower()
        if key not in self._stacks:
            self._stacks[key] = self._build(holder)
        return self._stacks[key]

    def supposing(self, supposed: Supposed) -> Stack:
        """The stack that a user or role would have."""
        holder, versions = supposed.entity, dict(supposed.versions)
        held = [
            self._with(one, versions)
            for one in self._held(holder, self._of_itself(holder))
            if (one.holder.arn, one.arn or one.name) not in supposed.without
        ]
        boundary = self._boundary(holder)
        return _stack(tuple(held), self._with(boundary, versions) if boundary else None)

    def _build(self, holder: Entity) -> Stack:
        return _stack(tuple(self._held(holder, self.own(holder))), self._boundary(holder))

    def _boundary(self, holder: Entity) -> HeldPolicy | None:
        limit = None if isinstance(holder, Group) else holder.boundary
        return self._attached(holder, "", limit, Kind.BOUNDARY) if limit else None

    def own(self, holder: Entity) -> tuple[HeldPolicy, ...]:
        """The policies of a user, group or role itself: inline, then attached."""
        key = type(holder), holder.name.lower()
        if key not in self._own:
            self._own[key] = tuple(self._of_itself(holder))
        return self._own[key]

    def managed(self, arn: str, kind: Kind = Kind.IDENTITY) -> tuple[Policy | None, str]:
        """The managed policy with an ARN, or why it could not be read; AdministratorAccess is always known."""
        if (arn, kind) not in self._managed:
            shown = self.account.policy(arn)
            known = (
                shown.document if shown else ADMINISTRATOR_ACCESS if is_aws_policy(arn, "AdministratorAccess") else None
            )
            name, lacking = f"policy/{arn.rpartition('/')[2]}", f"the snapshot does not hold the policy `{arn}`"
            self._managed[arn, kind] = self._policy(known, name, kind) if known is not None else (None, lacking)
        return self._managed[arn, kind]

    def trust(self, role: Role) -> tuple[Policy | None, str]:
        """The trust policy of a role, or why it could not be read."""
        return self._policy(role.trust, f"role/{role.name}/trust", Kind.TRUST)

    def with_trust(self, layers: Layers, request: Request) -> Layers:
        """The layers, with the trust policy of the role of the account that a request assumes, if it assumes one."""
        role = self.account.role(request.resource.rpartition("/")[2]) if request.service == "sts" else None
        if layers.resource is not None or role is None or role.arn != request.resource:
            return layers
        trust, unread = self.trust(role)
        if trust is None:
            return replace(layers, unread=(*layers.unread, unread))
        return replace(layers, resource=(compile_policy(trust),))

    def _with(self, held: HeldPolicy, versions: Mapping[str, Document]) -> HeldPolicy:
        if held.arn not in versions:
            return held
        policy, unread = self._policy(
            versions[held.arn], f"policy/{held.name or held.arn.rpartition('/')[2]}", held.kind
        )
        return replace(held, policy=policy, unread=unread)

    def _held(self, holder: Entity, own: Iterable[HeldPolicy]) -> Iterator[HeldPolicy]:
        yield from own
        for name in holder.groups if isinstance(holder, User) else ():
            if group := self.account.group(name):
                yield from self.own(group)
            else:
                yield HeldPolicy(
                    "", "", Group(name, "/", "", ""), None, f"the snapshot does not hold the group `{name}`"
                )

    def _of_itself(self, holder: Entity) -> Iterator[HeldPolicy]:
        for inline in holder.inline:
            name = f"{_kind(holder)}/{holder.name}/{inline.name}"
            yield HeldPolicy(inline.name, "", holder, *self._policy(inline.document, name, Kind.IDENTITY))
        for attached in holder.attached:
            yield self._attached(holder, attached.name, attached.arn, Kind.IDENTITY)

    def _attached(self, holder: Entity, name: str, arn: str, kind: Kind) -> HeldPolicy:
        return HeldPolicy(name, arn, holder, *self.managed(arn, kind), kind)

    def _policy(self, document: Document, name: str, kind: Kind) -> tuple[Policy | None, str]:
        """A policy, or the reason if it is too complex to check in time."""
        key = json.dumps(document, sort_keys=True), name, kind
        policy = self._read.setdefault(key, Policy(dict(document), kind, name=name))
        return (None, f"the policy `{name}` is too complex to check") if too_much(policy) else (policy, "")


def _stack(held: tuple[HeldPolicy, ...], boundary: HeldPolicy | None) -> Stack:
    missing = tuple(one for one in (*held, boundary) if one and one.policy is None)
    return Stack(
        policies=tuple(one.policy for one in held if one.policy),
        boundary=boundary.policy if boundary else None,
        unread=tuple(dict.fromkeys(one.unread for one in missing)),
        held=held,
        missing=missing,
    )


def _kind(holder: Entity) -> str:
    return type(holder).__name__.lower()
