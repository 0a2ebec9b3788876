"""The decision: what all the policies that have a say make of one request.

Source: IAM User Guide, "Policy evaluation logic" (2026-11).
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from policygen.evaluate import specials
from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement
from policygen.evaluate.layers import Layers
from policygen.evaluate.principal import Naming, PrincipalType
from policygen.evaluate.request import Request


class Outcome(str, Enum):
    """What comes of a request."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit-deny"
    IMPLICIT_DENY = "implicit-deny"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value


class Decision(NamedTuple):
    """What comes of a request, and what made it so."""

    outcome: Outcome
    statements: tuple[CompiledStatement, ...]
    """Those that decide: every Deny that matches, or else every Allow that counts; none for an implicit deny."""
    reason: str
    """What decided, which layer did not allow, or what is not known."""
    request: Request
    layers: Layers

    @property
    def missing_context(self) -> tuple[str, ...]:
        """The condition keys that the policies look at for this action and that the request leaves open, as written."""
        return missing_context(self.request, self.layers)


class _Doubt(NamedTuple):
    """A statement that matches if it is about the request at all, which AWS's documentation leaves open."""

    statement: CompiledStatement
    reason: str


_Named = tuple[Naming, Sequence[CompiledStatement]]
"""The most direct way in which a matching Allow of the resource's policies names the principal, and those Allows."""
_Verdict = tuple[Outcome, Iterable[CompiledStatement], str]
_WHO = "AWS's documentation leaves open whether the `NotPrincipal` or the canonical user is this principal"


def decide(request: Request, layers: Layers) -> Decision:
    """The decision on a request. Raises nothing: what is not known is `unknown`, with the reason."""
    uncontrolled = specials.uncontrolled(request)
    if uncontrolled:
        return Decision(Outcome.ALLOW, (), uncontrolled, request, layers)
    denies: list[CompiledStatement] = []
    doubts: list[_Doubt] = []
    identity = _scan(layers.identity, request, denies)
    capped: dict[Naming, str] = {}
    blocked = ""
    named: _Named = (Naming.NOT, ())
    if not layers.identity_alone:
        capped = _capped(request, layers, denies)
        blocked = _organization(request, layers, denies, doubts)
        named = _scan_resource(layers.resource or (), request, denies, doubts)
    if denies:
        return Decision(Outcome.EXPLICIT_DENY, tuple(denies), "a statement denies it", request, layers)
    if layers.unknown:
        return Decision(Outcome.UNKNOWN, (), layers.unknown[0], request, layers)
    blocked = specials.out_of_reach(request) or blocked
    if blocked:
        return Decision(Outcome.IMPLICIT_DENY, (), blocked, request, layers)
    outcome, statements, reason = _granted(request, layers, identity, capped, named)
    for doubt in doubts:
        if not (doubt.statement.allows and outcome is Outcome.ALLOW):
            return Decision(Outcome.UNKNOWN, (doubt.statement,), doubt.reason, request, layers)
    return Decision(outcome, tuple(statements), reason, request, layers)


def missing_context(request: Request, layers: Layers) -> tuple[str, ...]:
    """The condition keys that statements about the action look at and that the request leaves open, as written."""
    found: dict[str, str] = {}
    for _, policy in layers.named():
        for entry in policy.entries(request.service):
            if entry.matches(request):
                for key in entry.statement.keys(request):
                    found.setdefault(key.lower(), key)
    return tuple(key for low, key in found.items() if low not in request.context and low not in request.absent)


def _scan(
    policies: Iterable[CompiledPolicy], request: Request, denies: list[CompiledStatement]
) -> list[CompiledStatement]:
    """The Allows that match; the Denies that match go to `denies`."""
    allows: list[CompiledStatement] = []
    for policy in policies:
        for statement in policy.matching(request):
            (allows if statement.allows else denies).append(statement)
    return allows


def _scan_resource(
    policies: Iterable[CompiledPolicy], request: Request, denies: list[CompiledStatement], doubts: list[_Doubt]
) -> _Named:
    best, allows = Naming.NOT, []
    for policy in policies:
        for statement in policy.matching(request):
            naming = statement.naming(request.principal) if statement.naming else None
            if naming is None:
                doubts.append(_Doubt(statement, _WHO))
            elif naming and not statement.allows:
                denies.append(statement)
            elif naming:
                best = max(best, naming)
                allows.append(statement)
    return best, allows


def _capped(request: Request, layers: Layers, denies: list[CompiledStatement]) -> dict[Naming, str]:
    """The policies that only limit and do not allow the request, by the directest naming that they still limit."""
    caps: dict[Naming, str] = {}
    boundary = not layers.boundary or _scan((layers.boundary,), request, denies)
    session = not layers.session or _scan((layers.session,), request, denies)
    if not boundary and request.principal.type is not PrincipalType.ROOT:
        caps[Naming.ROLE] = "the permissions boundary does not allow it"
    if not session:
        caps[Naming.EVERYONE] = "the session policy does not allow it"
    return caps


def _organization(request: Request, layers: Layers, denies: list[CompiledStatement], doubts: list[_Doubt]) -> str:
    """Which level of the organization's policies does not allow the request, "" if all do."""
    if not (layers.scps or layers.rcps) or specials.outside_organization_policies(request.principal):
        return ""
    unlimited = specials.not_limited_by_rcps(request)
    for level in layers.rcps:
        denied: list[CompiledStatement] = []
        _scan_resource(level, request, denied, doubts)
        if unlimited:
            doubts += [_Doubt(statement, unlimited) for statement in denied]
        else:
            denies += denied
    allowed = [bool(_scan(level, request, denies)) for level in layers.scps]
    return "" if all(allowed) else f"no SCP of level {allowed.index(False) + 1} allows it"


def _granted(
    request: Request, layers: Layers, identity: list[CompiledStatement], capped: dict[Naming, str], named: _Named
) -> _Verdict:
    """The verdict where nothing denies and the organization allows."""
    naming, allows = named
    who = request.principal.type
    if who in (PrincipalType.SERVICE, PrincipalType.ANONYMOUS):
        return _allowed(allows) if naming else _denied("no policy of the resource allows it")
    own = bool(identity) or who is PrincipalType.ROOT
    refusal = next(iter(capped.values()), "" if own else "no identity policy allows it")
    if request.crosses_accounts:
        needed = f"a policy of the resource, which belongs to account {request.resource_account},"
    else:
        if naming > max(capped, default=Naming.ACCOUNT):
            return _allowed(allows if refusal else [*identity, *allows])
        needed = specials.resource_policy_required(request)
    if refusal:
        return _denied(refusal)
    if not needed:
        return _allowed(identity) if identity else (Outcome.ALLOW, (), "the root user needs no policy")
    if naming:
        return _allowed([*identity, *allows])
    if layers.resource is None:
        return Outcome.UNKNOWN, identity, f"{needed} must allow it too, and is not given"
    return _denied(f"{needed} does not allow it")


def _allowed(statements: Iterable[CompiledStatement]) -> _Verdict:
    return Outcome.ALLOW, statements, "a statement allows it, and none denies it"


def _denied(reason: str) -> _Verdict:
    return Outcome.IMPLICIT_DENY, (), reason
