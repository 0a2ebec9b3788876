"""The decision on a request by all policies that apply to it.

Source: IAM User Guide, "Policy evaluation logic" (2026-11).
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import product, starmap
from types import MappingProxyType
from typing import NamedTuple

from policygen.evaluate import ambiguous, service_rules
from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement
from policygen.evaluate.layers import Layers
from policygen.evaluate.principal import Naming, PrincipalType
from policygen.evaluate.request import Request


class Outcome(StrEnum):
    """The result of evaluating a request."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit-deny"
    IMPLICIT_DENY = "implicit-deny"
    UNKNOWN = "unknown"


class Decision(NamedTuple):
    """The outcome of a request, and why."""

    outcome: Outcome
    statements: tuple[CompiledStatement, ...]
    """The deciding statements: every matching Deny, or else every Allow that counts; none for an implicit deny."""
    reason: str
    """What decided, which layer did not allow the request, or what is not known."""
    request: Request
    layers: Layers

    @property
    def missing_context(self) -> tuple[str, ...]:
        """The result of `missing_context`."""
        return missing_context(self.request, self.layers)

    @property
    def assumed(self) -> str:
        """What the outcome assumes without being told, as a sentence; "" if nothing."""
        account = self.request.principal.account
        known = self.request.resource_account or self.layers.resource or not account
        if self.outcome is not Outcome.ALLOW or known:
            return ""
        return (
            f"the resource is assumed to belong to account {account}, because its ARN does not name one; "
            f"name the owner if that is wrong {_SAY}"
        )


class _Doubt(NamedTuple):
    """A statement for which AWS's documentation leaves open whether it matches."""

    statement: CompiledStatement
    reason: str
    general: bool = False
    """Whether it is about AWS, not about the statement, so that it is the same for all policies."""


class _Reading(NamedTuple):
    """One set of assumptions about everything that is in doubt."""

    allows: bool = False
    """Whether the Allows in doubt match."""
    denies: bool = False
    """Whether the Denies in doubt match."""
    own: bool = True
    """Whether a resource of an unknown owner belongs to the principal's account."""
    refused: bool = False
    """Whether AWS itself denies the request, if it might."""
    general: bool = False
    """Whether statements apply about which AWS's documentation leaves that open in general."""

    def applies(self, doubt: _Doubt) -> bool:
        """Whether a statement in doubt matches."""
        if doubt.general:
            return self.general
        return self.allows if doubt.statement.allows else self.denies


_ORDER = ((False, True), (False, True), (True, False), (False, True), (False, True))
_READINGS = tuple(starmap(_Reading, product(*_ORDER)))
_Named = tuple[Naming, Sequence[CompiledStatement]]
"""The most direct way in which matching Allows of the resource's policies name the principal, and these Allows."""
_Verdict = tuple[Outcome, Iterable[CompiledStatement], str]
Matched = Mapping[int, Sequence[CompiledStatement]]
"""The `id` of a policy → the statements of it that are taken to match."""
_WHO = "AWS's documentation leaves open whether the `NotPrincipal` or the canonical user matches this principal"
_PROVIDERS = "AWS's documentation leaves open whether `*` in a trust policy includes identity providers"
_SAY = "(`--resource-account`, `resource_account`)"
_OWNER = f"the decision depends on which account owns the resource, and the ARN does not name it; name the owner {_SAY}"
_WITHOUT_POLICIES = (PrincipalType.SERVICE, PrincipalType.ANONYMOUS, PrincipalType.FEDERATED)
"""Callers that have no identity policies, boundary or session policy."""
_WITH_BOUNDARY = (PrincipalType.USER, PrincipalType.ROLE)


def decide(request: Request, layers: Layers) -> Decision:
    """The decision on a request. Never raises: if something is not known, the outcome is `unknown` with a reason.

    What AWS's documentation or the question leaves open is read in every way; all must lead to the same outcome.
    """
    uncontrolled = service_rules.uncontrolled(request)
    if uncontrolled:
        return Decision(Outcome.ALLOW, (), uncontrolled, request, layers)
    doubts: list[_Doubt] = []
    decision = _decide(request, layers, _READINGS[0], doubts)
    if decision.outcome is Outcome.EXPLICIT_DENY:
        return decision
    perhaps = service_rules.perhaps_out_of_reach(request) if decision.outcome is Outcome.ALLOW else ""
    no_owner = bool(layers.resource) and not request.resource_account
    if not (doubts or perhaps or no_owner):
        return decision
    for reading in _readings(doubts, no_owner, perhaps):
        if _decide(request, layers, reading, []).outcome is not decision.outcome:
            differing = [doubt for doubt in doubts if reading.applies(doubt)]
            statements = tuple(doubt.statement for doubt in differing[:1])
            reason = differing[0].reason if differing else perhaps if reading.refused else _OWNER
            return Decision(Outcome.UNKNOWN, statements, reason, request, layers)
    return decision


def outcome_if(request: Request, layers: Layers, matched: Matched, *, generous: bool, general: bool = False) -> Outcome:
    """The outcome of a request if just these statements matched; policies that are not in `matched` match as usual.

    Statements in doubt are read in favour of the request if `generous`, and against it otherwise; `general` says
    whether those apply about which AWS's documentation leaves that open in general.
    """
    reading = _Reading(allows=generous, denies=not generous, general=general)
    return _decide(request, layers, reading, [], matched).outcome


def _readings(doubts: Sequence[_Doubt], no_owner: bool, perhaps: str) -> list[_Reading]:
    """The other readings of what is in doubt, those with the fewest changes first."""
    effects = {doubt.statement.allows for doubt in doubts if not doubt.general}
    general = any(doubt.general for doubt in doubts)
    return [
        reading
        for reading in sorted(_READINGS[1:], key=lambda r: r.allows + r.denies + r.refused + r.general + (not r.own))
        if reading.allows <= (True in effects) and reading.denies <= (False in effects) and reading.general <= general
        if (reading.own or no_owner) and reading.refused <= bool(perhaps)
    ]


def _decide(
    request: Request, layers: Layers, reading: _Reading, doubts: list[_Doubt], matched: Matched = MappingProxyType({})
) -> Decision:
    """The decision under one reading; the doubts that it had to resolve are added to `doubts`."""
    found = _Scan(request, layers, reading, [], doubts, matched)
    own = request.principal.type not in _WITHOUT_POLICIES
    identity = found.allows(layers.identity) if own else []
    capped: dict[Naming, str] = {}
    blocked = ""
    named: _Named = (Naming.NOT, ())
    if not layers.identity_alone:
        capped = _capped(found) if own else {}
        blocked = _organization(found)
        named = found.naming_allows(layers.resource or ())
    if found.denies:
        return Decision(Outcome.EXPLICIT_DENY, tuple(found.denies), "a statement denies it", request, layers)
    if layers.unknown:
        return Decision(Outcome.UNKNOWN, (), layers.unknown[0], request, layers)
    blocked = service_rules.out_of_reach(request) or blocked
    if reading.refused:
        blocked = blocked or service_rules.perhaps_out_of_reach(request)
    if blocked:
        return Decision(Outcome.IMPLICIT_DENY, (), blocked, request, layers)
    outcome, statements, reason = _granted(found, identity, capped, named)
    return Decision(outcome, tuple(statements), reason, request, layers)


def missing_context(request: Request, layers: Layers) -> tuple[str, ...]:
    """The condition keys, as written, that statements about the action read and that the request leaves open."""
    found: dict[str, str] = {}
    for _, policy in layers.named():
        for entry in policy.entries(request.service):
            if entry.matches(request):
                for key in entry.statement.keys(request):
                    found.setdefault(key.lower(), key)
    return tuple(key for low, key in found.items() if low not in request.context and low not in request.absent)


class _Scan(NamedTuple):
    """The statements that match a request under a reading."""

    request: Request
    layers: Layers
    reading: _Reading
    denies: list[CompiledStatement]
    """The matching Denies of all policies scanned so far."""
    doubts: list[_Doubt]
    """The doubts that the reading resolved so far."""
    matched: Matched

    def allows(self, policies: Iterable[CompiledPolicy]) -> list[CompiledStatement]:
        """The matching Allows; the matching Denies are added to `denies`."""
        allows: list[CompiledStatement] = []
        for policy in policies:
            for statement in self._matching(policy):
                (allows if statement.allows else self.denies).append(statement)
        return allows

    def naming_allows(self, policies: Iterable[CompiledPolicy], unlimited: str = "") -> _Named:
        """The Allows that match and name the principal; `unlimited` says why a Deny may not apply."""
        best, allows = Naming.NOT, []
        for policy in policies:
            for statement in self._matching(policy):
                naming, doubt = self._naming(statement)
                doubt = doubt or (unlimited if naming and not statement.allows else "")
                if doubt:
                    general = doubt in (unlimited, _PROVIDERS)
                    matches = self.doubtful(_Doubt(statement, doubt, general))
                    naming = (naming or Naming.EVERYONE) if matches else Naming.NOT
                if naming and not statement.allows:
                    self.denies.append(statement)
                elif naming:
                    best = max(best, naming)
                    allows.append(statement)
        return best, allows

    def doubtful(self, doubt: _Doubt) -> bool:
        """Whether a statement in doubt matches under this reading."""
        self.doubts.append(doubt)
        return self.reading.applies(doubt)

    def _matching(self, policy: CompiledPolicy) -> Sequence[CompiledStatement]:
        if self.matched and id(policy) in self.matched:
            return self.matched[id(policy)]
        sure = policy.matching(self.request)
        if not policy.any_ambiguous:
            return sure
        return sure + [s for s in policy.ambiguous(self.request) if self.doubtful(_Doubt(s, ambiguous.REASON))]

    def _naming(self, statement: CompiledStatement) -> tuple[Naming | None, str]:
        """How a statement of a resource policy names the principal, and why that is in doubt ("" if it is not)."""
        principal = self.request.principal
        naming = statement.naming(principal) if statement.naming else None
        if "NotPrincipal" in statement.statement.body and self.layers.boundary and not statement.allows:
            # IAM User Guide, "Permissions boundaries for IAM entities": denies whatever it lists
            if principal.type in _WITH_BOUNDARY:
                return Naming.EVERYONE, ""
            if principal.type is PrincipalType.FEDERATED_USER:
                return naming, "" if naming else _WHO
        if vouched := service_rules.needs_provider(self.request):
            if naming is Naming.EVERYONE and not statement.allows:
                return naming, ""
            sure = not statement.names_providers and naming is not Naming.EVERYONE
            return (Naming.NOT, "") if sure else (naming, vouched)
        if naming is Naming.EVERYONE and statement.allows and principal.type is PrincipalType.FEDERATED:
            return naming, _PROVIDERS
        return naming, _WHO if naming is None else ""


def _capped(found: _Scan) -> dict[Naming, str]:
    """Why the boundary or session policy does not allow the request, by the most direct naming that it still limits."""
    caps: dict[Naming, str] = {}
    layers = found.layers
    root = found.request.principal.type is PrincipalType.ROOT  # who cannot have a boundary
    boundary = root or not layers.boundary or found.allows((layers.boundary,))
    session = not layers.session or found.allows((layers.session,))
    if not boundary:
        caps[Naming.ROLE] = "the permissions boundary does not allow it"
    if not session:
        caps[Naming.EVERYONE] = "the session policy does not allow it"
    return caps


def _organization(found: _Scan) -> str:
    """Which level of SCPs does not allow the request, "" if all do; the Denies of RCPs are added to `found`."""
    request, layers = found.request, found.layers
    if layers.rcps and not service_rules.outside_organization_policies(request.principal, "rcp"):
        unlimited = service_rules.not_limited_by_rcps(request)
        for level in layers.rcps:
            found.naming_allows(level, unlimited)
    if not layers.scps or service_rules.outside_organization_policies(request.principal, "scp"):
        return ""
    allowed = [bool(found.allows(level)) for level in layers.scps]
    return "" if all(allowed) else f"no SCP of level {allowed.index(False) + 1} allows it"


def _granted(found: _Scan, identity: list[CompiledStatement], capped: dict[Naming, str], named: _Named) -> _Verdict:
    """The verdict if nothing denies the request and the organization allows it."""
    request, layers = found.request, found.layers
    naming, allows = named
    who = request.principal.type
    if who in _WITHOUT_POLICIES or service_rules.needs_provider(request):
        if layers.resource is None:
            return Outcome.UNKNOWN, (), "only a resource policy can allow it, and none is given"
        return _allowed(allows) if naming else _denied("no resource policy allows it")
    own = bool(identity) or who is PrincipalType.ROOT
    refusal = next(iter(capped.values()), "" if own else "no identity policy allows it")
    owner = request.resource_account or (request.principal.account if found.reading.own else "")
    if owner != request.principal.account:
        needed = f"a policy of the resource, which belongs to account {owner}," if owner else "a resource policy"
    else:
        if naming > max(capped, default=Naming.ACCOUNT):
            return _allowed(allows if refusal else [*identity, *allows])
        needed = service_rules.resource_policy_required(request)
    if refusal:
        return _denied(refusal)
    if not needed:
        return _allowed(identity) if identity else (Outcome.ALLOW, (), "the root user does not need a policy")
    if naming:
        return _allowed([*identity, *allows])
    if layers.resource is None:
        return Outcome.UNKNOWN, identity, f"{needed} must allow it too, and is not given"
    return _denied(f"{needed} does not allow it")


def _allowed(statements: Iterable[CompiledStatement]) -> _Verdict:
    return Outcome.ALLOW, statements, "a statement allows it, and none denies it"


def _denied(reason: str) -> _Verdict:
    return Outcome.IMPLICIT_DENY, (), reason
