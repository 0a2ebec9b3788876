"""Condition operators: whether they exist, suit the type of their key, and have the set prefix that it needs."""

from collections.abc import Iterator

from policygen.errors import did_you_mean
from policygen.lint.access_analyzer import error, security_warning, suggestion, warning
from policygen.lint.rule import Objections, OfKey
from policygen.policy.model import Condition, Element, Policy, escape, once_per_policy
from policygen.policy.pattern import is_wild
from policygen.reference.condition_keys import ConditionKey, find_condition_key
from policygen.reference.operators import OPERATORS, Operator, find_operator

# key type → operator families that AWS accepts for it in addition to its own
_ALSO = {
    "String": {"ARN", "Binary"},
    "ARN": {"String"},
    "Date": {"Numeric"},
}


@once_per_policy
def each_condition(policy: Policy) -> tuple[Condition, ...]:
    """Every condition of every statement."""
    return tuple(condition for statement in policy.statements for condition in statement.conditions)


@once_per_policy
def known(policy: Policy) -> tuple[tuple[Condition, Operator, ConditionKey], ...]:
    """Every condition whose operator and key exist, with both."""
    found = ((c, find_operator(c.operator), find_condition_key(c.key)) for c in each_condition(policy))
    return tuple((condition, operator, key) for condition, operator, key in found if operator and key)


def literals(policy: Policy, keys: set[str], *families: str) -> Iterator[tuple[str, Element]]:
    """Yield (key, value) for each value without wildcards and variables under operators of the families.

    The keys that are passed and returned are in lower case.
    """
    for condition in each_condition(policy):
        key = condition.key.lower()
        operator = find_operator(condition.operator) if key in keys else None
        for entry in condition.values if operator and operator.family in families else ():
            if isinstance(entry.value, str) and not is_wild(entry.value) and "${" not in entry.value:
                yield key, entry


def operator_pointer(condition: Condition) -> str:
    """The place of a condition's operator, which contains the condition's key."""
    return condition.pointer[: -len(escape(condition.key)) - 1]


@error("invalid-condition-operator")
def invalid_condition_operator(policy: Policy) -> Objections:
    """A condition operator does not exist.

    Why it matters: IAM rejects the policy.
    Instead: use a documented operator, with a set prefix before it and `IfExists` after it if needed.

    Fires on: {…, "Condition": {"StringMatches": {"aws:PrincipalTag/team": "a"}}}
    Quiet on: {…, "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "a"}}}
    """
    for condition in each_condition(policy):
        if not find_operator(condition.operator):
            hint = did_you_mean(condition.operator, (operator.name for operator in OPERATORS.values()))
            yield OfKey(operator_pointer(condition)), f"`{condition.text}` is not a condition operator{hint}"


@error("null-with-if-exists")
def null_with_if_exists(policy: Policy) -> Objections:
    """`Null` has the suffix `IfExists`.

    Why it matters: IAM rejects the policy; `Null` itself tests whether the key is present.
    Instead: use `Null` alone.

    Fires on: {…, "Effect": "Deny", "Action": "*", "Condition": {"NullIfExists": {"aws:TokenIssueTime": "true"}}}
    Quiet on: {…, "Effect": "Deny", "Action": "*", "Condition": {"Null": {"aws:TokenIssueTime": "true"}}}
    """
    for condition in each_condition(policy):
        if condition.if_exists and condition.operator.lower() == "null":
            message = f"`{condition.text}` does not exist; `Null` alone tests whether a key is present"
            yield OfKey(operator_pointer(condition)), message


@suggestion("null-with-qualifier")
def null_with_qualifier(policy: Policy) -> Objections:
    """`Null` has a set prefix.

    Why it matters: with `ForAllValues` it is always true, with `ForAnyValue` always false.
    Instead: use `Null` alone.

    Fires on: {…, "Action": "ec2:CreateTags", "Condition": {"ForAllValues:Null": {"aws:TagKeys": "false"}}}
    Quiet on: {…, "Action": "ec2:CreateTags", "Condition": {"Null": {"aws:TagKeys": "false"}}}
    """
    for condition in each_condition(policy):
        if condition.qualifier and condition.operator.lower() == "null":
            always = "true" if condition.qualifier.lower() == "forallvalues" else "false"
            yield OfKey(operator_pointer(condition)), f"`{condition.text}` is always {always}; use `Null` alone"


@warning("type-mismatch")
def type_mismatch(policy: Policy) -> Objections:
    """A condition operator does not suit the type of its key.

    Why it matters: the comparison does not mean what it seems to, and may never match.
    Instead: use the operator family of the key's type: `Bool`, `Date…`, `Numeric…`, `IpAddress`, `Arn…`, `String…`.

    Fires on: {…, "Condition": {"StringEquals": {"aws:ViaAWSService": "true"}}}
    Quiet on: {…, "Condition": {"Bool": {"aws:ViaAWSService": "true"},
               "ArnLike": {"aws:PrincipalTag/role": "arn:aws:iam::*:role/a"}}}
    """
    for condition, operator, key in known(policy):
        if operator.family not in {"Null", key.type, *_ALSO.get(key.type, ())}:
            message = f"`{condition.text}` compares {operator.family} values, but `{condition.key}` is {key.type}"
            yield condition.pointer, message


@error("missing-qualifier")
def missing_qualifier(policy: Policy) -> Objections:
    """A multivalued key is compared without a set prefix.

    Why it matters: how the operator treats several values is undefined.
    Instead: use `ForAnyValue:` (at least one value matches) or `ForAllValues:` (all match, or the key is missing).

    Fires on: {…, "Condition": {"StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}}
    Quiet on: {…, "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"},
               "Null": {"aws:TagKeys": "true"}}}
    """
    for condition, operator, key in known(policy):
        if key.multivalued and not condition.qualifier and operator.family != "Null":
            yield condition.pointer, f"`{condition.key}` is multivalued; use `ForAnyValue:` or `ForAllValues:`"


@security_warning("forallvalues-with-single-valued-key")
def forallvalues_with_single_valued_key(policy: Policy) -> Objections:
    """`ForAllValues` is used on a single-valued key.

    Why it matters: it is also true when the key is missing, so an Allow applies to requests without the key.
    Instead: remove the prefix.

    Fires on: {…, "Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-123456"}}}
    Quiet on: {…, "Action": "ec2:CreateTags", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}}
    """
    for condition, operator, key in known(policy):
        if condition.qualifier.lower() == "forallvalues" and not key.multivalued and operator.family != "Null":
            message = f"`ForAllValues` is also true when `{condition.key}`, which has one value, is missing; remove it"
            yield condition.pointer, message


@security_warning("string-like-operator-with-arn-condition-keys")
def string_like_operator_with_arn_condition_keys(policy: Policy) -> Objections:
    """`StringLike` is used on a key whose value is an ARN.

    Why it matters: its `*` also matches colons, so a pattern for one account can match a resource of another.
    Instead: use `ArnLike`, whose wildcards match within one field.

    Fires on: {…, "Action": "sns:Publish", "Condition": {"StringLike": {"aws:SourceArn": "arn:aws:s3:::app-*"}}}
    Quiet on: {…, "Action": "sns:Publish", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::app-*"}}}
    """
    for condition, operator, key in known(policy):
        if key.type == "ARN" and operator.family == "String" and operator.wildcards:
            better = "ArnNotLike" if operator.negated else "ArnLike"
            yield condition.pointer, f"`{condition.key}` is an ARN; compare it with `{better}`, not `{operator.name}`"


@warning("wildcard-without-like-operator")
def wildcard_without_like_operator(policy: Policy) -> Objections:
    """A value with a wildcard is compared by an operator without wildcards.

    Why it matters: the `*` is compared literally, so the condition (almost) never matches.
    Instead: use `StringLike` or `StringNotLike`.

    Fires on: {…, "Action": "s3:ListBucket", "Condition": {"StringEquals": {"s3:prefix": "home/*"}}}
    Quiet on: {…, "Action": "s3:ListBucket", "Condition": {"StringLike": {"s3:prefix": "home/*"}}}
    """
    for condition in each_condition(policy):
        operator = find_operator(condition.operator)
        if operator and operator.family == "String" and not operator.wildcards:
            for value, pointer in condition.values:
                if isinstance(value, str) and is_wild(value.replace("${*}", "").replace("${?}", "")):
                    better = "StringNotLike" if operator.negated else "StringLike"
                    yield pointer, f"`{operator.name}` compares `{value}` literally; use `{better}` for a pattern"
