"""Which AWS managed policies that make an administrator can be attached despite conditions on a policy's ARN.

A policy is used in one partition: the one that the ARNs in its conditions name, or any if they name none. The values of
policy variables are not known: an Allow may let through any ARN that fits around them, and a Deny may not stop it.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from policygen.policy.model import Condition
from policygen.policy.pattern import matches
from policygen.reference.escalation import administrator_policies
from policygen.reference.operators import find_operator
from policygen.reference.partitions import partitions
from policygen.reference.services import find_action, keys_of

ATTACHED, BOUNDARY = "iam:policyarn", "iam:permissionsboundary"
"""The condition keys whose value is the ARN of a policy: the attached one, and the target's permissions boundary."""
NONE = ""
"""Among ARNs: a request without the key."""
_VARIABLE = re.compile(r"\$\{[^}]*\}")


def about_policies(conditions: Iterable[Condition]) -> set[str]:
    """The condition keys, in lower case, whose value is the ARN of a policy."""
    return {key for condition in conditions if (key := condition.key.lower()) in (ATTACHED, BOUNDARY)}


def attaches(action: str) -> bool:
    """Whether every request for an action names the policy to attach."""
    known = find_action(action)
    return known is not None and ATTACHED in keys_of(known)


def admitted(conditions: Sequence[Condition], key: str, action: str) -> frozenset[str]:
    """The values of the key that an Allow with these conditions may let through; `action` "" means any."""
    of_key = [condition for condition in conditions if condition.key.lower() == key]
    asked = _asked(key, action, _named(of_key))
    return frozenset(arn for arn in asked if all(_may_hold(condition, arn) for condition in of_key))


def denied(conditions: Sequence[Condition], key: str) -> frozenset[str]:
    """The values of the key that a Deny stops for certain, in all partitions, judged by its conditions on that key."""
    of_key = [condition for condition in conditions if condition.key.lower() == key]
    asked = {*_all(), NONE}
    return frozenset(arn for arn in asked if all(_surely_holds(condition, arn) for condition in of_key))


def denies_all(conditions: Sequence[Condition], key: str, action: str = "") -> bool:
    """Whether a Deny with these conditions stops all values; without an action, only requests with the key count."""
    of_key = [condition for condition in conditions if condition.key.lower() == key]
    asked = _asked(key, action, _named(of_key))
    if not action and key == ATTACHED:
        asked -= {NONE}
    return asked <= denied(of_key, key)


def left(allow: Sequence[Condition], denies: Sequence[Sequence[Condition]], action: str) -> frozenset[str]:
    """The policies that a principal can attach with an Allow and several Denies with these conditions."""
    through = admitted(allow, ATTACHED, action)
    if not _named(condition for condition in allow if condition.key.lower() == ATTACHED):
        of_denies = [condition for deny in denies for condition in deny if condition.key.lower() == ATTACHED]
        through &= _asked(ATTACHED, action, _named(of_denies))
    return through.difference(*(denied(deny, ATTACHED) for deny in denies))


def _asked(key: str, action: str, named: frozenset[str]) -> frozenset[str]:
    """The values of a key that requests can have."""
    of_partitions = frozenset(arn for arn in _all() if not named or arn.split(":")[1] in named)
    if key == ATTACHED and action:
        if attaches(action):
            return of_partitions
        if find_action(action):
            return frozenset({NONE})
    return of_partitions | {NONE}


def _named(conditions: Iterable[Condition]) -> frozenset[str]:
    """The partitions in the values of conditions."""
    texts = [str(value.value) for condition in conditions for value in condition.values]
    return frozenset(name for name in partitions() if any(text.startswith(f"arn:{name}:") for text in texts))


def _may_hold(condition: Condition, arn: str) -> bool:
    sure, perhaps = _holds(condition, arn), _perhaps_fits(condition, arn)
    return True if sure is None else sure or (perhaps and not _negated(condition))


def _surely_holds(condition: Condition, arn: str) -> bool:
    sure, perhaps = _holds(condition, arn), _perhaps_fits(condition, arn)
    return bool(sure) and not (perhaps and _negated(condition))


def _negated(condition: Condition) -> bool:
    operator = find_operator(condition.operator)
    return operator is not None and operator.negated


def _perhaps_fits(condition: Condition, arn: str) -> bool:
    """Whether some value may match an ARN, depending on its variables or on how IAM compares a bare `*`.

    About the operators for ARNs the documentation only says that they compare the six parts.
    """
    texts = [str(value.value).lower() for value in condition.values]
    unsure = [_VARIABLE.sub("*", text) for text in texts if "${" in text or not text.strip("*")]
    return bool(arn) and any(matches(text, arn.lower()) for text in unsure)


def _holds(condition: Condition, arn: str) -> bool | None:
    """Whether a condition is met for a policy's ARN; None if IAM rejects the condition, so that it is not known."""
    from policygen.evaluate.conditions import RefusedError, condition_test  # few policies have such a condition

    try:
        return condition_test(condition, variables=True)({condition.key.lower(): arn} if arn else {})
    except RefusedError:
        return None


@cache
def _all() -> frozenset[str]:
    return frozenset(
        f"arn:{partition}:iam::aws:policy/{name}" for partition in partitions() for name in administrator_policies()
    )
