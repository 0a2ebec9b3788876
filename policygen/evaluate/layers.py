"""The policies that have a say in a request, by what they do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from policygen.errors import PolicygenError
from policygen.evaluate.compiled import CompiledPolicy, compile_policy
from policygen.policy.model import Kind, Policy

Policies = tuple[CompiledPolicy, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The policies by what they do; a layer that is not there is None or empty."""

    identity: Policies = ()
    """Of the user or role and of the user's groups: their union counts."""
    boundary: CompiledPolicy | None = None
    session: CompiledPolicy | None = None
    scps: tuple[Policies, ...] = ()
    """One entry a level, from the root to the account of the principal; none in the management account."""
    rcps: tuple[Policies, ...] = ()
    """As `scps`, for the account of the resource; `RCPFullAWSAccess`, which nobody can detach, is understood."""
    resource: Policies | None = None
    """Of the resource: key policy, trust policy, bucket policy. `()` says that it has none; None says nothing, and is
    `unknown` where the resource's policy must allow."""
    unread: tuple[str, ...] = ()
    """Why a policy that has a say is not among these, a sentence each."""
    unknown: tuple[str, ...] = field(init=False)
    """Why nothing but an explicit deny can be said: policies that are not there, or that IAM would not take."""
    identity_alone: bool = field(init=False)
    """Whether no other layer has a say."""

    def __post_init__(self) -> None:
        refused = tuple(reason for _, policy in self.named() for reason in policy.refused)
        others = (self.boundary, self.session, self.resource)
        object.__setattr__(self, "unknown", self.unread + refused)
        object.__setattr__(self, "identity_alone", others == (None, None, None) and not self.scps and not self.rcps)

    def named(self) -> Iterator[tuple[str, CompiledPolicy]]:
        """Every policy with the name of its layer."""
        for policy in self.identity:
            yield "identity", policy
        if self.boundary:
            yield "boundary", self.boundary
        if self.session:
            yield "session", self.session
        for kind, levels in (("scp", self.scps), ("rcp", self.rcps)):
            for number, level in enumerate(levels, start=1):
                for policy in level:
                    yield f"{kind} level {number}", policy
        for policy in self.resource or ():
            yield "resource", policy


def layered(
    policies: Iterable[Policy],
    own: Layers,
    *,
    boundary: Sequence[Policy] = (),
    session: Sequence[Policy] = (),
    scps: Sequence[Sequence[Policy]] = (),
    rcps: Sequence[Sequence[Policy]] = (),
    resource: Sequence[Policy] = (),
) -> Layers:
    """Policies beside the layers that a principal has of its own, each of `policies` in the layer of its kind.

    SCPs and RCPs among `policies` are the lowest level. Raises PolicygenError for two boundaries or session policies.
    """
    found: dict[Kind, list[Policy]] = {kind: [] for kind in Kind}
    for policy in policies:
        found[policy.kind].append(policy)
    return replace(
        own,
        identity=own.identity + _compiled(found[Kind.IDENTITY]),
        boundary=_only([*found[Kind.BOUNDARY], *boundary], "permissions boundary") or own.boundary,
        session=_only(session, "session policy"),
        scps=tuple(map(_compiled, [*scps, *filter(None, [found[Kind.SCP]])])),
        rcps=tuple(map(_compiled, [*rcps, *filter(None, [found[Kind.RCP]])])),
        resource=_compiled([*resource, *found[Kind.RESOURCE], *found[Kind.TRUST]]) or None,
    )


def _only(policies: Sequence[Policy], what: str) -> CompiledPolicy | None:
    if len(policies) > 1:
        raise PolicygenError(f"there are {len(policies)} policies where one {what} belongs")
    return next(iter(_compiled(policies)), None)


def _compiled(policies: Iterable[Policy]) -> Policies:
    return tuple(map(compile_policy, policies))


def trusting(account: str, partition: str = "aws") -> CompiledPolicy:
    """A policy of a resource that leaves every decision to the policies of an account's own principals."""
    allow = {"Effect": "Allow", "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"}, "Action": "*"}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}, Kind.RESOURCE))


def allow_all() -> CompiledPolicy:
    """An identity policy that allows everything, as the ground for policies that only limit."""
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}, name="allow-all"))
