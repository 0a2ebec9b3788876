"""What a condition limits: what a statement reaches, or only who asks, when and how, or nothing at all."""

from collections.abc import Mapping
from functools import cache

from policygen.policy.arn import arn_covers
from policygen.policy.model import Condition
from policygen.policy.pattern import covers
from policygen.reference.condition_keys import find_condition_key
from policygen.reference.curated import key_scopes
from policygen.reference.escalation import administrator_policies
from policygen.reference.operators import find_operator
from policygen.reference.partitions import partitions
from policygen.reference.services import find_action, keys_of

_ATTACHED, _BOUNDARY = "iam:policyarn", "iam:permissionsboundary"
_NEVER_MISSING = frozenset({"iam:passedtoservice", "iam:awsservicename"})
"""Keys of one action each, which all its requests have (Service Authorization Reference, IAM, 2026-11)."""
_ANY_ARN = "arn:*:*:*:*:*"


def narrows(condition: Condition, action: str = "") -> bool:
    """Whether a condition limits what an Allow reaches; of a request for one action, if that is given.

    It must demand something of the resource or of the request's content (`curated.key_scopes`): not of who asks, from
    where, when, or with MFA. That a tag is there is such a demand, however it is written. A condition on the ARN of a
    policy limits if it lets none of those through that make an administrator.
    """
    key = condition.key.lower()
    if key in (_ATTACHED, _BOUNDARY):
        return not any(_outcomes(condition, missing=key == _BOUNDARY or not _always_has(action, key)))
    passes_without = condition.if_exists and key not in _NEVER_MISSING
    if passes_without or condition.qualifier.lower() == "forallvalues" or not key_scopes(key):
        return False
    there = presence(condition)
    if there is not None:
        return there and "tag/" in key
    return not _negated(condition) and not _likes_everything(condition)


def narrows_deny(condition: Condition) -> bool:
    """Whether a Deny with this condition takes back less than what its actions and resources say.

    One that excepts a narrower request does not, as in "deny, unless `iam:PermissionsBoundary` is this one". A Deny
    about who asks, from where or with MFA takes nothing back from those who may.
    """
    key = condition.key.lower()
    if always_holds(condition):
        return False
    if key in (_ATTACHED, _BOUNDARY):
        return not all(_outcomes(condition, missing=key == _BOUNDARY))
    there = presence(condition)
    if there is not None:
        return there or "tag/" not in key
    return not (_negated(condition) and key_scopes(key))


def presence(condition: Condition) -> bool | None:
    """True if a condition only asks that its key be there, False if it only asks that it be missing, else None.

    Both can be said with `Null`, or by comparing the key with a pattern that every value matches.
    """
    qualifier = condition.qualifier.lower()
    if condition.operator.lower() == "null":
        asked = _asked(condition)
        return asked == {"false"} if len(asked) == 1 and asked <= {"true", "false"} else None
    if not _likes_everything(condition) or condition.if_exists:
        return None
    if not _negated(condition):
        return True if qualifier != "forallvalues" else None
    return False if qualifier != "foranyvalue" else None


def always_holds(condition: Condition) -> bool:
    """Whether every request meets a condition, also one without the key."""
    if condition.operator.lower() == "null":
        return _asked(condition) >= {"true", "false"}
    passes_without = condition.if_exists or condition.qualifier.lower() == "forallvalues"
    return passes_without and not _negated(condition) and _likes_everything(condition)


def _asked(condition: Condition) -> set[str]:
    return {str(value.value).lower() for value in condition.values}


def _negated(condition: Condition) -> bool:
    operator = find_operator(condition.operator)
    return operator is None or operator.negated


def _likes_everything(condition: Condition) -> bool:
    """Whether some value is a pattern that every value of the key matches, which `?*` is for all but the empty one."""
    operator = find_operator(condition.operator)
    if operator is None or not operator.wildcards:
        return False
    known = find_condition_key(condition.key)
    of_arns = operator.family == "ARN" or (known is not None and known.type == "ARN")
    texts = [value.value for value in condition.values if isinstance(value.value, str)]
    return any(covers(text, "?*") or (of_arns and arn_covers(text, _ANY_ARN)) for text in texts)


def _always_has(action: str, key: str) -> bool:
    """Whether every request for an action has a condition key."""
    known = find_action(action) if action else None
    return known is not None and key in keys_of(known)


def _outcomes(condition: Condition, *, missing: bool) -> list[bool]:
    """Whether a condition holds for each policy that makes an administrator, and without any if that can be.

    One that IAM does not take holds always: nobody knows what it would limit.
    """
    from policygen.evaluate.conditions import RefusedError, condition_test  # few policies have such a condition

    try:
        test = condition_test(condition, variables=True)
    except RefusedError:
        return [True]
    contexts: list[Mapping[str, str]] = [{condition.key.lower(): arn} for arn in _administrators()]
    return [test(context) for context in ([*contexts, {}] if missing else contexts)]


@cache
def _administrators() -> list[str]:
    return [
        f"arn:{partition}:iam::aws:policy/{name}" for partition in partitions() for name in administrator_policies()
    ]
