"""What the Deny statements of a policy take back of what its Allow statements reach."""

from functools import lru_cache

from policygen.policy.model import Condition, Policy, Statement
from policygen.policy.pattern import matches
from policygen.reference.curated import key_scopes
from policygen.reference.resources import covered_somewhere, is_everything
from policygen.reference.services import find_action


def speaks_of(statement: Statement, action: str) -> bool:
    """Whether a statement is about an action, through Action or NotAction."""
    if "NotAction" in statement.body:
        return not any(matches(entry.value.lower(), action.lower()) for entry in statement.not_actions)
    return any(matches(entry.value.lower(), action.lower()) for entry in statement.actions)


@lru_cache(maxsize=8)
def limits(policy: Policy) -> tuple[Statement, ...]:
    """The Deny statements that hold whatever the circumstances: always, or unless the request is a narrower one.

    Unless means a negated condition on what is acted on or asked for, as in "deny, unless `iam:PermissionsBoundary` is
    this one". A Deny about who asks, from where or with MFA takes nothing back from those who may.
    """
    return tuple(
        statement
        for statement in policy.statements
        if statement.effect == "Deny"
        and (not statement.body.get("Condition") or statement.conditions)
        and all(map(_unless_narrower, statement.conditions))
    )


def takes_back(statement: Statement, action: str) -> bool:
    """Whether a Deny leaves nothing of an action, or nothing but resources that it names."""
    if not speaks_of(statement, action):
        return False
    if any(is_everything(entry.value) for entry in statement.resources):
        return True
    known = find_action(action)
    if known is None or not known.resource_types:
        return False
    types = {kind.lower() for kind in known.resource_types}
    entries = statement.not_resources or statement.resources
    whole = frozenset[str]().union(*(covered_somewhere(known.service, entry.value) for entry in entries))
    return types.isdisjoint(whole) if statement.not_resources else types <= whole


def _unless_narrower(condition: Condition) -> bool:
    operator, key = condition.operator.lower(), condition.key.lower()
    if operator == "null":
        return "tag/" in key and all(str(value.value).lower() == "true" for value in condition.values)
    return operator.startswith(("not", "stringnot", "arnnot")) and key_scopes(key)
