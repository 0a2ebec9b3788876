"""The values of conditions: their JSON types, and whether they have the form that the operator or the key needs."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from policygen.errors import did_you_mean
from policygen.lint.access_analyzer import error, suggestion, warning
from policygen.lint.access_analyzer.operators import each_condition
from policygen.lint.rule import Objections
from policygen.policy.model import Condition, Element, Policy
from policygen.policy.pattern import is_wild
from policygen.reference.operators import find_operator
from policygen.reference.partitions import data_date, regions


@error("invalid-condition-data-type")
def invalid_condition_data_type(policy: Policy) -> Objections:
    """A value of a condition is neither text, a number nor a boolean, or the values are of different types.

    Why it matters: IAM rejects the policy.
    Instead: write a string, or a list of strings.

    Fires on: {…, "Condition": {"StringEquals": {"aws:PrincipalTag/team": {"is": "a"}}}}
    Fires on: {…, "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a", 1]}}}
    Quiet on: {…, "Condition": {"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"s3:max-keys": "10"}}}
    """
    for condition in each_condition(policy):
        kinds = {_json_type(value) for value, _ in condition.values}
        if not kinds <= {"text", "number", "boolean"}:
            message = f"`{condition.key}` must be compared with text, a number or a boolean, or a list of one of these"
            yield condition.pointer, message
        elif len(kinds) > 1:
            message = f"the values of `{condition.key}` have different JSON types; write them as strings"
            yield condition.pointer, message


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "other"


@error("invalid-condition-multiple-boolean")
def invalid_condition_multiple_boolean(policy: Policy) -> Objections:
    """A boolean key is compared with several values.

    Why it matters: with both `true` and `false` the condition is always true.
    Instead: give one value.

    Fires on: {…, "Condition": {"Bool": {"aws:SecureTransport": ["true", "false"]}}}
    Quiet on: {…, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    """
    for condition in each_condition(policy):
        if condition.operator.lower() in {"bool", "null"} and len(condition.values) > 1 and not condition.qualifier:
            yield condition.pointer, f"`{condition.key}` is compared with several booleans; give one"


@warning("type-mismatch-boolean")
def type_mismatch_boolean(policy: Policy) -> Objections:
    """A boolean operator compares with a value other than `true` or `false`.

    Why it matters: anything else counts as false.
    Instead: write `true` or `false`.

    Fires on: {…, "Condition": {"Bool": {"aws:SecureTransport": "yes"}}}
    Quiet on: {…, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    """
    for value, pointer in _unfit(policy, {"Bool", "Null"}, lambda text: text.lower() in {"true", "false"}):
        yield pointer, f"`{value}` is neither `true` nor `false`"


@warning("type-mismatch-number")
def type_mismatch_number(policy: Policy) -> Objections:
    """A numeric operator compares with a value that is not a number.

    Why it matters: the condition never matches.
    Instead: write a number: `"43200"`.

    Fires on: {…, "Effect": "Deny", "Action": "*",
               "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "12h"}}}
    Quiet on: {…, "Effect": "Deny", "Action": "*",
               "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "43200"}}}
    """
    for value, pointer in _unfit(policy, {"Numeric"}, lambda text: _number(text) is not None):
        yield pointer, f"`{value}` is not a number"


@warning("type-mismatch-date")
def type_mismatch_date(policy: Policy) -> Objections:
    """A date operator compares with a value that is not a date.

    Why it matters: the condition never matches.
    Instead: write `2026-12-31` or `2026-12-31T23:59:59Z`.

    Fires on: {…, "Condition": {"DateLessThan": {"aws:CurrentTime": "31.12.2026"}}}
    Quiet on: {…, "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-12-31T23:59:59Z"}}}
    """
    for value, pointer in _unfit(policy, {"Date"}, lambda text: _moment(text) is not None):
        yield pointer, f"`{value}` is not a date; write `2026-12-31` or `2026-12-31T23:59:59Z`"


@warning("invalid-date-value")
def invalid_date_value(policy: Policy) -> Objections:
    """A date is written as seconds since 1970.

    Why it matters: nobody can read it, and leap seconds make it inexact.
    Instead: write `2026-12-31T23:59:59Z`.

    Fires on: {…, "Condition": {"DateLessThan": {"aws:CurrentTime": "1798761599"}}}
    Quiet on: {…, "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-12-31T23:59:59Z"}}}
    """
    for value, pointer in _unfit(policy, {"Date"}, lambda text: _number(text) is None):
        yield pointer, f"write `{value}` as a date: `2026-12-31T23:59:59Z`"


@warning("type-mismatch-string")
def type_mismatch_string(policy: Policy) -> Objections:
    """A binary operator compares with a value that is not Base64.

    Why it matters: the condition never matches.
    Instead: write the bytes in Base64.

    Fires on: {…, "Condition": {"BinaryEquals": {"aws:PrincipalTag/key": "not base64!"}}}
    Quiet on: {…, "Condition": {"BinaryEquals": {"aws:PrincipalTag/key": "QmluYXJ5"}}}
    """
    for value, pointer in _unfit(policy, {"Binary"}, _is_base64):
        yield pointer, f"`{value}` is not Base64"


@suggestion("redundant-condition-value-num")
def redundant_condition_value_num(policy: Policy) -> Objections:
    """A numeric condition has several bounds, and only the widest has an effect.

    Why it matters: a match with any value is enough, so the stricter bounds have no effect.
    Instead: write one bound.

    Fires on: {…, "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": ["2700", "3600"]}}}
    Quiet on: {…, "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}}
    """
    for condition in each_condition(policy):
        operator = condition.operator.lower()
        if operator.startswith(("numericless", "numericgreater")):
            bounds = [(_number(str(value)), str(value), pointer) for value, pointer in condition.values]
            known = [bound for bound, _, _ in bounds if bound is not None]
            widest = (max if "less" in operator else min)(known, default=None)
            for bound, text, pointer in bounds:
                if bound is not None and bound != widest:
                    yield pointer, f"`{text}` has no effect in addition to `{widest}`; remove one of them"


@error("invalid-region")
def invalid_region(policy: Policy) -> Objections:
    """A condition compares `aws:RequestedRegion` with a Region that does not exist.

    Why it matters: the value never matches.
    Instead: use the code of the Region, such as `eu-central-1`.

    Fires on: {…, "Action": "ec2:*", "Condition": {"StringEquals": {"aws:RequestedRegion": "frankfurt"}}}
    Quiet on: {…, "Action": "ec2:*", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}}
    """
    for value, pointer in _literals(policy, {"aws:requestedregion"}):
        if value not in regions():
            yield pointer, f"`{value}` is not in the list of Regions of {data_date()}{did_you_mean(value, regions())}"


@error("invalid-vpc-format")
def invalid_vpc_format(policy: Policy) -> Objections:
    """A condition on a VPC compares with a value that is not a VPC ID.

    Why it matters: the value never matches.
    Instead: write `vpc-` and 8 or 17 letters and digits.

    Fires on: {…, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-production"}}}
    Quiet on: {…, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-11223344556677889"}}}
    """
    for value, pointer in _literals(policy, {"aws:sourcevpc", "aws:ec2instancesourcevpc"}):
        if not re.fullmatch("vpc-([a-z0-9]{8}|[a-z0-9]{17})", value):
            yield pointer, f"`{value}` is not a VPC ID: `vpc-` and 8 or 17 letters and digits"


@error("invalid-vpce-format")
def invalid_vpce_format(policy: Policy) -> Objections:
    """A condition on a VPC endpoint compares with a value that is not a VPC endpoint ID.

    Why it matters: the value never matches.
    Instead: write `vpce-` and 8 or 17 letters and digits.

    Fires on: {…, "Condition": {"StringEquals": {"aws:SourceVpce": "vpc-12345678"}}}
    Quiet on: {…, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-11223344556677889"}}}
    """
    for value, pointer in _literals(policy, {"aws:sourcevpce"}):
        if not re.fullmatch("vpce-([a-z0-9]{8}|[a-z0-9]{17})", value):
            yield pointer, f"`{value}` is not a VPC endpoint ID: `vpce-` and 8 or 17 letters and digits"


@error("invalid-kms-key-value")
def invalid_kms_key_value(policy: Policy) -> Objections:
    """A condition on the AWS KMS key of an object compares with a value that is not a key ARN.

    Why it matters: S3 always compares the ARN of the key, so the value never matches.
    Instead: write `arn:aws:kms:region:account:key/key-id`.

    Fires on: {…, "Effect": "Deny", "Action": "s3:PutObject",
               "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "alias/app"}}}
    Quiet on: {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*", "Condition": {"StringNotEquals": {
               "s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"}}}
    """
    for value, pointer in _literals(policy, {"s3:x-amz-server-side-encryption-aws-kms-key-id"}):
        if not re.fullmatch(r"arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+", value):
            yield pointer, f"`{value}` is not a key ARN; write `arn:aws:kms:region:account:key/key-id`"


def _literals(policy: Policy, keys: set[str]) -> Iterator[Element]:
    """The values, without wildcards and variables, that String and Arn operators compare the keys with."""
    for condition in each_condition(policy):
        operator = find_operator(condition.operator) if condition.key.lower() in keys else None
        if operator and operator.family in {"String", "ARN"}:
            for entry in condition.values:
                if isinstance(entry.value, str) and not is_wild(entry.value) and "${" not in entry.value:
                    yield entry


def _unfit(policy: Policy, families: set[str], fits: Callable[[str], bool]) -> Iterator[Element]:
    """The values, as text, under operators of some families that do not fit; variables have their own rule."""
    for condition in each_condition(policy):
        operator = find_operator(condition.operator)
        if operator and operator.family in families:
            yield from _misfits(condition, fits)


def _misfits(condition: Condition, fits: Callable[[str], bool]) -> Iterator[Element]:
    for value, pointer in condition.values:
        text = str(value)
        if _json_type(value) != "other" and "${" not in text and not fits(text):
            yield Element(text, pointer)


def _number(text: str) -> Decimal | None:
    from policygen.evaluate.operators import number

    return number(text)


def _moment(text: str) -> Decimal | None:
    from policygen.evaluate.operators import moment

    return moment(text)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
