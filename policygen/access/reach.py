"""What the actions of a statement reach: how much power, and over everything or only over named resources.

An action reaches everything if the statement's resources fully cover one of its resource types and no condition narrows
that down. For permissions, credentials and roles everything in one account is enough; for other writes an entry that
names the account or the region is narrow. An action without resource types needs `*`, so it only counts if a wildcard
matches it.
"""

from collections.abc import Callable, Iterable
from functools import cache, lru_cache, partial
from itertools import chain
from typing import NamedTuple

from policygen.access.denies import leaves_out, limits, takes_back
from policygen.access.limiting import narrowed
from policygen.policy.arn import segments
from policygen.policy.model import Element, Kind, Policy, Statement, once_per_policy
from policygen.policy.pattern import is_wild
from policygen.reference.escalation import exposes_resources, sensitive_actions
from policygen.reference.resources import covered, covered_somewhere, is_everything, touched
from policygen.reference.services import AccessLevel, Action, expand, find_action

GRANTING = (Kind.IDENTITY,)
"""The kinds of policies in which an Allow grants something; boundaries, SCPs and RCPs only limit."""

_Grade = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
_NOTHING: _Grade = (), (), ()
_EVERYTHING = ("*",)
_WRITES = (AccessLevel.WRITE, AccessLevel.TAGGING)
_READING_NAMES = ("describe", "get", "list")  # AWS calls some of these Permissions management (glue:GetStage)


class Reach(NamedTuple):
    """What one Action entry with a wildcard reaches, as action names."""

    entry: Element
    power: tuple[str, ...]
    """Permissions, credentials and roles, on everything."""
    write: tuple[str, ...]
    """Other writes, on everything."""
    named: tuple[str, ...]
    """Permissions, credentials and roles, on named resources only."""
    full: bool = False
    """Whether the entry matches every action of every service, on everything."""


class Reached(NamedTuple):
    """What one Allow statement reaches."""

    statement: Statement
    wildcards: list[Reach]
    power: tuple[str, ...]
    """Permissions, credentials and roles that are allowed by name on everything."""
    write: tuple[str, ...]
    """Other writes that are allowed by name on everything."""


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
    return [reach.entry for found in reached(policy) for reach in found.wildcards if reach.full and reach.power]


def all_actions(pattern: str) -> bool:
    """Whether an Action entry is `*` or `*:*`."""
    return pattern.strip("*") in ("", ":")


def is_power(action: Action) -> bool:
    """Whether an action changes permissions, creates or returns credentials, or passes a role."""
    if action.level is AccessLevel.PERMISSIONS_MANAGEMENT and not action.name.lower().startswith(_READING_NAMES):
        return True
    return action.name in _sensitive_names() and str(action) in sensitive_actions()


@cache
def _sensitive_names() -> frozenset[str]:
    """The names of sensitive actions without their service, to rule out most actions quickly."""
    return frozenset(name.partition(":")[2] for name in sensitive_actions())


def _reached(statement: Statement) -> Reached | None:
    if not statement.allows:
        return None
    resources = statement.resource_texts
    if narrowed(statement.conditions):
        resources = ()
    elif "NotResource" in statement.body or any(map(is_everything, resources)):
        resources = _EVERYTHING
    grades, power, write = _graded_names(statement.action_names, resources)
    if not (grades or power or write):
        return None
    entries = statement.picked("Action", grades) if grades else ()
    wildcards = [
        Reach(entry, *grade, resources is _EVERYTHING and all_actions(entry.value))
        for entry, grade in zip(entries, grades.values(), strict=True)
    ]
    return Reached(statement, wildcards, power, write)


@lru_cache(maxsize=2048)
def _graded_names(
    names: tuple[str, ...], resources: tuple[str, ...]
) -> tuple[dict[int, _Grade], tuple[str, ...], tuple[str, ...]]:
    """The grades of entries with wildcards by index; then the power and the writes that are allowed by name."""
    able = [(index, name) for index, name in enumerate(names) if _can_reach(name)]
    grades = {index: _grade_on(name, resources) for index, name in able if is_wild(name)}
    literal = [_grade_on(name, resources) for _, name in able if not is_wild(name)]
    power = tuple([name for names, _, _ in literal for name in names])
    write = tuple([name for _, names, _ in literal for name in names])
    return grades, power, write


def _grade_on(name: str, resources: tuple[str, ...]) -> _Grade:
    if resources == _EVERYTHING:
        return _on_everything(name)
    return _on_named(name, resources) if resources else _NOTHING


@lru_cache(maxsize=25_000)
def _can_reach(name: str) -> bool:
    """Whether an Action entry can reach anything; most are for actions that only read."""
    action = find_action(name)
    return is_wild(name) if action is None else action.level in _WRITES or is_power(action)


@lru_cache(maxsize=25_000)
def _on_everything(pattern: str) -> _Grade:
    if all_actions(pattern):  # the sensitive actions are enough, and need no service's data
        return tuple(sensitive_actions()), (), ()
    if is_wild(pattern):
        return _grade(*_graded(pattern), ())
    action = find_action(pattern)
    if action is None or not action.resource_types:
        return _NOTHING
    if is_power(action):
        return (str(action),), (), ()
    return ((), (str(action),), ()) if action.level in _WRITES else _NOTHING


@lru_cache(maxsize=16384)
def _on_named(pattern: str, resources: tuple[str, ...]) -> _Grade:
    if all_actions(pattern):
        return _of_services(resources)
    power, write = _graded(pattern)
    widely: list[Action] = []
    named: list[Action] = []
    for action in power:
        types = _types(action)
        if types & _types_of(covered_somewhere, action.service, resources):
            widely.append(action)
        elif types & _types_of(touched, action.service, resources):
            named.append(action)
    return _grade(widely, [action for action in write if _all_covered(action, resources)], named)


def _grade(power: Iterable[Action], write: Iterable[Action], named: Iterable[Action]) -> _Grade:
    grade = _best_known(power), tuple(map(str, write)), _best_known(named)
    return grade if any(grade) else _NOTHING


def _best_known(actions: Iterable[Action]) -> tuple[str, ...]:
    """The names of actions, well-known ones first, since messages only show a few."""
    names = map(str, actions)
    return tuple(sorted(names, key=lambda name: name not in sensitive_actions() and name not in exposes_resources()))


@cache
def _graded(pattern: str) -> tuple[list[Action], list[Action]]:
    """The actions with power and the other writes that a pattern matches."""
    found = list(expand(pattern))
    power = [action for action in found if is_power(action)]
    return power, [action for action in found if action.level in _WRITES and not is_power(action)]


def _of_services(resources: tuple[str, ...]) -> _Grade:
    """What `*` reaches on named resources: what `SERVICE:*` does for each of their services."""
    services = {parts[2].lower() for parts in map(segments, resources) if len(parts) == 6}
    grades = [_on_named(f"{service}:*", resources) for service in sorted(services) if service and not is_wild(service)]
    power, write, named = (tuple(chain.from_iterable(names)) for names in zip(_NOTHING, *grades, strict=True))
    return power, write, named


def _types(action: Action) -> frozenset[str]:
    return frozenset(kind.lower() for kind in action.resource_types)


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

    wildcards = [r._replace(power=left(r.power), write=left(r.write), named=left(r.named)) for r in found.wildcards]
    return Reached(found.statement, wildcards, left(found.power), left(found.write))
