"""What a statement makes of a request without MFA: the vocabulary of this family's rules.

The keys `aws:MultiFactorAuthPresent` and `aws:MultiFactorAuthAge` are absent from requests that are signed with
long-term access keys (IAM User Guide, "AWS global condition context keys"). So a `Deny` must hold where they are
missing, and an `Allow` must not.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from policygen.access.action_matcher import ActionMatcher
from policygen.access.denies import speaks_of
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
"""What a user without MFA needs to get it."""
POWERFUL = (
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:DeactivateMFADevice",
    "iam:DeleteVirtualMFADevice",
    "iam:UpdateLoginProfile",
)
"""What makes credentials or takes MFA away."""
_MATCHER = ActionMatcher((*ENROLMENT, *POWERFUL))
PRESENT, AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
_ASKED = {PRESENT: ("false", "true"), AGE: ("999999999", "0")}
"""What the keys hold in a request without MFA, or with MFA of long ago; and in one with MFA of just now."""
_BY_THEMSELVES = ("aws:viaawsservice", "aws:principalisawsservice")


class Without(Enum):
    """Whether a condition about MFA holds for a request without MFA."""

    HOLDS = "holds"
    HOLDS_IF_KEY_IS_THERE = "holds if the key is there"
    """For console sessions without MFA, and not for access keys, whose requests lack the key."""
    FAILS = "fails"
    FAILS_IF_KEY_IS_THERE = "fails if the key is there"


class Grant(NamedTuple):
    """An Action entry and the Allow statement that it stands in."""

    statement: Statement
    entry: Element


def without_mfa(condition: Condition) -> Without | None:
    """What a condition says of a request without MFA; None if it is not about MFA, or says the same with MFA."""
    key = condition.key.lower()
    if key not in _ASKED:
        return None
    there = presence(condition)
    if there is not None and key == AGE:  # which only requests with MFA have
        return Without.FAILS if there else Without.HOLDS
    from policygen.evaluate.conditions import RefusedError, condition_test  # few policies speak of MFA

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
    """What the conditions of a statement say of a request without MFA; empty where none is about MFA."""
    return {said for condition in statement.conditions if (said := without_mfa(condition))}


def demands_mfa(statement: Statement) -> bool:
    """Whether an Allow grants nothing without MFA."""
    return Without.FAILS in says_without_mfa(statement)


def denies_without_mfa(statement: Statement) -> bool:
    """Whether this is a Deny of what is done without MFA, however well it is written."""
    if statement.effect != "Deny":
        return False
    about = [condition for condition in statement.conditions if without_mfa(condition)]
    return bool(about) and all(
        without_mfa(condition) in (Without.HOLDS, Without.HOLDS_IF_KEY_IS_THERE) or presence(condition) is False
        for condition in about
    )


def closed_without_mfa(policy: Policy, action: str) -> bool:
    """Whether the policy denies people an action on everything without MFA, with access keys and in the console."""
    denies = [deny for deny in _denies_whole(policy, action) if _asks_only_for_mfa(deny)]
    return any(map(denies_access_keys, denies)) and any(map(_denies_console, denies))


def blocked_without_mfa(policy: Policy, action: str) -> bool:
    """Whether the policy denies somebody an action on everything as long as there is no MFA."""
    denies = filter(denies_without_mfa, _denies_whole(policy, action))
    return any(denies_access_keys(deny) and _denies_console(deny) for deny in denies)


def _denies_whole(policy: Policy, action: str) -> list[Statement]:
    return [
        statement
        for statement in policy.statements
        if statement.effect == "Deny"
        and any(map(is_everything, statement.resource_texts))
        and speaks_of(statement, action)
    ]


def _denies_console(statement: Statement) -> bool:
    """Whether a Deny about MFA holds for those who signed in to the console without it."""
    said = says_without_mfa(statement)
    return bool(said) and said <= {Without.HOLDS, Without.HOLDS_IF_KEY_IS_THERE}


def denies_access_keys(statement: Statement) -> bool:
    """Whether a Deny about MFA holds for requests that are signed with long-term access keys."""
    said = says_without_mfa(statement)
    return statement.effect == "Deny" and bool(said) and said <= {Without.HOLDS, Without.FAILS_IF_KEY_IS_THERE}


def _asks_only_for_mfa(statement: Statement) -> bool:
    """Whether no condition leaves out people who call AWS themselves, for another reason than MFA."""
    return all(
        without_mfa(condition) or always_holds(condition) or _holds_for_people(condition)
        for condition in statement.conditions
    )


def _holds_for_people(condition: Condition) -> bool:
    """Whether a condition only says that users are meant, or requests that no service makes."""
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
    """Action → the statements that allow it, each with the entry that grants it by name or by a wildcard meant for it.

    Of the actions that this family is about; `*` and `iam:*` are not meant for any of them.
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
