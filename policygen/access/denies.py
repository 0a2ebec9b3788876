"""What Deny statements and NotResource take back from Allow statements."""

from collections.abc import Collection

from policygen.access.administrators import ATTACHED, about_policies
from policygen.access.limiting import narrowed_deny
from policygen.policy.model import Policy, Statement, once_per_policy
from policygen.policy.pattern import is_wild, matches
from policygen.reference.resources import covered_somewhere, is_everything
from policygen.reference.services import find_action


def applies_to(statement: Statement, action: str) -> bool:
    """Whether a statement applies to an action, through Action or NotAction."""
    action, negated = action.lower(), "NotAction" in statement.body
    names = statement.not_action_names if negated else statement.action_names
    return (action in names or any(is_wild(name) and matches(name, action) for name in names)) != negated


@once_per_policy
def limits(policy: Policy) -> tuple[Statement, ...]:
    """The Deny statements that no circumstances avoid: unconditional, or with exceptions only for narrower requests."""
    return tuple(
        statement for statement in policy.statements if _is_deny(statement) and not narrowed_deny(statement.conditions)
    )


@once_per_policy
def stopping_some(policy: Policy) -> tuple[Statement, ...]:
    """The Deny statements that would be `limits` without their condition on which policy is attached."""
    return tuple(
        statement
        for statement in policy.statements
        if _is_deny(statement)
        and ATTACHED in about_policies(statement.conditions)
        and not narrowed_deny([condition for condition in statement.conditions if condition.key.lower() != ATTACHED])
    )


def _is_deny(statement: Statement) -> bool:
    """Whether a statement is a Deny whose Condition could be read."""
    return statement.effect == "Deny" and (not statement.body.get("Condition") or bool(statement.conditions))


def takes_back(statement: Statement, action: str) -> bool:
    """Whether a Deny, one of `limits`, denies an action on all resources, or on all but those that it names."""
    if about_policies(statement.conditions) and narrowed_deny(statement.conditions, action):
        return False
    return denies_whole(statement, action)


def denies_whole(statement: Statement, action: str) -> bool:
    """Like `takes_back`, for a Deny whose conditions are met."""
    if not applies_to(statement, action):
        return False
    types = _types(action)
    if statement.not_resource_texts:
        spared = _whole(statement.not_resource_texts, action)
        return spared is not None and types.isdisjoint(spared)
    denied = _whole(statement.resource_texts, action)
    return denied is None or (bool(types) and types <= denied)


def leaves_out(statement: Statement, action: str) -> bool:
    """Whether NotResource excludes every resource that an action acts on."""
    spared, types = _whole(statement.not_resource_texts, action), _types(action)
    return spared is None or (bool(types) and types <= spared)


def _types(action: str) -> frozenset[str]:
    known = find_action(action)
    return frozenset(kind.lower() for kind in known.resource_types) if known else frozenset()


def _whole(entries: Collection[str], action: str) -> frozenset[str] | None:
    """The resource types of the action's service that the entries fully cover; None if they cover everything."""
    if any(map(is_everything, entries)):
        return None
    service = action.partition(":")[0].lower()
    return frozenset[str]().union(*(covered_somewhere(service, entry) for entry in entries))
