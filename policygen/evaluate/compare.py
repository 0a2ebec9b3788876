"""Compare two stacks of policies: does the new one allow more, or decide anything differently?

Requests fall into finitely many classes, and one request of each is enough. If policy variables or too many patterns
make it impossible to write down a request of a class, the search continues over what such a request *might* match: if
even that shows no difference, there is none; otherwise the verdict is `unknown`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from itertools import chain
from typing import NamedTuple

from policygen.evaluate.at_home import at_home
from policygen.evaluate.compiled import CompiledPolicy, compile_policy
from policygen.evaluate.decide import Outcome
from policygen.evaluate.layers import Layers
from policygen.evaluate.named_in_part import named_in_part
from policygen.evaluate.principal import Principal
from policygen.evaluate.reading import Reading, incomparable, plain, readings
from policygen.evaluate.request import Request
from policygen.evaluate.search import Difference, Search
from policygen.evaluate.strangers import strangers
from policygen.evaluate.tokens import admits_no_stranger, is_for_anyones_tokens, providers, strangers_tokens
from policygen.evaluate.walk import Shown
from policygen.policy.model import Kind, Policy


class Verdict(StrEnum):
    """The result of a comparison."""

    NONE = "none"
    FOUND = "found"
    UNKNOWN = "unknown"


class Comparison(NamedTuple):
    """A verdict, with the decisions of both sides on a request that shows it."""

    verdict: Verdict
    shown: Shown | None = None
    """If the verdict is unknown, a request that is decided differently but not listed in AWS's data."""
    reason: str = ""
    """Why the verdict is unknown."""
    kind: Kind | None = None
    """The kind of the policies; None if they are of several kinds."""
    note: str = ""
    """What the policies were compared on top of, "" if nothing was added."""
    on_allow_all: bool = False
    """Whether a policy that allows everything was added."""
    actions: tuple[str, ...] = ()
    """The actions that the verdict is about: all that the same statements and resource types decide."""

    @property
    def witness(self) -> Request | None:
        """The request that shows the difference."""
        return self.shown[0].request if self.shown else None


def new_access(old: Layers, new: Layers, *, principal: Principal | None = None) -> Comparison:
    """Whether the new stack allows a request that the old one does not; with `principal`, a request of that one.

    Stacks that only limit are compared on top of policies that allow everything; `note` says so.
    """
    found = [] if _identical(old, new) else readings(old, new)
    return _first(found, _kind(old, new), principal)


def differences(old: Layers, new: Layers, *, principal: Principal | None = None) -> Iterator[Comparison]:
    """Each set of actions of which the new stack allows more, or may, as they are found.

    A set has the same statements and resource types on both sides, so one request shows the difference for all of it.
    """
    if not _identical(old, new):
        yield from _more_access(readings(old, new), _kind(old, new), principal)


def _more_access(found: list[Reading] | str, kind: Kind | None, principal: Principal | None) -> Iterator[Comparison]:
    """What is newly allowed under one of the readings, or why the stacks cannot be read."""
    if isinstance(found, str):
        yield Comparison(Verdict.UNKNOWN, reason=found, kind=kind)
        return
    seen: set[tuple[Verdict, tuple[str, ...]]] = set()
    for reading in found:
        for difference_ in Search(reading, _allows_more, only_more=True, principal=principal).run():
            result = _result(difference_, reading)._replace(kind=kind)
            if (result.verdict, result.actions) not in seen:
                seen.add((result.verdict, result.actions))
                yield result


def granted(
    layers: Layers,
    actions: Sequence[str],
    resources: Sequence[str] = ("*",),
    *,
    principal: Principal | None = None,
) -> Comparison:
    """Whether a request for any of the actions on any of the resources can be allowed.

    Actions and resources may have wildcards. With `principal`, only requests of that one count.
    """
    found = readings(layers, layers)
    if not isinstance(found, str):
        only = _only(tuple(actions), tuple(resources))
        found = [_by_resource(reading.only(only)) for reading in found]
    return _first(found, _kind(layers), principal)


def _by_resource(reading: Reading) -> Reading:
    """The reading; what added identity policies allow without the policy of the resource is on both sides."""
    new = reading.sides[1]
    if not (reading.on_allow_all and reading.names_principals and not reading.only_roles):
        return reading
    return replace(reading, sides=(replace(new, resource=()), new))


def public(layers: Layers) -> Comparison:
    """Whether someone can be allowed who is in no account, organization or network that the policies name.

    That is a caller without credentials, someone with an AWS account, or an AWS service that acts for one. Only the
    policies of the resource and RCPs decide: everything else is assumed to be allowed in the account of the stranger.
    """
    if not layers.resource:
        return Comparison(Verdict.UNKNOWN, reason="no policy of a resource is given", kind=_kind(layers))
    resource = Layers((), rcps=layers.rcps, resource=layers.resource, unread=layers.unread)
    found = readings(resource, resource)
    if isinstance(found, str):
        return Comparison(Verdict.UNKNOWN, reason=found, kind=_kind(layers))
    reading = next(reading for reading in found if reading.on_allow_all).only(_only(("*",), ("*",)))
    policies = (*layers.resource, *chain.from_iterable(layers.rcps))
    every = list(strangers(policies, signed_only=reading.only_roles))
    search = Search(reading, _allows_more, only_more=True, strangers=every)
    worst = _worst(_result(one, reading) for one in search.run()) or Comparison(Verdict.NONE, note=reading.note)
    if worst.verdict is Verdict.NONE:
        worst = _by_token(reading, layers) or worst
    if worst.verdict is Verdict.NONE and (why := named_in_part(policies, every)):
        worst = Comparison(Verdict.UNKNOWN, reason=why)
    return worst._replace(kind=_kind(layers))


def _by_token(reading: Reading, layers: Layers) -> Comparison | None:
    """What a stranger with an identity provider's token is allowed, or why that is not known; None if nothing."""
    doubt = ""
    for policy, statement in ((one, each) for one in layers.resource or () for each in one.statements if each.allows):
        if statement.names_providers and not providers(statement):
            doubt = doubt or "which identity providers `NotPrincipal` lets in is not looked at"
        elif is_for_anyones_tokens(policy, statement):
            doubt = doubt or "whether `*` lets in the users of identity providers is not documented"
        for provider in providers(statement):
            for request in strangers_tokens(statement, provider):
                shown = reading.decide(request)
                if _allows_more(shown[0].outcome, shown[1].outcome):
                    return Comparison(Verdict.FOUND, shown, note=reading.note, actions=(request.action,))
            if not admits_no_stranger(statement, provider):
                doubt = doubt or f"it is not known who can get a token of `{provider}` that the conditions accept"
    return Comparison(Verdict.UNKNOWN, reason=doubt) if doubt else None


def difference(old: Layers, new: Layers) -> Comparison:
    """Whether the new stack by itself decides any request differently; explicit and implicit denies differ."""
    if why := incomparable(old, new):
        return Comparison(Verdict.UNKNOWN, reason=why)
    reading = plain(old, new)
    search = Search(reading, lambda before, after: before is not after, only_more=False)
    found = (_result(one, reading) for one in search.run())
    return _worst(found) or Comparison(Verdict.NONE)


def _first(found: list[Reading] | str, kind: Kind | None, principal: Principal | None) -> Comparison:
    """The first new access under one of the readings, or else the first doubt."""
    if worst := _worst(_more_access(found, kind, principal)):
        return worst
    known = [reading for reading in found if isinstance(reading, Reading)]
    note = next((reading.note for reading in known), "")
    return Comparison(Verdict.NONE, kind=kind, note=note, on_allow_all=any(reading.on_allow_all for reading in known))


def _worst(found: Iterator[Comparison]) -> Comparison | None:
    unknown: Comparison | None = None
    for result in found:
        if result.verdict is Verdict.FOUND:
            return result
        unknown = unknown or result
    return unknown


def _result(found: Difference, reading: Reading) -> Comparison:
    return Comparison(
        Verdict.UNKNOWN if found.doubt else Verdict.FOUND,
        _closer(found.shown, reading) if found.shown and not found.doubt else found.shown,
        found.doubt,
        note=reading.note,
        on_allow_all=reading.on_allow_all,
        actions=found.actions,
    )


def _closer(shown: Shown, reading: Reading) -> Shown:
    """The decisions on the same request from the resource's own account, if they differ in the same way."""
    moved = at_home(shown[0].request)
    if moved is None:
        return shown
    decisions = reading.decide(moved)
    same = all(one.outcome is other.outcome for one, other in zip(decisions, shown, strict=True))
    return decisions if same else shown


def _allows_more(before: Outcome, after: Outcome) -> bool:
    return after is Outcome.ALLOW and before is not Outcome.ALLOW


def _kind(*sides: Layers) -> Kind | None:
    kinds = {policy.policy.kind for side in sides for _, policy in side.named()}
    return next(iter(kinds)) if len(kinds) == 1 else None


def _identical(old: Layers, new: Layers) -> bool:
    """Whether both stacks have the same documents; parameters that are known only at deployment may differ."""
    sides = [[(layer, policy.policy) for layer, policy in side.named()] for side in (old, new)]
    known = not any(policy.unknown for side in sides for _, policy in side) and not (old.unread or new.unread)
    before, after = ([(layer, policy.document) for layer, policy in side] for side in sides)
    return known and old.limits == new.limits and before == after


@cache
def _only(actions: tuple[str, ...], resources: tuple[str, ...]) -> CompiledPolicy:
    """A policy that denies everything but some actions on some resources."""
    others = [{"NotAction": list(actions), "Resource": "*"}, {"Action": "*", "NotResource": list(resources)}]
    statements = [{"Effect": "Deny", "Principal": "*", **other} for other in others]
    asked = {"Version": "2008-10-17", "Statement": statements}  # without policy variables
    return compile_policy(Policy(asked, Kind.RESOURCE, name="what is asked for"))
