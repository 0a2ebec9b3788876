"""Cases: the decisions that a recipe promises, and the policies among which they are decided."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from policygen.evaluate import (
    CompiledPolicy,
    Decision,
    Layers,
    Outcome,
    Request,
    allow_all,
    compile_policy,
    decide,
    missing_context,
    trusting,
)
from policygen.policy.model import Kind, Policy
from policygen.recipe.never import Never


@dataclass(frozen=True, slots=True)
class Case:
    """One promise: a decision, and the requests that must all be decided that way."""

    name: str
    decision: Outcome
    sid: str
    """The Sid of a statement that must be among the deciding ones; "" for any."""
    requests: tuple[Request, ...]
    others: Mapping[str, CompiledPolicy] = field(default_factory=dict)
    """The policies in the other layers: `identity`, `boundary`, `session_policy`, `scp`, `rcp`, `resource_policy`."""

    def wrong(self, layers: Layers) -> Iterator[Decision]:
        """The decisions that are not as promised, given the layers of the case's group."""
        among = self.among(layers)
        for request in self.requests:
            decision = decide(request, among)
            sids = {statement.sid for statement in decision.statements}
            if decision.outcome is not self.decision or (self.sid and self.sid not in sids):
                yield decision

    def among(self, layers: Layers) -> Layers:
        """The layers of the group with those of this case."""
        if not self.others:
            return layers
        other = self.others
        own = tuple(policy for policy in layers.identity if policy is not _everything())
        return replace(
            layers,
            identity=(*own, other["identity"]) if "identity" in other else layers.identity,
            boundary=other.get("boundary", layers.boundary),
            session=other.get("session_policy", layers.session),
            scps=(*layers.scps, (other["scp"],)) if "scp" in other else layers.scps,
            rcps=(*layers.rcps, (other["rcp"],)) if "rcp" in other else layers.rcps,
            resource=(other["resource_policy"],) if "resource_policy" in other else layers.resource,
        )

    def open_keys(self, layers: Layers) -> set[str]:
        """The condition keys that the policies use for these requests and that the case does not set."""
        among = self.among(layers)
        return {key for request in self.requests for key in missing_context(request, among)}


@dataclass(frozen=True)
class Group:
    """Cases that share one policy: a recipe with certain parameters, or a policy from a file."""

    name: str
    """What the cases have in common; "" for the first group of a file."""
    policy: Policy
    account: str
    partition: str
    allow_all: bool
    """Whether the policy is tested on top of one that allows everything."""
    cases: tuple[Case, ...]
    never: tuple[Never, ...] = ()
    """What the policy never allows, whatever the request."""

    @property
    def promises(self) -> tuple[Case | Never, ...]:
        """All that is promised."""
        return (*self.cases, *self.never)

    def layers(self, policy: Policy | None = None) -> Layers:
        """The group's policy, or another in its place, in the layer of its kind.

        Resources trust the account, so that only the principal's policies count; an RCP is tested on a resource that
        trusts everyone. Boundaries, SCPs and RCPs only limit, so the principal then has a policy that allows
        everything.
        """
        compiled = compile_policy(policy or self.policy)
        everything = (_everything(),)
        resource = (trusting(self.account, self.partition),)
        policies = (compiled, *everything) if self.allow_all else (compiled,)
        match self.policy.kind:
            case Kind.BOUNDARY:
                return Layers(everything, boundary=compiled, resource=resource)
            case Kind.SCP:
                return Layers(everything, scps=(policies,), resource=resource)
            case Kind.RCP:
                return Layers(everything, rcps=((compiled,),), resource=(_trusting_everyone(),))
            case Kind.RESOURCE | Kind.TRUST:
                return Layers(everything if self.allow_all else (), resource=(compiled,))
        return Layers(policies, resource=resource)

    def unaided(self, policy: Policy | None = None) -> Layers:
        """The layers for questions about everyone, without the policy that trusts the account and its root user."""
        layers = self.layers(policy)
        return layers if self.policy.kind in (Kind.RESOURCE, Kind.TRUST) else replace(layers, resource=None)


@cache
def _everything() -> CompiledPolicy:
    return allow_all()


@cache
def _trusting_everyone() -> CompiledPolicy:
    """A resource policy that lets everyone in, to evaluate policies that only limit."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}, Kind.RESOURCE))
