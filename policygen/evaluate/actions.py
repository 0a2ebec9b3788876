"""All actions that policies can distinguish: those in AWS's data, those that a policy names, and unlisted ones.

AWS adds actions and services all the time, and IAM accepts policies about them at once. So a name in a policy is an
action whether the data lists it or not, and for each set of patterns there is an action that the data does not list.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple

from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement
from policygen.evaluate.layers import Layers
from policygen.evaluate.match import Pattern, text_pattern
from policygen.evaluate.representatives import is_action, names
from policygen.evaluate.values import filled
from policygen.policy.pattern import is_wild
from policygen.reference.services import Action, actions, find_action, services

Policies = Sequence[CompiledPolicy]
Meaning = Callable[[CompiledStatement], Hashable]


class Named(NamedTuple):
    """One action."""

    name: str
    """The name with its service, as AWS or a policy writes it."""
    listed: Action | None
    """Its entry in AWS's data; None if the data does not list it."""


def by_service(old: Layers, new: Layers, meaning: Meaning, only: Sequence[str] = ()) -> Iterator[Iterator[Named]]:
    """The actions of each service, or of `only` some, that the two sides have different statements about.

    The services that no policy names come last. Each iterator raises TooManyError if a service has too many patterns.
    """
    every = list({id(policy): policy for side in (old, new) for _, policy in side.named()}.values())
    named = only or sorted({service for policy in every for service in policy.services})
    spelled = _spelled(every)
    for service in named:
        if _says(old, service, meaning) != _says(new, service, meaning):
            yield _of_service(every, service, spelled)
    if not only and _says(old, "", meaning) != _says(new, "", meaning):
        yield from _of_others(every, frozenset(named))


def _says(layers: Layers, service: str, meaning: Meaning) -> tuple[frozenset[str], set[Hashable]]:
    """The limits, and the statements about a service with their layers."""
    return layers.limits, {
        (layer, meaning(statement), frozenset(patterns), negated)
        for layer, policy in layers.named()
        for statement, patterns, negated in policy.action_patterns(service)
    }


def _of_service(policies: Policies, service: str, spelled: Mapping[str, str]) -> Iterator[Named]:
    known = actions(service)
    for action in known.values():
        yield Named(str(action), action)
    for low, name in spelled.items():
        prefix, _, rest = low.partition(":")
        if prefix == service and rest not in known:
            yield Named(name, None)

    def taken(name: str) -> str:
        return name if name in spelled or name.partition(":")[2] in known else ""

    for name in _unlisted(_patterns(policies, service), f"{service}:", taken)[0].values():
        yield Named(name, None)


def _of_others(policies: Policies, named: frozenset[str]) -> Iterator[Iterator[Named]]:
    """Actions of services that no policy names: a few well-known ones, and unlisted ones.

    The listed ones, service by service, only if some set of patterns matches one of them and no other action.
    """

    def taken(name: str) -> str:
        service, _, rest = name.partition(":")
        return f"{service}:*" if service in named else name if rest in actions(service) else ""

    def known() -> Iterator[Named]:
        first = (find_action(name) for name in ("s3:GetObject", "ec2:RunInstances", "sqs:SendMessage"))
        yield from (Named(str(action), action) for action in first if action and action.service not in named)
        yield from (Named(name, None) for name in unlisted.values())

    unlisted, only_listed = _unlisted(_patterns(policies, ""), "", taken)
    yield known()
    if only_listed:
        for service in sorted(services().keys() - named):
            yield (Named(str(action), action) for action in actions(service).values())


def _unlisted(patterns: Sequence[Pattern], start: str, taken: Callable[[str], str]) -> tuple[dict[int, str], set[int]]:
    """An unlisted action for each set of patterns (as bits) that one can match; the sets that only listed ones match.

    `taken` gives "" for an unlisted name, a listed name itself, and a pattern of the names to avoid for others.
    """
    seeds = [filled(_text(pattern)).replace("example", "something") for pattern in patterns]
    out: dict[str, Pattern] = {}
    listed: set[int] = set()
    while True:
        found = names([*patterns, *out.values()], start, seeds)
        others = {mask: name for mask, name in found.items() if not mask >> len(patterns)}
        not_new = {mask: what for mask, name in others.items() if (what := taken(name))}
        if not not_new:
            return others, listed - others.keys()
        listed |= {mask for mask, what in not_new.items() if what == others[mask]}
        out |= {what: text_pattern(what, variables=False) for what in not_new.values()}


def _patterns(policies: Policies, service: str) -> list[Pattern]:
    found = [
        pattern for policy in policies for _, patterns, _ in policy.action_patterns(service) for pattern in patterns
    ]
    return list(dict.fromkeys(pattern for pattern in found if is_wild(_text(pattern))))


def _text(pattern: Pattern) -> str:
    return "".join(token if isinstance(token, str) else str(getattr(token, "value", "")) for token in pattern[0].tokens)


def _spelled(policies: Policies) -> dict[str, str]:
    """Lower-case name → name as written, for the actions that policies name without wildcards."""
    entries = (
        entry.value
        for policy in policies
        for compiled in policy.statements
        for entry in (*compiled.statement.actions, *compiled.statement.not_actions)
    )
    return {low: entry for entry in entries if is_action(low := entry.lower())}
