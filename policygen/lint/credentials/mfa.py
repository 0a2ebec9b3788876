"""What a statement makes of a request without MFA: the vocabulary of this family's rules.

The keys `aws:MultiFactorAuthPresent` and `aws:MultiFactorAuthAge` are absent from requests that are signed with
long-term access keys (IAM User Guide, "AWS global condition context keys"). So a `Deny` must hold where they are
missing, and an `Allow` must not.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from policygen.lint.limiting import presence
from policygen.lint.watch import Watch
from policygen.lint.wildcards.denies import speaks_of
from policygen.policy.model import Condition, Element, Policy, Statement
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
_WATCH = Watch((*ENROLMENT, *POWERFUL))
PRESENT, AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
_MORE = ("numericgreaterthan", "numericgreaterthanequals")
_LESS = ("numericlessthan", "numericlessthanequals")
_EQUAL = ("bool", "stringequals", "stringequalsignorecase", "stringlike")
_NOT_EQUAL = ("stringnotequals", "stringnotequalsignorecase", "stringnotlike")


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
    key, operator = condition.key.lower(), condition.operator.lower()
    values = {str(value.value).lower() for value in condition.values}
    if key not in (PRESENT, AGE):
        return None
    there = presence(condition)
    if there is not None:
        return Without.FAILS if there else Without.HOLDS
    if len(values) != 1:
        return None
    if (key == AGE and operator in _MORE) or (key == PRESENT and operator in _EQUAL and values == {"false"}):
        return Without.HOLDS if condition.if_exists else Without.HOLDS_IF_KEY_IS_THERE
    if (key == AGE and operator in _LESS) or (key == PRESENT and operator in _EQUAL and values == {"true"}):
        return Without.FAILS_IF_KEY_IS_THERE if condition.if_exists else Without.FAILS
    if key == PRESENT and operator in _NOT_EQUAL:
        return Without.HOLDS if values == {"true"} else Without.FAILS_IF_KEY_IS_THERE
    return None


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
    said = says_without_mfa(statement)
    return bool(said) and said <= {Without.HOLDS, Without.HOLDS_IF_KEY_IS_THERE}


@lru_cache(maxsize=64)
def closed_without_mfa(policy: Policy, action: str) -> bool:
    """Whether the policy denies an action on everything to requests without MFA, those of access keys included."""
    return any(
        statement.effect == "Deny"
        and says_without_mfa(statement) == {Without.HOLDS}
        and any(map(is_everything, statement.resource_texts))
        and speaks_of(statement, action)
        for statement in policy.statements
    )


@lru_cache(maxsize=8)  # every rule of the family asks for the same policy in turn
def grants(policy: Policy) -> Mapping[str, Sequence[Grant]]:
    """Action → the statements that allow it, each with the entry that grants it by name or by a wildcard meant for it.

    Of the actions that this family is about; `*` and `iam:*` are not meant for any of them.
    """
    found: dict[str, list[Grant]] = {}
    for statement, entries in _WATCH.statements(policy):
        for entry, actions in entries if statement.allows else ():
            service, _, name = entry.value.lower().partition(":")
            for action in actions if service == "iam" and name.strip("*") else ():
                granted = found.setdefault(action, [])
                if not granted or granted[-1].statement is not statement:
                    granted.append(Grant(statement, entry))
    return found
