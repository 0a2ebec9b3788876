"""The values of conditions: their JSON types, and whether they have the form that the operator or the key needs."""

import base64
import binascii
import re
from collections.abc import Callable
from decimal import Decimal

from policygen.errors import did_you_mean
from policygen.finding import Severity
from policygen.lint.access_analyzer import error, suggestion
from policygen.lint.access_analyzer.family import Row, family
from policygen.lint.access_analyzer.operators import each_condition, literals
from policygen.lint.rule import Objections
from policygen.policy.model import Policy
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
    for _, (value, pointer) in literals(policy, {"aws:requestedregion"}, "String", "ARN"):
        if value not in regions():
            yield pointer, f"`{value}` is not in the list of Regions of {data_date()}{did_you_mean(value, regions())}"


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


_Form = tuple[tuple[str, ...], Callable[[str], bool], str]
"""Operator families, whether a value of theirs has the right form, and the message if it does not."""


def _unfit(policy: Policy, case: _Form) -> Objections:
    families, fits, message = case
    for condition in each_condition(policy):
        operator = find_operator(condition.operator)
        for value, pointer in condition.values if operator and operator.family in families else ():
            # other rules check variables and values of other JSON types
            if _json_type(value) != "other" and "${" not in str(value) and not fits(str(value)):
                yield pointer, message.format(value)


family(
    _unfit,
    Row[_Form](
        "type-mismatch-boolean",
        Severity.WARNING,
        "A boolean operator compares with a value other than `true` or `false`.",
        "anything else counts as false.",
        "write `true` or `false`.",
        fires='{…, "Condition": {"Bool": {"aws:SecureTransport": "yes"}}}',
        quiet='{…, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}',
        data=(("Bool", "Null"), lambda text: text.lower() in {"true", "false"}, "`{}` is neither `true` nor `false`"),
    ),
    Row[_Form](
        "type-mismatch-number",
        Severity.WARNING,
        "A numeric operator compares with a value that is not a number.",
        "the condition never matches.",
        'write a number: `"43200"`.',
        fires='{…, "Effect": "Deny", "Action": "*", '
        '"Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "12h"}}}',
        quiet='{…, "Effect": "Deny", "Action": "*", '
        '"Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "43200"}}}',
        data=(("Numeric",), lambda text: _number(text) is not None, "`{}` is not a number"),
    ),
    Row[_Form](
        "type-mismatch-date",
        Severity.WARNING,
        "A date operator compares with a value that is not a date.",
        "the condition never matches.",
        "write `2026-12-31` or `2026-12-31T23:59:59Z`.",
        fires='{…, "Condition": {"DateLessThan": {"aws:CurrentTime": "31.12.2026"}}}',
        quiet='{…, "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-12-31T23:59:59Z"}}}',
        data=(
            ("Date",),
            lambda text: _moment(text) is not None,
            "`{}` is not a date; write `2026-12-31` or `2026-12-31T23:59:59Z`",
        ),
    ),
    Row[_Form](
        "invalid-date-value",
        Severity.WARNING,
        "A date is written as seconds since 1970.",
        "nobody can read it, and leap seconds make it inexact.",
        "write `2026-12-31T23:59:59Z`.",
        fires='{…, "Condition": {"DateLessThan": {"aws:CurrentTime": "1798761599"}}}',
        quiet='{…, "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-12-31T23:59:59Z"}}}',
        data=(("Date",), lambda text: _number(text) is None, "write `{}` as a date: `2026-12-31T23:59:59Z`"),
    ),
    Row[_Form](
        "type-mismatch-string",
        Severity.WARNING,
        "A binary operator compares with a value that is not Base64.",
        "the condition never matches.",
        "write the bytes in Base64.",
        fires='{…, "Condition": {"BinaryEquals": {"aws:PrincipalTag/key": "not base64!"}}}',
        quiet='{…, "Condition": {"BinaryEquals": {"aws:PrincipalTag/key": "QmluYXJ5"}}}',
        data=(("Binary",), _is_base64, "`{}` is not Base64"),
    ),
)


def _malformed(policy: Policy, case: tuple[set[str], str, str]) -> Objections:
    keys, form, message = case
    for _, (value, pointer) in literals(policy, keys, "String", "ARN"):
        if not re.fullmatch(form, value):
            yield pointer, message.format(value)


family(
    _malformed,
    Row(
        "invalid-vpc-format",
        Severity.ERROR,
        "A condition on a VPC compares with a value that is not a VPC ID.",
        "the value never matches.",
        "write `vpc-` and 8 or 17 letters and digits.",
        fires='{…, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-production"}}}',
        quiet='{…, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-11223344556677889"}}}',
        data=(
            {"aws:sourcevpc", "aws:ec2instancesourcevpc"},
            "vpc-([a-z0-9]{8}|[a-z0-9]{17})",
            "`{}` is not a VPC ID: `vpc-` and 8 or 17 letters and digits",
        ),
    ),
    Row(
        "invalid-vpce-format",
        Severity.ERROR,
        "A condition on a VPC endpoint compares with a value that is not a VPC endpoint ID.",
        "the value never matches.",
        "write `vpce-` and 8 or 17 letters and digits.",
        fires='{…, "Condition": {"StringEquals": {"aws:SourceVpce": "vpc-12345678"}}}',
        quiet='{…, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-11223344556677889"}}}',
        data=(
            {"aws:sourcevpce"},
            "vpce-([a-z0-9]{8}|[a-z0-9]{17})",
            "`{}` is not a VPC endpoint ID: `vpce-` and 8 or 17 letters and digits",
        ),
    ),
    Row(
        "invalid-kms-key-value",
        Severity.ERROR,
        "A condition on the AWS KMS key of an object compares with a value that is not a key ARN.",
        "S3 always compares the ARN of the key, so the value never matches.",
        "write `arn:aws:kms:region:account:key/key-id`.",
        fires='{…, "Effect": "Deny", "Action": "s3:PutObject", '
        '"Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "alias/app"}}}',
        quiet='{"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*", "Condition": {"StringNotEquals": {'
        '"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"}}}',
        data=(
            {"s3:x-amz-server-side-encryption-aws-kms-key-id"},
            r"arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+",
            "`{}` is not a key ARN; write `arn:aws:kms:region:account:key/key-id`",
        ),
    ),
)
