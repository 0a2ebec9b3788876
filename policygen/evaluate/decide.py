"""The decision: what all the policies that have a say make of one request.

Source: IAM User Guide, "Policy evaluation logic" (2026-11).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from policygen.evaluate import specials
from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement, compile_policy
from policygen.evaluate.principal import Naming, PrincipalType
from policygen.evaluate.request import Request
from policygen.policy.model import Kind, Policy

Policies = tuple[CompiledPolicy, ...]


class Outcome(str, Enum):
    """What comes of a request."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit-deny"
    IMPLICIT_DENY = "implicit-deny"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The policies that have a say, by what they do. What is not there is None or empty."""

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
    refused: tuple[str, ...] = field(init=False)
    """Why IAM would not take one of the policies."""
    identity_alone: bool = field(init=False)
    """Whether no other layer has a say."""

    def __post_init__(self) -> None:
        refused = tuple(reason for policy in self.all() for reason in policy.refused)
        object.__setattr__(self, "refused", refused)
        others = (self.boundary, self.session, self.resource)
        object.__setattr__(self, "identity_alone", others == (None, None, None) and not self.scps and not self.rcps)

    def all(self) -> Iterable[CompiledPolicy]:
        """Every policy, layer by layer."""
        yield from self.identity
        yield from (policy for policy in (self.boundary, self.session) if policy)
        for level in (*self.scps, *self.rcps):
            yield from level
        yield from self.resource or ()


class Decision(NamedTuple):
    """What comes of a request, and what made it so."""

    outcome: Outcome
    statements: tuple[CompiledStatement, ...]
    """Those that decide: every Deny that matches, or else every Allow that counted; none for an implicit deny."""
    reason: str
    """One sentence's worth: what decided, or which layer did not allow."""
    request: Request
    layers: Layers

    @property
    def missing_context(self) -> tuple[str, ...]:
        """The condition keys that the policies look at for this action and that the request leaves open, in order."""
        return missing_context(self.request, self.layers)


def decide(request: Request, layers: Layers) -> Decision:
    """The decision on a request. Raises nothing: what is not known is `unknown`, with the reason."""
    reason = specials.uncontrolled(request)
    if reason:
        return Decision(Outcome.ALLOW, (), reason, request, layers)
    denies: list[CompiledStatement] = []
    identity = _scan(layers.identity, request, denies)
    named = _NOTHING
    blocked = ""
    if not layers.identity_alone:
        blocked = _organization(request, layers, denies)
        named = _scan_resource(layers.resource or (), request, denies)
    capped = _capped(request, layers, denies)
    if denies:
        return Decision(Outcome.EXPLICIT_DENY, tuple(denies), "a statement denies it", request, layers)
    if layers.refused:
        return Decision(Outcome.UNKNOWN, (), f"IAM would refuse {layers.refused[0]}", request, layers)
    blocked = specials.out_of_reach(request) or blocked
    if blocked:
        return Decision(Outcome.IMPLICIT_DENY, (), blocked, request, layers)
    outcome, statements, reason = _granted(request, layers, identity, capped, named)
    if named.doubtful and not (outcome is Outcome.ALLOW and all(s.allows for s in named.doubtful)):
        return Decision(Outcome.UNKNOWN, tuple(named.doubtful), _DOUBTFUL, request, layers)
    return Decision(outcome, tuple(statements), reason, request, layers)


def missing_context(request: Request, layers: Layers) -> tuple[str, ...]:
    """The condition keys that statements about the action look at and that the request leaves open, as written."""
    found: dict[str, str] = {}
    for policy in layers.all():
        for entry in policy.entries(request.service):
            if entry.matches(request.name):
                for key in entry.statement.keys(request):
                    found.setdefault(key.lower(), key)
    return tuple(key for low, key in found.items() if low not in request.context and low not in request.absent)


def trusting(account: str, partition: str = "aws") -> CompiledPolicy:
    """A policy of a resource that leaves every decision to the policies of an account's own principals."""
    allow = {"Effect": "Allow", "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"}, "Action": "*"}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}, Kind.RESOURCE))


class _Named(NamedTuple):
    """What the policies of the resource say: the matching Allows by how directly they name the principal."""

    naming: Naming
    allows: list[CompiledStatement]
    doubtful: list[CompiledStatement]


_NOTHING = _Named(Naming.NOT, [], [])
_DOUBTFUL = "IAM's documentation leaves open whether the `NotPrincipal` or the canonical user is this principal"
_Verdict = tuple[Outcome, Iterable[CompiledStatement], str]


def _scan(policies: Policies, request: Request, denies: list[CompiledStatement]) -> list[CompiledStatement]:
    """The Allows that match; the Denies that match go to `denies`."""
    allows: list[CompiledStatement] = []
    for policy in policies:
        for statement in policy.matching(request):
            (allows if statement.allows else denies).append(statement)
    return allows


def _scan_resource(policies: Policies, request: Request, denies: list[CompiledStatement]) -> _Named:
    named = _Named(Naming.NOT, [], [])
    for policy in policies:
        for statement in policy.matching(request):
            naming = statement.naming(request.principal) if statement.naming else None
            if naming is None:
                named.doubtful.append(statement)
            elif naming and not statement.allows:
                denies.append(statement)
            elif naming:
                named = named._replace(naming=max(naming, named.naming))
                named.allows.append(statement)
    return named


def _organization(request: Request, layers: Layers, denies: list[CompiledStatement]) -> str:
    """Which level of the organization's policies does not allow the request, "" if all do."""
    if not (layers.scps or layers.rcps) or specials.outside_organization_policies(request.principal):
        return ""
    for level in layers.rcps:
        _scan_resource(level, request, denies)
    allowed = [bool(_scan(level, request, denies)) for level in layers.scps]
    return "" if all(allowed) else f"no SCP of level {allowed.index(False) + 1} allows it"


def _capped(request: Request, layers: Layers, denies: list[CompiledStatement]) -> str:
    """Which of the policies that only limit does not allow the request, "" if all do."""
    boundary = not layers.boundary or _scan((layers.boundary,), request, denies)
    session = not layers.session or _scan((layers.session,), request, denies)
    if not boundary and request.principal.type is not PrincipalType.ROOT:
        return "the permissions boundary does not allow it"
    return "" if session else "the session policy does not allow it"


def _granted(
    request: Request, layers: Layers, identity: list[CompiledStatement], capped: str, named: _Named
) -> _Verdict:
    """The verdict where nothing denies and no SCP is in the way."""
    who = request.principal.type
    if who in (PrincipalType.SERVICE, PrincipalType.ANONYMOUS):
        return _allowed(named.allows) if named.naming else _denied("no policy of the resource allows it")
    own = bool(identity) or who is PrincipalType.ROOT
    refusal = capped or ("" if own else "no identity policy allows it")
    if not request.crosses_accounts:
        if named.naming is Naming.DIRECTLY or (named.naming is Naming.ROLE and not capped):
            return _allowed([*named.allows, *([] if refusal else identity)])
        needed = specials.resource_policy_required(request)
    else:
        needed = f"a policy of the resource, which belongs to account {request.resource_account},"
    if refusal:
        return _denied(refusal)
    if not needed:
        return _allowed(identity) if identity else (Outcome.ALLOW, (), "the root user needs no policy")
    if named.naming:
        return _allowed([*identity, *named.allows])
    if layers.resource is None:
        return Outcome.UNKNOWN, identity, f"{needed} must allow it too, and is not given"
    return _denied(f"{needed} does not allow it")


def _allowed(statements: Iterable[CompiledStatement]) -> _Verdict:
    return Outcome.ALLOW, statements, "a statement allows it, and none denies it"


def _denied(reason: str) -> _Verdict:
    return Outcome.IMPLICIT_DENY, (), reason
