"""What the actions of a statement reach: with which effect, and on everything or only on named resources.

An action reaches everything if the statement's resources fully cover one of its resource types and no condition narrows
that down. Everything in one account is enough, except for mere writes: an entry that names the account or the region is
narrow for them. An action without resource types needs `*`, so it only counts if a wildcard matches it.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache, partial
from typing import NamedTuple

from policygen.access.denies import leaves_out, limits, takes_back
from policygen.access.limiting import narrowed
from policygen.policy.arn import segments
from policygen.policy.model import Element, Kind, Policy, Statement, once_per_policy
from policygen.policy.pattern import is_wild
from policygen.reference.effects import Effect, actions_with, effect_of
from policygen.reference.resources import covered, covered_somewhere, is_everything, touched
from policygen.reference.services import Action, expand, find_action

GRANTING = (Kind.IDENTITY,)
"""The kinds of policies in which an Allow grants something; boundaries, SCPs and RCPs only limit."""

Effects = Mapping[Effect, tuple[str, ...]]
"""Effect → the names of the actions that have it on everything."""

_EVERYTHING = ("*",)
_LISTED = (Effect.PERMISSIONS, Effect.SHARES, Effect.SECRETS, Effect.DELETES)
_OPENING = (Effect.PERMISSIONS, Effect.SHARES)


class _Grade(NamedTuple):
    """What one Action entry reaches."""

    every: Effects
    named: tuple[str, ...] = ()


_NOTHING = _Grade({})


class Reach(NamedTuple):
    """What one Action entry with a wildcard reaches."""

    entry: Element
    every: Effects
    named: tuple[str, ...]
    """The actions that hand out permissions or share, on named resources only."""
    full: bool = False
    """Whether the entry matches every action of every service, on everything."""


class Reached(NamedTuple):
    """What one Allow statement reaches."""

    statement: Statement
    wildcards: list[Reach]
    by_name: Effects
    """What is allowed by name on everything."""


@once_per_policy
def reached(policy: Policy) -> list[Reached]:
    """What each Allow statement reaches, less what the policy denies; statements that reach nothing are left out."""
    result = list(filter(None, map(_reached, policy.statements)))
    for index, found in enumerate(result):
        if found.statement.not_resource_texts:
            result[index] = _without(found, partial(leaves_out, found.statement))
    denies = limits(policy) if result else ()
    if denies:

        @cache
        def taken(name: str) -> bool:
            return any(takes_back(deny, name) for deny in denies)

        result = [_without(found, taken) for found in result]
    return result


def full_access_entries(policy: Policy) -> list[Element]:
    """The Action entries that allow everything on every resource."""
    wildcards = (reach for found in reached(policy) for reach in found.wildcards)
    return [reach.entry for reach in wildcards if reach.full and Effect.PERMISSIONS in reach.every]


def all_actions(pattern: str) -> bool:
    """Whether an Action entry is `*` or `*:*`."""
    return pattern.strip("*") in ("", ":")


def _reached(statement: Statement) -> Reached | None:
    if not statement.allows:
        return None
    resources = statement.resource_texts
    if narrowed(statement.conditions):
        resources = ()
    elif "NotResource" in statement.body or any(map(is_everything, resources)):
        resources = _EVERYTHING
    grades, by_name = _graded_names(statement.action_names, resources)
    if not (grades or by_name):
        return None
    entries = statement.picked("Action", grades) if grades else ()
    wildcards = [
        Reach(entry, *grade, resources is _EVERYTHING and all_actions(entry.value))
        for entry, grade in zip(entries, grades.values(), strict=True)
    ]
    return Reached(statement, wildcards, by_name)


@lru_cache(maxsize=2048)
def _graded_names(names: tuple[str, ...], resources: tuple[str, ...]) -> tuple[dict[int, _Grade], Effects]:
    """The grades of entries with wildcards by index; then what is allowed by name."""
    able = [(index, name) for index, name in enumerate(names) if _can_reach(name)] if resources else []
    wildcards = {index: _grade_on(name, resources) for index, name in able if is_wild(name)}
    by_name = _merged(_grade_on(name, resources).every for _, name in able if not is_wild(name))
    return wildcards, by_name


def _merged(parts: Iterable[Effects]) -> Effects:
    merged: dict[Effect, tuple[str, ...]] = {}
    for part in parts:
        for effect, names in part.items():
            merged[effect] = merged.get(effect, ()) + names
    return merged


def _grade_on(name: str, resources: tuple[str, ...]) -> _Grade:
    return _on_everything(name) if resources == _EVERYTHING else _on_named(name, resources)


@lru_cache(maxsize=25_000)
def _can_reach(name: str) -> bool:
    """Whether an Action entry can reach anything; most are for actions that only read."""
    action = find_action(name)
    return is_wild(name) if action is None else effect_of(action) is not None


@lru_cache(maxsize=25_000)
def _on_everything(pattern: str) -> _Grade:
    if all_actions(pattern):  # the listed actions are enough, and need no service's data
        return _Grade({effect: tuple(actions_with(effect)) for effect in _LISTED})
    if is_wild(pattern):
        return _Grade({effect: tuple(map(str, actions)) for effect, actions in _graded(pattern).items()})
    action = find_action(pattern)
    effect = effect_of(action) if action and action.resource_types else None
    return _Grade({effect: (str(action),)}) if effect else _NOTHING


@lru_cache(maxsize=16384)
def _on_named(pattern: str, resources: tuple[str, ...]) -> _Grade:
    if all_actions(pattern):
        return _of_services(resources)
    every: dict[Effect, tuple[str, ...]] = {}
    named: list[str] = []
    for effect, actions in _graded(pattern).items():
        reaches = _all_covered if effect is Effect.WRITES else _covered_somewhere
        wide = [action for action in actions if reaches(action, resources)]
        if wide:
            every[effect] = tuple(map(str, wide))
        if effect in _OPENING:
            named += [str(a) for a in actions if not reaches(a, resources) and _touches(a, resources)]
    return _Grade(every, tuple(named)) if every or named else _NOTHING


@cache
def _graded(pattern: str) -> Mapping[Effect, list[Action]]:
    """The actions that a pattern matches, by effect."""
    found: dict[Effect, list[Action]] = {}
    for action in expand(pattern):
        effect = effect_of(action)
        if effect:
            found.setdefault(effect, []).append(action)
    return found


def _of_services(resources: tuple[str, ...]) -> _Grade:
    """What `*` reaches on named resources: what `SERVICE:*` does for each of their services."""
    services = {parts[2].lower() for parts in map(segments, resources) if len(parts) == 6}
    grades = [_on_named(f"{service}:*", resources) for service in sorted(services) if service and not is_wild(service)]
    return _Grade(_merged(grade.every for grade in grades), tuple(name for grade in grades for name in grade.named))


def _types(action: Action) -> frozenset[str]:
    return frozenset(kind.lower() for kind in action.resource_types)


def _covered_somewhere(action: Action, resources: tuple[str, ...]) -> bool:
    """Whether a resource type of the action is fully covered, in one account or region at least."""
    return bool(_types(action) & _types_of(covered_somewhere, action.service, resources))


def _touches(action: Action, resources: tuple[str, ...]) -> bool:
    return bool(_types(action) & _types_of(touched, action.service, resources))


def _all_covered(action: Action, resources: tuple[str, ...]) -> bool:
    """Whether each resource type of the action that the resources touch is fully covered."""
    types, wide = _types(action), _types_of(covered, action.service, resources)
    return bool(types & wide) and types & _types_of(touched, action.service, resources) <= wide


@lru_cache(maxsize=4096)
def _types_of(which: Callable[[str, str], frozenset[str]], service: str, resources: tuple[str, ...]) -> frozenset[str]:
    """The resource types of a service that any of the resources touches or covers, depending on `which`."""
    return frozenset[str]().union(*(which(service, resource) for resource in resources))


def _without(found: Reached, out: Callable[[str], bool]) -> Reached:
    """What a statement reaches, without the actions that are `out`."""

    def left(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple([name for name in names if not out(name)])

    def reaching(effects: Effects) -> Effects:
        return {effect: kept for effect, names in effects.items() if (kept := left(names))}

    wildcards = [reach._replace(every=reaching(reach.every), named=left(reach.named)) for reach in found.wildcards]
    return Reached(found.statement, wildcards, reaching(found.by_name))
