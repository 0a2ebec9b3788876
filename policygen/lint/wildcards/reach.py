"""What the actions of a statement reach: how much power, over everything or over the resources that are named.

An action reaches everything where the statement's resources cover one of its resource types whole and no condition
narrows that down. Permissions, credentials and roles count as everything in one account too; for other writes an entry
that names the account or the region is narrow enough. An action without resource types leaves no choice but `*`: it
counts only where a wildcard brought it in. A condition narrows if it demands something of the resource or of the
request's content (`curated.key_scopes`): not one about who asks, from where, when, or with MFA, and not one that is
negated or passes where its key is missing.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache, partial
from itertools import chain
from typing import NamedTuple

from policygen.lint.judged import Judged
from policygen.lint.wildcards.denies import leaves_out, limits, takes_back
from policygen.policy.arn import segments
from policygen.policy.model import Condition, Element, Kind, Policy, Statement
from policygen.policy.pattern import is_wild
from policygen.reference.curated import key_scopes, sensitive_actions
from policygen.reference.escalation import exposes_resources
from policygen.reference.resources import covered, covered_somewhere, is_everything, touched
from policygen.reference.services import AccessLevel, Action, expand

GRANTING = (Kind.IDENTITY,)
"""Where an Allow grants something by itself; in a boundary, SCP or RCP it only leaves room."""

_Grade = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
_NOTHING: _Grade = (), (), ()
_WRITES = (AccessLevel.WRITE, AccessLevel.TAGGING)
_READING_NAMES = ("describe", "get", "list")  # some of these AWS files under Permissions management (glue:GetStage)


class Reach(NamedTuple):
    """What one Action entry of an Allow statement reaches, as action names."""

    entry: Element
    power: tuple[str, ...]
    """Permissions, credentials and roles, on everything."""
    write: tuple[str, ...]
    """Other writes, on everything."""
    named: tuple[str, ...]
    """Permissions, credentials and roles, on named resources only."""

    full: bool = False
    """Whether the entry stands for every action of every service, on everything."""


@lru_cache(maxsize=8)  # every rule of the family asks for the same policy in turn
def reached(policy: Policy) -> list[tuple[Statement, list[Reach]]]:
    """What the wildcards and the literal actions of each Allow statement reach, less what its denies take back.

    A literal action that reaches nothing is left out.
    """
    denies = limits(policy)
    taken = cache(lambda name: any(takes_back(deny, name) for deny in denies))
    result: list[tuple[Statement, list[Reach]]] = []
    for statement in policy.statements:
        if statement.allows:
            reaches = list(_reached(statement))
            if statement.not_resources:
                reaches = [_without(reach, partial(leaves_out, statement)) for reach in reaches]
            result.append((statement, [_without(reach, taken) for reach in reaches] if denies else reaches))
    return result


def all_actions(pattern: str) -> bool:
    """Whether an Action entry is `*`, alone or as `*:*`."""
    return pattern.strip("*") in ("", ":")


def is_power(action: Action) -> bool:
    """Whether an action changes permissions, makes or returns an identity's credentials, or hands a role on."""
    if action.level is AccessLevel.PERMISSIONS_MANAGEMENT and not action.name.lower().startswith(_READING_NAMES):
        return True
    return str(action) in sensitive_actions()


def narrows(condition: Condition) -> bool:
    """Whether a condition limits what the statement reaches."""
    operator, key = condition.operator.lower(), condition.key.lower()
    if condition.if_exists or condition.qualifier.lower() == "forallvalues" or not key_scopes(key):
        return False
    if operator == "null":
        return "tag/" in key and all(str(value.value).lower() == "false" for value in condition.values)
    return "not" not in operator and not any(is_everything(str(value.value)) for value in condition.values)


def _reached(statement: Statement) -> Iterator[Reach]:
    resources = tuple(dict.fromkeys(element.value for element in statement.resources))
    narrowed = any(map(narrows, statement.conditions))
    if not narrowed and ("NotResource" in statement.body or any(map(is_everything, resources))):
        for entry, grades in _on_everything.entries(statement):
            yield from (Reach(entry, *grade, all_actions(entry.value)) for grade in grades)
        return
    for entry, pattern in _can_reach.entries(statement):
        grade = _NOTHING if narrowed or not resources else _on_named(pattern, resources)
        if grade is not _NOTHING or is_wild(pattern):
            yield Reach(entry, *grade)


@Judged
def _can_reach(pattern: str) -> str:
    """The pattern of an Action entry that may come to anything; "" for most, which are of actions that read."""
    return pattern if is_wild(pattern) or any(_graded(pattern)) else ""


@Judged
def _on_everything(pattern: str) -> tuple[_Grade, ...]:
    """What an Action entry reaches; empty for an action that reaches nothing."""
    if all_actions(pattern):  # graded by the sensitive actions alone, for which no service's data is read
        return ((tuple(sensitive_actions()), (), ()),)
    power, write = _graded(pattern)
    if is_wild(pattern):
        return (_grade(power, write, ()),)
    power, write = ([action for action in actions if action.resource_types] for actions in (power, write))
    grade = _grade(power, write, ())
    return () if grade is _NOTHING else (grade,)


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
    """Names, those first that people know, since messages show the first few."""
    names = map(str, actions)
    return tuple(sorted(names, key=lambda name: name not in sensitive_actions() and name not in exposes_resources()))


@cache
def _graded(pattern: str) -> tuple[list[Action], list[Action]]:
    """Of the actions that a pattern stands for, those with power and the other writes."""
    power: list[Action] = []
    write: list[Action] = []
    for action in expand(pattern):
        if is_power(action):
            power.append(action)
        elif action.level in _WRITES:
            write.append(action)
    return power, write


def _of_services(resources: tuple[str, ...]) -> _Grade:
    """What `*` reaches on named resources: what the wildcards of the services do that the resources belong to."""
    services = {parts[2].lower() for parts in map(segments, resources) if len(parts) == 6}
    grades = [_on_named(f"{service}:*", resources) for service in sorted(services) if service and not is_wild(service)]
    power, write, named = (tuple(chain.from_iterable(names)) for names in zip(_NOTHING, *grades, strict=True))
    return power, write, named


def _types(action: Action) -> frozenset[str]:
    return frozenset(kind.lower() for kind in action.resource_types)


def _all_covered(action: Action, resources: tuple[str, ...]) -> bool:
    """Whether each type of the action that the statement speaks of at all is covered whole."""
    types, wide = _types(action), _types_of(covered, action.service, resources)
    return bool(types & wide) and types & _types_of(touched, action.service, resources) <= wide


@lru_cache(maxsize=4096)
def _types_of(which: Callable[[str, str], frozenset[str]], service: str, resources: tuple[str, ...]) -> frozenset[str]:
    """The resource types of a service that any of the resources touches, or covers, as `which` tells of one."""
    return frozenset[str]().union(*(which(service, resource) for resource in resources))


def _without(reach: Reach, out: Callable[[str], bool]) -> Reach:
    power, write, named = (tuple(name for name in names if not out(name)) for names in reach[1:4])
    return Reach(reach.entry, power, write, named, reach.full)
