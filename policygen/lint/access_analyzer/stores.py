"""Condition keys of Amazon S3 and DynamoDB that limit less than they seem to."""

import json
from collections.abc import Iterator

from policygen.finding import Severity
from policygen.lint.access_analyzer import security_warning, warning
from policygen.lint.access_analyzer.family import Row, family
from policygen.lint.access_analyzer.operators import each_condition
from policygen.lint.rule import Objections
from policygen.policy.model import Condition, Element, Policy, Statement
from policygen.policy.pattern import is_wild, matches
from policygen.reference.operators import Operator, find_operator
from policygen.reference.services import find_action, keys_of

_READS = ("getitem", "batchgetitem", "query", "scan")
_RETURNING = ("putitem", "updateitem", "deleteitem")
_VALUES = {
    "dynamodb:ReturnConsumedCapacity": ("TOTAL", "NONE"),
    "dynamodb:ReturnValues": ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"),
    "dynamodb:Select": ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT"),
}


@security_warning("s3-prefix-in-negative-context")
def s3_prefix_in_negative_context(policy: Policy) -> Objections:
    """A condition on `s3:prefix` excludes prefixes instead of listing the allowed ones.

    Why it matters: listing a shorter prefix (`priv` instead of `private/`) returns the same objects.
    Instead: allow the permitted prefixes (Allow with StringLike), or deny all others (Deny with StringNotLike).

    Fires on: {…, "Effect": "Deny", "Action": "s3:ListBucket", "Condition": {"StringLike": {"s3:prefix": "private/*"}}}
    Quiet on: {…, "Effect": "Allow", "Action": "s3:ListBucket", "Condition": {"StringLike": {"s3:prefix": "home/*"}}}
    """
    for statement in policy.statements:
        for condition in _on_key(statement, "s3:prefix"):
            operator = find_operator(condition.operator)
            is_like = operator and operator.family == "String" and operator.wildcards
            if operator and is_like and operator.negated == statement.allows:
                yield condition.pointer, "a shorter prefix gets around this; name the permitted prefixes instead"


@security_warning("dynamodb-attributes-without-select")
def dynamodb_attributes_without_select(policy: Policy) -> Objections:
    """Reads are limited to attributes, but not to requests that name attributes.

    Why it matters: a request that names no attributes returns the whole item.
    Instead: add `"StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}` to the statement.

    Fires on: {…, "Action": "dynamodb:Query",
               "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]}}}
    Quiet on: {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "*",
               "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]},
                             "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}}
    """
    for statement, condition in _allowed_attributes(policy, _READS):
        if not _limited(statement, "dynamodb:select", {"SPECIFIC_ATTRIBUTES"}):
            yield condition.pointer, "a read that names no attributes returns all of them; require `dynamodb:Select`"


@security_warning("dynamodb-attributes-without-return-values")
def dynamodb_attributes_without_return_values(policy: Policy) -> Objections:
    """Writes are limited to attributes, but what they return is not.

    Why it matters: a write that asks for `ALL_OLD` or `ALL_NEW` returns the whole item.
    Instead: limit `dynamodb:ReturnValues` to `NONE`, `UPDATED_OLD` and `UPDATED_NEW`.

    Fires on: {…, "Action": "dynamodb:UpdateItem",
               "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]}}}
    Quiet on: {…, "Action": "dynamodb:UpdateItem",
               "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]},
               "StringEquals": {"dynamodb:ReturnValues": ["NONE", "UPDATED_NEW"]}}}
    """
    for statement, condition in _allowed_attributes(policy, _RETURNING):
        if not _limited(statement, "dynamodb:returnvalues", {"NONE", "UPDATED_OLD", "UPDATED_NEW"}):
            yield condition.pointer, "a write can return the whole item; limit `dynamodb:ReturnValues`"


@warning("dynamodb-replace-operation-with-attributes")
def dynamodb_replace_operation_with_attributes(policy: Policy) -> Objections:
    """An action that replaces whole items is limited to attributes.

    Why it matters: attributes that the new item leaves out are deleted, even those that the caller may not write.
    Instead: allow `dynamodb:UpdateItem`.

    Fires on: {…, "Action": "dynamodb:PutItem",
               "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]}}}
    Quiet on: {…, "Action": "dynamodb:UpdateItem",
               "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]}}}
    """
    for statement, _ in _allowed_attributes(policy, ("putitem", "batchwriteitem")):
        for action in _reaching(statement, ("putitem", "batchwriteitem")):
            yield action.pointer, f"`{action.value}` replaces the whole item whatever `dynamodb:Attributes` says"


@warning("dynamodb-scan-bypasses-leading-keys")
def dynamodb_scan_bypasses_leading_keys(policy: Policy) -> Objections:
    """`dynamodb:Scan` is allowed under a condition on leading keys.

    Why it matters: a scan reads the whole table and has no leading keys, so the condition limits nothing.
    Instead: remove `dynamodb:Scan` from the statement.

    Fires on: {…, "Action": ["dynamodb:Query", "dynamodb:Scan"],
               "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:userid}"]}}}
    Quiet on: {…, "Action": "dynamodb:Query",
               "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:userid}"]}}}
    """
    for statement in policy.statements:
        if statement.allows and any(_on_key(statement, "dynamodb:leadingkeys")):
            for action in _reaching(statement, ("scan",)):
                yield action.pointer, f"`{action.value}` reads the whole table whatever `dynamodb:LeadingKeys` says"


@warning("dynamodb-wrong-condition-for-action")
def dynamodb_wrong_condition_for_action(policy: Policy) -> Objections:
    """`dynamodb:Select` is compared for writes, or `dynamodb:ReturnValues` for reads.

    Why it matters: such requests do not have the key, so the condition protects nothing.
    Instead: compare `dynamodb:Select` for reads and `dynamodb:ReturnValues` for writes.

    Fires on: {…, "Action": "dynamodb:PutItem", "Condition": {"StringEquals": {"dynamodb:Select": "COUNT"}}}
    Quiet on: {…, "Action": "dynamodb:Query", "Condition": {"StringEquals": {"dynamodb:Select": "COUNT"}}}
    """
    for statement in policy.statements:
        for key in ("dynamodb:select", "dynamodb:returnvalues"):
            for condition in _on_key(statement, key):
                for action in statement.actions:
                    known = None if is_wild(action.value) else find_action(action.value)
                    if known and known.service == "dynamodb" and key not in keys_of(known):
                        yield condition.pointer, f"requests of `{action.value}` have no `{condition.key}`"
                        break


def _outside_of_values(policy: Policy, key: str) -> Objections:
    for condition in each_condition(policy):
        operator = find_operator(condition.operator)
        if condition.key.lower() == key.lower() and operator and operator.family == "String":
            for value, pointer in condition.values:
                if isinstance(value, str) and "${" not in value and not _is_one_of(value, _VALUES[key], operator):
                    yield pointer, f"`{condition.key}` is never `{value}`; it is one of {', '.join(_VALUES[key])}"


def _is_one_of(value: str, known: tuple[str, ...], operator: Operator) -> bool:
    if operator.wildcards:
        return any(matches(value, one) for one in known)
    return (value.upper() if operator.name.endswith("IgnoreCase") else value) in known


def _values_row(rule: str, key: str) -> Row[str]:
    right = _VALUES[key][0]

    def example(operator: str, value: str) -> str:
        return f'{{…, "Action": "dynamodb:*", {json.dumps({"Condition": {operator: {key: value}}})[1:]}'

    return Row(
        rule,
        Severity.ERROR,
        f"`{key}` is compared with a value that it never has.",
        "the condition never matches; the values are case-sensitive.",
        f"use one of {', '.join(f'`{value}`' for value in _VALUES[key])}.",
        fires=example("StringEquals", right.lower()),
        quiet=(example("StringEquals", right), example("StringEqualsIgnoreCase", right.lower())),
        data=key,
    )


family(
    _outside_of_values,
    _values_row("dynamodb-invalid-select-value", "dynamodb:Select"),
    _values_row("dynamodb-invalid-return-values", "dynamodb:ReturnValues"),
    _values_row("dynamodb-invalid-return-consumed-capacity", "dynamodb:ReturnConsumedCapacity"),
)


def _on_key(statement: Statement, key: str) -> Iterator[Condition]:
    return (condition for condition in statement.conditions if condition.key.lower() == key)


def _allowed_attributes(policy: Policy, names: tuple[str, ...]) -> Iterator[tuple[Statement, Condition]]:
    """The statements that limit the DynamoDB actions to attributes, with the condition that does."""
    for statement in policy.statements:
        condition = next(_on_key(statement, "dynamodb:attributes"), None) if statement.allows else None
        if condition and any(_reaching(statement, names)):
            yield statement, condition


def _reaching(statement: Statement, names: tuple[str, ...]) -> Iterator[Element]:
    for action in statement.actions:
        if any(matches(action.value.lower(), f"dynamodb:{name}") for name in names):
            yield action


def _limited(statement: Statement, key: str, values: set[str]) -> bool:
    """Whether the statement applies only where the key has one of the values."""
    for condition in _on_key(statement, key):
        operator = find_operator(condition.operator)
        if operator and operator.family == "String" and not operator.negated:
            return all(value in values for value, _ in condition.values)
    return False
