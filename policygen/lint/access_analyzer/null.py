"""Conditions with a lone `*` or an empty list, which test only whether a key is present, or test nothing."""

from collections.abc import Iterator

from policygen.lint.access_analyzer import suggestion
from policygen.lint.access_analyzer.operators import each_condition
from policygen.lint.rule import Objections
from policygen.policy.model import Condition, Policy
from policygen.reference.operators import find_operator


@suggestion("equivalent-to-null-false")
def equivalent_to_null_false(policy: Policy) -> Objections:
    """A condition matches every value, so it only tests whether the key is present.

    Why it matters: `Null` says so explicitly, and works for keys of every type.
    Instead: write `"Null": {"aws:ResourceTag/team": "false"}`.

    Fires on: {…, "Action": "ec2:StartInstances", "Condition": {"StringLike": {"aws:ResourceTag/team": "*"}}}
    Quiet on: {…, "Action": "ec2:StartInstances", "Condition": {"Null": {"aws:ResourceTag/team": "false"}}}
    """
    for condition, pointer in _lone_star(policy, negated=False):
        if not condition.if_exists and condition.qualifier.lower() != "forallvalues":
            yield pointer, _say_null(condition, "false")


@suggestion("equivalent-to-null-true")
def equivalent_to_null_true(policy: Policy) -> Objections:
    """A condition excludes every value, so it only tests whether the key is missing.

    Why it matters: `Null` says so explicitly.
    Instead: write `"Null": {"aws:ResourceTag/team": "true"}`.

    Fires on: {…, "Effect": "Deny", "Action": "ec2:StartInstances",
               "Condition": {"StringNotLike": {"aws:ResourceTag/team": "*"}}}
    Quiet on: {…, "Effect": "Deny", "Action": "ec2:StartInstances",
               "Condition": {"Null": {"aws:ResourceTag/team": "true"}}}
    """
    for condition, pointer in _lone_star(policy, negated=True):
        if condition.qualifier.lower() != "foranyvalue":
            yield pointer, _say_null(condition, "true")


@suggestion("redundant-key-due-to-wildcard-in-condition")
def redundant_key_due_to_wildcard_in_condition(policy: Policy) -> Objections:
    """A condition is true for every value of the key, and also without the key.

    Why it matters: it looks like a restriction and restricts nothing.
    Instead: remove the key, or compare it with the values that are meant.

    Fires on: {…, "Action": "ec2:StartInstances", "Condition": {"StringLikeIfExists": {"aws:ResourceTag/team": "*"}}}
    Quiet on: {…, "Action": "ec2:StartInstances", "Condition": {"StringLikeIfExists": {"aws:ResourceTag/team": "a*"}}}
    """
    for condition, _ in _lone_star(policy, negated=False):
        if condition.if_exists or condition.qualifier.lower() == "forallvalues":
            yield condition.pointer, f"`{condition.text}` on `{condition.key}` is always true; remove it"


@suggestion("redundant-statement-due-to-wildcard-in-condition")
def redundant_statement_due_to_wildcard_in_condition(policy: Policy) -> Objections:
    """A condition is never true, so the statement never applies.

    Why it matters: the statement looks as if it allowed or denied something.
    Instead: remove the statement, or compare the key with the values that are meant.

    Fires on: {…, "Effect": "Deny", "Action": "ec2:CreateTags",
               "Condition": {"ForAnyValue:StringNotLike": {"aws:TagKeys": "*"}}}
    Quiet on: {…, "Effect": "Deny", "Action": "ec2:CreateTags",
               "Condition": {"ForAnyValue:StringNotLike": {"aws:TagKeys": "team*"}}}
    """
    for condition, _ in _lone_star(policy, negated=True):
        if condition.qualifier.lower() == "foranyvalue" and not condition.if_exists:
            yield condition.pointer, f"`{condition.text}` on `{condition.key}` is never true; remove the statement"


def _lone_star(policy: Policy, *, negated: bool) -> Iterator[tuple[Condition, str]]:
    """The conditions that compare a key with `*`, and the place of the `*`."""
    for condition in each_condition(policy):
        operator = find_operator(condition.operator)
        if operator and operator.family == "String" and operator.wildcards and operator.negated == negated:
            star = next((pointer for value, pointer in condition.values if value == "*"), None)
            if star:
                yield condition, star


def _say_null(condition: Condition, value: str) -> str:
    null = f'"Null": {{"{condition.key}": "{value}"}}'
    return f"`{condition.text}` with `*` only tests whether the key is present; write `{null}`"


@suggestion("empty-object-condition")
def empty_object_condition(policy: Policy) -> Objections:
    """`Condition`, or an operator in it, is empty.

    Why it matters: the statement applies without any condition, though it looks as if there were one.
    Instead: remove the element, or write the condition.

    Fires on: {…, "Condition": {}}
    Fires on: {…, "Condition": {"StringEquals": {}}}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    """
    for statement in policy.statements:
        block = statement.body.get("Condition")
        if block == {}:
            yield f"{statement.pointer}/Condition", "the condition is empty; remove the element"
        for operator, keys in block.items() if isinstance(block, dict) else ():
            if keys == {}:
                yield f"{statement.pointer}/Condition/{operator}", f"`{operator}` contains no condition key; remove it"


@suggestion("empty-array-condition")
def empty_array_condition(policy: Policy) -> Objections:
    """A condition key has an empty list of values.

    Why it matters: nothing matches, so the statement never applies.
    Instead: list the values, or remove the key.

    Fires on: {…, "Condition": {"StringEquals": {"aws:PrincipalTag/team": []}}}
    Quiet on: {…, "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a"]}}}
    """
    for condition in each_condition(policy):
        if not condition.values and not condition.qualifier and not condition.if_exists:
            yield condition.pointer, f"`{condition.key}` is compared with an empty list; list values or remove it"


@suggestion("empty-array-condition-forallvalues")
def empty_array_condition_forallvalues(policy: Policy) -> Objections:
    """A key under `ForAllValues` has an empty list of values.

    Why it matters: it is true only when the request does not have the key.
    Instead: use `Null` if that is what is meant.

    Fires on: {…, "Action": "ec2:CreateTags", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": []}}}
    Quiet on: {…, "Action": "ec2:CreateTags", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}}
    """
    for condition in each_condition(policy):
        if not condition.values and condition.qualifier.lower() == "forallvalues":
            yield condition.pointer, f"this is true only when `{condition.key}` is missing; use `Null` to say so"


@suggestion("empty-array-condition-foranyvalue")
def empty_array_condition_foranyvalue(policy: Policy) -> Objections:
    """A key under `ForAnyValue` has an empty list of values.

    Why it matters: it is never true, so the statement never applies.
    Instead: list the values, or remove the statement.

    Fires on: {…, "Action": "ec2:CreateTags", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": []}}}
    Quiet on: {…, "Action": "ec2:CreateTags", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}}
    """
    for condition in each_condition(policy):
        if not condition.values and condition.qualifier.lower() == "foranyvalue":
            yield (
                condition.pointer,
                f"an empty list matches no value of `{condition.key}`; list values or remove the statement",
            )


@suggestion("empty-array-condition-ifexists")
def empty_array_condition_ifexists(policy: Policy) -> Objections:
    """A key under `…IfExists` has an empty list of values.

    Why it matters: it is true only when the request does not have the key.
    Instead: use `Null` if that is what is meant.

    Fires on: {…, "Condition": {"StringEqualsIfExists": {"aws:SourceVpc": []}}}
    Quiet on: {…, "Condition": {"StringEqualsIfExists": {"aws:SourceVpc": ["vpc-12345678"]}}}
    """
    for condition in each_condition(policy):
        if not condition.values and condition.if_exists and not condition.qualifier:
            yield condition.pointer, f"this is true only when `{condition.key}` is missing; use `Null` to say so"
