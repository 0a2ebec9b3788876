"""Which of the actions that the escalation family watches some policies allow, on what, and by which entries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from policygen.access.action_matcher import ActionMatcher
from policygen.access.administrators import attaches, left
from policygen.access.denies import denies_whole, leaves_out, limits, speaks_of, stopping_some, takes_back
from policygen.access.limiting import narrowed
from policygen.access.own_user import own_users
from policygen.policy.model import Condition, Element, Policy, Statement, once_per_policy
from policygen.policy.pattern import intersects
from policygen.reference.escalation import exposes_resources, paths, returns_credentials
from policygen.reference.resources import covered_somewhere, is_everything, touched
from policygen.reference.services import find_action

_PASSED_TO = "iam:passedtoservice"


@dataclass(frozen=True, slots=True)
class Grant:
    """An action, allowed by an entry of a statement."""

    action: str
    policy: Policy
    statement: Statement
    entry: Element
    every: bool
    """On every resource of its type, and no condition narrows that."""
    own_user: bool
    """On the caller's own user."""
    services: tuple[str, ...] | None
    """For `iam:PassRole`: patterns of the service principals that a role may be passed to; None for any."""

    @property
    def place(self) -> str:
        """The statement: its Sid, or else its pointer; with the policy's name where there is one."""
        statement = self.statement.sid or self.statement.pointer
        return f"{self.policy.name}: {statement}" if self.policy.name else statement


def grants(policies: tuple[Policy, ...]) -> dict[str, list[Grant]]:
    """Action → what grants it, for all policies of one identity together; what any of them denies is left out."""
    return _of_one(policies[0]) if len(policies) == 1 else _together(policies)


@once_per_policy
def _of_one(policy: Policy) -> dict[str, list[Grant]]:
    return _together((policy,))


def _together(policies: tuple[Policy, ...]) -> dict[str, list[Grant]]:
    denies = [deny for policy in policies for deny in limits(policy)]
    some = [deny for policy in policies for deny in stopping_some(policy)]
    found: dict[str, list[Grant]] = {}
    for policy in policies:
        for grant in _allowed(policy):
            remaining = _after(grant, [deny for deny in denies if takes_back(deny, grant.action)])
            if remaining:
                found.setdefault(grant.action, []).append(_without_policies(remaining, some))
    return found


@once_per_policy
def _allowed(policy: Policy) -> tuple[Grant, ...]:
    """What a policy grants before any Deny."""
    return tuple(grant for found in _speaking(policy) for grant in _granted(policy, *found))


def _speaking(policy: Policy) -> Iterator[tuple[Statement, list[tuple[Element, tuple[str, ...]]]]]:
    """The Allow statements about actions that paths need; the entries, each with the actions it matches."""
    named = dict(_matcher().statements(policy))
    for statement in policy.statements:
        if statement.allows and "NotAction" in statement.body:
            spoken_of = tuple(action for action in _matcher().named.values() if speaks_of(statement, action))
            yield statement, [(Element("NotAction", f"{statement.pointer}/NotAction"), spoken_of)]
        elif statement.allows and statement in named:
            yield statement, named[statement]


def _granted(policy: Policy, statement: Statement, entries: list[tuple[Element, tuple[str, ...]]]) -> Iterator[Grant]:
    own = bool(own_users(statement))
    everything = any(map(is_everything, statement.resource_texts))
    for entry, actions in entries:
        for action in actions:
            passes = action == "iam:PassRole"
            # which services the paths ask for is told by `services`
            asked = [c for c in statement.conditions if not (passes and c.key.lower() == _PASSED_TO)]
            narrow = narrowed(asked, action)
            every, anything = (True, True) if everything else _reaches(action, statement)
            if anything:
                every = every and not narrow
                services = _services(statement.conditions, negated=False) if passes else None
                yield Grant(action, policy, statement, entry, every, own and not narrow, services)


def _reaches(action: str, statement: Statement) -> tuple[bool, bool]:
    """Whether a statement speaks of every resource of one of the action's types, and whether of any resource at all."""
    if "NotResource" in statement.body:
        left = not leaves_out(statement, action)
        return left, left
    return _reaches_of(action, statement.resource_texts)


@lru_cache(maxsize=2048)
def _reaches_of(action: str, entries: tuple[str, ...]) -> tuple[bool, bool]:
    known = find_action(action)
    if known is None:
        return False, False
    types = {kind.lower() for kind in known.resource_types}
    return (
        any(types & covered_somewhere(known.service, entry) for entry in entries),
        any(types & touched(known.service, entry) for entry in entries),
    )


def _after(grant: Grant, taking: Sequence[Statement]) -> Grant | None:
    """The grant as the denies that take the action back leave it; None where nothing worth speaking of is left."""
    for deny in taking:
        left = _services(deny.conditions, negated=True) if grant.action == "iam:PassRole" else None
        if left is None:
            return None
        before = grant.services
        if before is not None:
            left = tuple(service for service in left if any(intersects(service, old) for old in before))
        grant = replace(grant, services=left)
    return grant


def _without_policies(grant: Grant, denies: Sequence[Statement]) -> Grant:
    """The grant as it is left by denies of attaching some policies: narrow if none remains that gives everything."""
    if not denies or not attaches(grant.action):
        return grant
    stopping = [deny.conditions for deny in denies if denies_whole(deny, grant.action)]
    return (
        grant
        if left(grant.statement.conditions, stopping, grant.action)
        else replace(grant, every=False, own_user=False)
    )


def _services(conditions: Sequence[Condition], negated: bool) -> tuple[str, ...] | None:
    """The services to which `iam:PassedToService` limits: what an Allow demands, or what a Deny excepts.

    All conditions of an Allow must be met, so the first says enough; a Deny excepts what fails any of them.
    """
    found = [
        tuple(str(value.value).lower() for value in condition.values)
        for condition in conditions
        if condition.key.lower() == _PASSED_TO
        and condition.operator.lower() != "null"
        and ("not" in condition.operator.lower()) == negated
    ]
    if not negated:
        return found[0] if found else None
    return tuple(service for services in found for service in services) if found else None


@cache
def _matcher() -> ActionMatcher:
    """The actions that some path needs or that expose something."""
    needed = [action for path in paths() for names in (path.every, *path.also) for action in names]
    return ActionMatcher((*needed, *returns_credentials(), *exposes_resources()))
