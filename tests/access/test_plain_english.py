"""Statements in plain words."""

import pytest

from policygen.access.plain_english import describe
from policygen.policy.model import Policy


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, "Allows every action on every resource"),
        (
            {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "NotResource": "arn:aws:s3:::b"},
            "Denies every action except iam:* and sts:* on every resource except arn:aws:s3:::b",
        ),
        (
            {
                "Effect": "Allow",
                "Action": ["iam:GetUser", "iam:ListUsers", "iam:GetGroup"],
                "Resource": "*",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            },
            "Allows iam:GetUser, iam:ListUsers and iam:GetGroup on every resource, "
            "if aws:MultiFactorAuthPresent is true",
        ),
        (
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"},
            "Denies s3:* on every resource, for everyone",
        ),
        (
            {
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam::123456789012:root"], "Service": "*"},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::b/*",
            },
            "Allows s3:GetObject on arn:aws:s3:::b/*, to arn:aws:iam::123456789012:root and every Service principal",
        ),
        (
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
            "Allows sts:AssumeRole, to ec2.amazonaws.com",
        ),
        (
            {"Effect": "Deny", "NotPrincipal": {"AWS": "123456789012"}, "Action": "s3:*", "Resource": "*"},
            "Denies s3:* on every resource, for everyone except 123456789012",
        ),
    ],
)
def test_a_statement_says_effect_actions_resources_principals_and_conditions(statement, words):
    assert describe(Policy({"Statement": statement}).statements[0]) == words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"Null": {"aws:TokenIssueTime": "true"}}, "aws:TokenIssueTime is missing"),
        ({"Null": {"aws:TokenIssueTime": "false"}}, "aws:TokenIssueTime is present"),
        ({"BoolIfExists": {"aws:SecureTransport": False}}, "aws:SecureTransport is false or missing"),
        ({"NumericGreaterThan": {"aws:MultiFactorAuthAge": 60}}, "aws:MultiFactorAuthAge is greater than 60"),
        ({"StringNotEquals": {"a:b": ["c", "d"]}}, "a:b is not c nor d or missing"),
        ({"ForAnyValue:StringLike": {"aws:TagKeys": ["a*", "b"]}}, "some value of aws:TagKeys is like a* or b"),
        ({"ForAnyValue:NotIpAddress": {"a:b": "192.0.2.0/24"}}, "some value of a:b is outside of 192.0.2.0/24"),
        ({"stringequals": {"a:b": "c"}, "Bool": {"d:e": "true"}}, "a:b is c and d:e is true"),
        ({"Sounds": {"a:b": "c"}}, "a:b Sounds c"),
    ],
)
def test_a_condition_says_when_it_holds_a_missing_key_included(condition, words):
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    described = describe(Policy({"Statement": statement}).statements[0])
    assert described == f"Denies every action on every resource, if {words}"
