"""What a condition limits: the requests that a statement applies to, or only who makes them, when and how."""

from collections.abc import Sequence

from policygen.access.administrators import about_policies, admitted, denies_all
from policygen.policy.arn import arn_covers
from policygen.policy.model import Condition
from policygen.policy.pattern import covers
from policygen.reference.condition_keys import find_condition_key, limits_reach
from policygen.reference.operators import find_operator

_NEVER_MISSING = frozenset({"iam:passedtoservice", "iam:awsservicename"})
"""Keys that are in every request for their only action (Service Authorization Reference, IAM, 2026-11)."""
_AT_LEAST = {"NumericGreaterThanEquals": 0, "NumericGreaterThan": -1}
"""Operators, and the limit that every number in AWS requests meets: sizes, ages, ports and counts start at 0."""
_ANY_ARN = "arn:*:*:*:*:*"


def narrowed(conditions: Sequence[Condition], action: str = "") -> bool:
    """Whether the conditions of an Allow limit what it allows; for requests for one action, if that is given.

    At least one must restrict the resource or the content of the request (`limits_reach`), not only who makes it, from
    where, when, or with MFA. Requiring that a tag exists counts, however it is written. Conditions on the ARN of a
    policy count if together they let through no policy that makes an administrator.
    """
    policies = about_policies(conditions)
    return any(not admitted(conditions, key, action) for key in policies) or any(
        condition.key.lower() not in policies and _narrows(condition) for condition in conditions
    )


def narrowed_deny(conditions: Sequence[Condition], action: str = "") -> bool:
    """Whether a Deny with these conditions denies less than its actions and resources say.

    It does not if it only exempts narrower requests, as in "deny, unless `iam:PermissionsBoundary` is this one". It
    does if its conditions are about who makes the request, from where or with MFA, since some can avoid them.
    """
    policies = about_policies(conditions)
    return any(not denies_all(conditions, key, action) for key in policies) or any(
        condition.key.lower() not in policies and _narrows_deny(condition) for condition in conditions
    )


def _narrows(condition: Condition) -> bool:
    key = condition.key.lower()
    if not limits_reach(key) or (_passes_without(condition) and key not in _NEVER_MISSING):
        return False
    there = presence(condition)
    if there is not None or condition.operator.lower() == "null":
        return bool(there) and "tag/" in key
    return not _negated(condition) and not _likes_everything(condition)


def _narrows_deny(condition: Condition) -> bool:
    key = condition.key.lower()
    if always_holds(condition):
        return False
    there = presence(condition)
    if there is not None:
        return there or "tag/" not in key
    if condition.qualifier.lower() == "foranyvalue" and not condition.if_exists:
        return True  # requests without the key are not denied
    return not (_negated(condition) and limits_reach(key))


def presence(condition: Condition) -> bool | None:
    """True if a condition only requires that its key is present, False if only that it is missing, else None.

    Both can be written with `Null`, or with a pattern that every value matches.
    """
    qualifier = condition.qualifier.lower()
    if condition.operator.lower() == "null":
        asked = _asked(condition)
        return asked == {"false"} if len(asked) == 1 and asked <= {"true", "false"} else None
    if not _likes_everything(condition):
        return None
    if not _negated(condition):
        return None if _passes_without(condition) else True
    return None if qualifier == "foranyvalue" and not condition.if_exists else False


def always_holds(condition: Condition) -> bool:
    """Whether every request meets a condition, even without the key."""
    if condition.operator.lower() == "null":
        return _asked(condition) >= {"true", "false"}
    return _passes_without(condition) and not _negated(condition) and _likes_everything(condition)


def _passes_without(condition: Condition) -> bool:
    """Whether a condition, if not negated, is met when its key is missing."""
    return condition.if_exists or condition.qualifier.lower() == "forallvalues"


def _asked(condition: Condition) -> set[str]:
    return {str(value.value).lower() for value in condition.values}


def _negated(condition: Condition) -> bool:
    operator = find_operator(condition.operator)
    return operator is None or operator.negated


def _likes_everything(condition: Condition) -> bool:
    """Whether every value of the key matches one of the condition's values; the empty value is ignored."""
    operator = find_operator(condition.operator)
    if operator is not None and operator.name in _AT_LEAST:
        return any(_is_at_most(value.value, _AT_LEAST[operator.name]) for value in condition.values)
    if operator is not None and operator.family == "Bool":
        return _asked(condition) >= {"true", "false"}
    if operator is None or not operator.wildcards:
        return False
    known = find_condition_key(condition.key)
    of_arns = operator.family == "ARN" or (known is not None and known.type == "ARN")
    texts = [value.value for value in condition.values if isinstance(value.value, str)]
    return any(covers(text, "?*") or (of_arns and arn_covers(text, _ANY_ARN)) for text in texts)


def _is_at_most(value: object, limit: int) -> bool:
    try:
        return float(str(value)) <= limit
    except ValueError:
        return False
