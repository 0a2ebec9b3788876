"""How statements treat requests without MFA, for the rules about MFA.

The keys `aws:MultiFactorAuthPresent` and `aws:MultiFactorAuthAge` are absent from requests that are signed with
long-term access keys (IAM User Guide, "AWS global condition context keys"). So a `Deny` must match if they are missing,
and an `Allow` must not.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from policygen.access.action_matcher import ActionMatcher
from policygen.access.denies import applies_to
from policygen.access.limiting import always_holds, presence
from policygen.policy.arn import segments
from policygen.policy.model import Condition, Element, Policy, Statement, once_per_policy
from policygen.policy.pattern import intersects
from policygen.reference.operators import find_operator
from policygen.reference.resources import is_everything

ENROLMENT = (
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
)
"""What a user needs to enrol an MFA device."""
POWERFUL = (
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:DeactivateMFADevice",
    "iam:DeleteVirtualMFADevice",
    "iam:UpdateLoginProfile",
)
"""What creates credentials or removes MFA."""
_MATCHER = ActionMatcher((*ENROLMENT, *POWERFUL))
PRESENT, AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
_ASKED = {PRESENT: ("false", "true"), AGE: ("999999999", "0")}
"""The values of the keys without MFA, or with MFA long ago; and with MFA just now."""
_BY_THEMSELVES = ("aws:viaawsservice", "aws:principalisawsservice")


class Without(Enum):
    """Whether a condition about MFA is met by a request without MFA."""

    HOLDS = "holds"
    HOLDS_IF_KEY_IS_THERE = "holds if the key is there"
    """By console sessions without MFA, but not by access keys, whose requests lack the key."""
    FAILS = "fails"
    FAILS_IF_KEY_IS_THERE = "fails if the key is there"


class Grant(NamedTuple):
    """An Action entry of an Allow statement."""

    statement: Statement
    entry: Element


def without_mfa(condition: Condition) -> Without | None:
    """Whether a request without MFA meets a condition; None if the condition does not depend on MFA."""
    key = condition.key.lower()
    if key not in _ASKED:
        return None
    there = presence(condition)
    if there is not None and key == AGE:  # which only requests with MFA have
        return Without.FAILS if there else Without.HOLDS
    from policygen.evaluate.conditions import RefusedError, condition_test  # few policies are about MFA

    try:
        test = condition_test(condition, variables=True)
    except RefusedError:
        return None
    missing, without, having = (test(context) for context in ({}, *({key: value} for value in _ASKED[key])))
    if missing == without == having:
        return None
    if missing:
        return Without.HOLDS if without else Without.FAILS_IF_KEY_IS_THERE
    return Without.HOLDS_IF_KEY_IS_THERE if without else Without.FAILS


def says_without_mfa(statement: Statement) -> set[Without]:
    """Whether a request without MFA meets the conditions of a statement; empty if none depends on MFA."""
    return {said for condition in statement.conditions if (said := without_mfa(condition))}


def demands_mfa(statement: Statement) -> bool:
    """Whether an Allow grants nothing without MFA."""
    return Without.FAILS in says_without_mfa(statement)


def denies_without_mfa(statement: Statement) -> bool:
    """Whether this is a Deny for requests without MFA, even one with gaps."""
    if statement.effect != "Deny":
        return False
    about = [condition for condition in statement.conditions if without_mfa(condition)]
    return bool(about) and all(
        without_mfa(condition) in (Without.HOLDS, Without.HOLDS_IF_KEY_IS_THERE) or presence(condition) is False
        for condition in about
    )


def closed_without_mfa(policy: Policy, action: str) -> bool:
    """Whether the policy denies everybody without MFA an action on all resources, by access key and in the console."""
    denies = [deny for deny in _denies_whole(policy, action) if _asks_only_for_mfa(deny)]
    return any(map(denies_access_keys, denies)) and any(map(_denies_console, denies))


def blocked_without_mfa(policy: Policy, action: str) -> bool:
    """Whether the policy denies at least some people without MFA an action on all resources, however they call AWS."""
    denies = filter(denies_without_mfa, _denies_whole(policy, action))
    return any(denies_access_keys(deny) and _denies_console(deny) for deny in denies)


def _denies_whole(policy: Policy, action: str) -> list[Statement]:
    return [
        statement
        for statement in policy.statements
        if statement.effect == "Deny"
        and any(map(is_everything, statement.resource_texts))
        and applies_to(statement, action)
    ]


def _denies_console(statement: Statement) -> bool:
    """Whether a Deny about MFA applies to console sessions without MFA."""
    said = says_without_mfa(statement)
    return bool(said) and said <= {Without.HOLDS, Without.HOLDS_IF_KEY_IS_THERE}


def denies_access_keys(statement: Statement) -> bool:
    """Whether a Deny about MFA applies to requests signed with long-term access keys."""
    said = says_without_mfa(statement)
    return statement.effect == "Deny" and bool(said) and said <= {Without.HOLDS, Without.FAILS_IF_KEY_IS_THERE}


def _asks_only_for_mfa(statement: Statement) -> bool:
    """Whether no condition but those about MFA exempts people who call AWS themselves."""
    return all(
        without_mfa(condition) or always_holds(condition) or _holds_for_people(condition)
        for condition in statement.conditions
    )


def _holds_for_people(condition: Condition) -> bool:
    """Whether a condition only selects users, or requests that no service makes."""
    key, values = condition.key.lower(), [str(value.value).lower() for value in condition.values]
    operator = find_operator(condition.operator)
    if key in _BY_THEMSELVES:
        return operator is not None and operator.family == "Bool" and values == ["false"]
    if key == "aws:principaltype":
        return operator is not None and not operator.negated and "user" in values
    if key != "aws:principalarn" or operator is None:
        return False
    return operator.negated or any(intersects(segments(value)[-1], "user/*") for value in values)


@once_per_policy
def grants(policy: Policy) -> Mapping[str, Sequence[Grant]]:
    """Action → the Allow statements for it, each with the entry that names it; `*` and `iam:*` do not count.

    Only the actions in ENROLMENT and POWERFUL are included.
    """
    found: dict[str, list[Grant]] = {}
    for statement, entries in _MATCHER.statements(policy):
        for entry, actions in entries if statement.allows else ():
            service, _, name = entry.value.lower().partition(":")
            for action in actions if service == "iam" and name.strip("*") else ():
                granted = found.setdefault(action, [])
                if not granted or granted[-1].statement is not statement:
                    granted.append(Grant(statement, entry))
    return found
