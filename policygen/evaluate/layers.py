"""The policies that apply to a request, by what they do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from policygen.errors import PolicygenError
from policygen.evaluate.compiled import CompiledPolicy, compile_policy
from policygen.policy.model import Kind, Policy

Policies = tuple[CompiledPolicy, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The policies that apply to a request; a layer that does not exist is None or empty."""

    identity: Policies = ()
    """The policies of the user or role and of the user's groups; their union counts."""
    boundary: CompiledPolicy | None = None
    session: CompiledPolicy | None = None
    scps: tuple[Policies, ...] = ()
    """One entry for each level, from the root to the account of the principal; none in the management account."""
    rcps: tuple[Policies, ...] = ()
    """The same for the account of the resource; `RCPFullAWSAccess`, which cannot be detached, is implied."""
    resource: Policies | None = None
    """The policies of the resource: its key policy, trust policy or bucket policy; `()` if it has none. None means not
    given: the outcome is `unknown` if a resource policy must allow."""
    unread: tuple[str, ...] = ()
    """Why a policy that applies is missing here, a sentence each."""
    unknown: tuple[str, ...] = field(init=False)
    """Why only an explicit deny is certain: policies that are missing, or that IAM would reject."""
    identity_alone: bool = field(init=False)
    """Whether no other layer applies."""

    def __post_init__(self) -> None:
        refused = tuple(reason for _, policy in self.named() for reason in policy.refused)
        others = (self.boundary, self.session, self.resource)
        object.__setattr__(self, "unknown", self.unread + refused)
        object.__setattr__(self, "identity_alone", others == (None, None, None) and not self.scps and not self.rcps)

    @property
    def limits(self) -> frozenset[str]:
        """The names of the layers that each must allow a request; other layers allow together."""
        levels = [f"scp level {number}" for number in range(1, len(self.scps) + 1)]
        return frozenset([*levels, *(["boundary"] if self.boundary else []), *(["session"] if self.session else [])])

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
    """The layers that a principal already has, with more policies, each of `policies` in the layer of its kind.

    SCPs and RCPs in `policies` are the lowest level. Raises PolicygenError for two boundaries or session policies.
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
        raise PolicygenError(f"{len(policies)} policies are given as the {what}; only one can apply")
    return next(iter(_compiled(policies)), None)


def _compiled(policies: Iterable[Policy]) -> Policies:
    return tuple(map(compile_policy, policies))


def trusting(account: str, partition: str = "aws") -> CompiledPolicy:
    """A resource policy that leaves every decision to the policies of an account's own principals."""
    allow = {"Effect": "Allow", "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"}, "Action": "*"}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}, Kind.RESOURCE))


def allow_all() -> CompiledPolicy:
    """An identity policy that allows everything, to evaluate policies that only limit."""
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}, name="allow-all"))
