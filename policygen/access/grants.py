"""Which of the actions that escalation paths need are allowed by policies, on what, and through which entries."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from policygen.access.action_matcher import ActionMatcher
from policygen.access.administrators import attaches, left
from policygen.access.denies import applies_to, denies_whole, leaves_out, limits, stopping_some, takes_back
from policygen.access.limiting import narrowed
from policygen.access.own_user import own_users
from policygen.policy.model import Condition, Element, Policy, Statement, once_per_policy
from policygen.policy.pattern import intersects
from policygen.reference.escalation import paths
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
    """On every resource of a type, with no condition that narrows it down."""
    own_user: bool
    """On the caller's own user."""
    services: tuple[str, ...] | None
    """For `iam:PassRole`: patterns of the services that roles may be passed to; None for any."""

    @property
    def place(self) -> str:
        """The Sid or pointer of the statement, after the name of the policy if it has one."""
        statement = self.statement.sid or self.statement.pointer
        return f"{self.policy.name}: {statement}" if self.policy.name else statement


def grants(policies: tuple[Policy, ...]) -> dict[str, list[Grant]]:
    """Action → the grants of it, for all policies of one identity together, without what any of them denies."""
    return _of_one(policies[0]) if len(policies) == 1 else _together(policies)


@once_per_policy
def _of_one(policy: Policy) -> dict[str, list[Grant]]:
    return _together((policy,))


def _together(policies: tuple[Policy, ...]) -> dict[str, list[Grant]]:
    takers = [_takers(policy) for policy in policies if limits(policy)]
    some = [deny for policy in policies for deny in stopping_some(policy)]

    @cache  # the policies of one identity grant the same action many times
    def taking(action: str) -> list[Statement]:
        return [deny for takers_of in takers for deny in takers_of(action)]

    found: dict[str, list[Grant]] = {}
    for policy in policies:
        for grant in _allowed(policy):
            remaining = _after(grant, taking(grant.action))
            if remaining:
                found.setdefault(grant.action, []).append(_without_policies(remaining, some))
    return found


@once_per_policy
def _takers(policy: Policy) -> Callable[[str], list[Statement]]:
    """Which Denies of a policy take an action back; remembered, since many identities have the same policy."""
    return cache(lambda action: [deny for deny in limits(policy) if takes_back(deny, action)])


@once_per_policy
def _allowed(policy: Policy) -> tuple[Grant, ...]:
    """What a policy grants before any Deny."""
    return tuple(grant for found in _allowing(policy) for grant in _granted(policy, *found))


def _allowing(policy: Policy) -> Iterator[tuple[Statement, list[tuple[Element, tuple[str, ...]]]]]:
    """The Allow statements for actions that paths need; the matching entries, each with its actions."""
    named = dict(_matcher().statements(policy))
    for statement in policy.statements:
        if statement.allows and "NotAction" in statement.body:
            matched = tuple(action for action in _matcher().named.values() if applies_to(statement, action))
            yield statement, [(Element("NotAction", f"{statement.pointer}/NotAction"), matched)]
        elif statement.allows and statement in named:
            yield statement, named[statement]


def _granted(policy: Policy, statement: Statement, entries: list[tuple[Element, tuple[str, ...]]]) -> Iterator[Grant]:
    own = bool(own_users(statement))
    everything = any(map(is_everything, statement.resource_texts))
    for entry, actions in entries:
        for action in actions:
            passes = action == "iam:PassRole"
            # `services` compares the services of iam:PassRole with those of each path
            asked = [c for c in statement.conditions if not (passes and c.key.lower() == _PASSED_TO)]
            narrow = narrowed(asked, action)
            every, anything = (True, True) if everything else _reaches(action, statement)
            if anything:
                every = every and not narrow
                services = _services(statement.conditions, negated=False) if passes else None
                yield Grant(action, policy, statement, entry, every, own and not narrow, services)


def _reaches(action: str, statement: Statement) -> tuple[bool, bool]:
    """Whether a statement applies to every resource of one of the action's types, and whether to any resource."""
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
    """What the Denies that take back the action leave of the grant; None if nothing that matters is left."""
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
    """The grant after Denies of attaching some policies: narrow if no policy that makes an administrator is left."""
    if not denies or not attaches(grant.action):
        return grant
    stopping = [deny.conditions for deny in denies if denies_whole(deny, grant.action)]
    some_left = left(grant.statement.conditions, stopping, grant.action)
    return grant if some_left else replace(grant, every=False, own_user=False)


def _services(conditions: Sequence[Condition], negated: bool) -> tuple[str, ...] | None:
    """The services in conditions on `iam:PassedToService`: those that an Allow requires, or that a Deny exempts.

    All conditions of an Allow must be met, so the first is enough; a Deny exempts what fails any of them.
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
    """The actions that some path needs."""
    return ActionMatcher(action for path in paths() for names in (path.every, *path.also) for action in names)
