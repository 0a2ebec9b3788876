"""Wildcards are graded by what they reach."""

import pytest

from policygen.lint.linter import lint
from policygen.lint.rules import registry
from policygen.policy.model import Kind, Policy
from tests.policies import allow, policy

OWN = ["arn:aws:iam::123456789012:user/${aws:username}", "arn:aws:iam::123456789012:user/*/${aws:username}"]
RULES = [rule for rule in registry().values() if rule.group == "wildcards"]


def found(*statements, kind=Kind.IDENTITY):
    return {finding.rule for finding in lint(policy(*statements, kind=kind), RULES)}


def test_what_aws_gives_no_choice_about_is_quiet():
    assert not found(allow(["iam:GetAccountPasswordPolicy", "iam:UpdateAccountPasswordPolicy", "iam:ListUsers"]))


def test_a_user_managing_their_own_credentials_is_quiet():
    actions = ["iam:CreateAccessKey", "iam:DeactivateMFADevice", "iam:ChangePassword", "iam:CreateLoginProfile"]
    assert not found(allow(actions, OWN), allow("iam:CreateVirtualMFADevice", "arn:aws:iam::123456789012:mfa/*"))


def test_the_same_for_every_user_is_reported():
    assert found(allow("iam:CreateAccessKey", "arn:aws:iam::123456789012:user/*")) == {
        "permissions-management-on-every-resource"
    }


@pytest.mark.parametrize("pattern", ["iam:PassRol?", "iam:P*", "IAM:passrole*", "i?m:PassRole", "iam:*"])
def test_no_spelling_of_a_wildcard_hides_pass_role(pattern):
    assert "permissions-management-on-every-resource" in found(allow(pattern))


@pytest.mark.parametrize(
    "resource", ["*", "**", "arn:aws:iam::*:role/*", "arn:aws:iam::123456789012:*", "arn:*:iam::*:*"]
)
def test_no_spelling_of_a_resource_hides_that_it_is_every_role(resource):
    assert found(allow("iam:PassRole", resource)) == {"permissions-management-on-every-resource"}


def test_reading_everything_is_quiet():
    assert not found(allow(["ec2:Describe*", "s3:Get*", "s3:List*", "glue:Get*", "iam:Get*", "iam:List*"]))


def test_a_deny_of_everything_is_quiet():
    assert not found({"Effect": "Deny", "Action": "*", "Resource": "*"})


def test_a_ceiling_may_have_wildcards():
    for kind in (Kind.SCP, Kind.BOUNDARY):
        assert not found(allow("*"), allow("iam:*"), kind=kind)


def test_one_star_gives_one_finding():
    for pattern in ("*", "iam:*", "sqs:Delete*", "pricing:*"):
        assert len(found(allow(pattern))) == 1


@pytest.mark.parametrize(
    ("condition", "narrows"),
    [
        ({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}, True),
        ({"StringEquals": {"aws:ResourceTag/team": "web"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"StringLike": {"iam:PassedToService": "*"}}, False),
        ({"StringEqualsIfExists": {"iam:PassedToService": "ec2.amazonaws.com"}}, True),
        ({"StringEqualsIfExists": {"aws:ResourceTag/team": "web"}}, False),
        ({"NumericGreaterThanEquals": {"ec2:VolumeSize": "0"}}, False),
        ({"NumericGreaterThan": {"ec2:VolumeSize": ["8", "-1"]}}, False),
        ({"NumericGreaterThanEquals": {"ec2:VolumeSize": "8"}}, True),
        ({"ForAllValues:StringEquals": {"aws:ResourceTag/team": "web"}}, False),
        ({"StringNotEquals": {"aws:ResourceTag/team": "web"}}, False),
    ],
)
def test_only_a_condition_on_what_is_reached_narrows_it(condition, narrows):
    assert (not found(allow("iam:PassRole", Condition=condition))) == narrows


def test_a_deny_takes_back_what_an_allow_reaches_unless_it_is_conditional():
    deny = {"Effect": "Deny", "Action": ["iam:*", "sts:*"], "Resource": "*"}
    assert not found(allow("iam:Pass*"), deny)
    assert found(allow("iam:Pass*"), deny | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    assert found(allow("iam:Pass*"), deny | {"Resource": "arn:aws:iam::123456789012:role/admin"})


@pytest.mark.parametrize(
    ("deny", "takes_back"),
    [
        ({"Action": "iam:PassRole", "NotResource": "arn:aws:iam::123456789012:role/app-*"}, True),
        ({"Action": "iam:PassRole", "NotResource": "arn:aws:iam::123456789012:role/*"}, False),
        ({"Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/*"}, True),
        ({"NotAction": "s3:*", "Resource": "*"}, True),
        ({"NotAction": "iam:*", "Resource": "*"}, False),
        (
            {
                "Action": "iam:PassRole",
                "Resource": "*",
                "Condition": {"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
            },
            True,
        ),
        (
            {
                "Action": "iam:PassRole",
                "Resource": "*",
                "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
            },
            False,
        ),
        ({"Action": "iam:PassRole", "Resource": "*", "Condition": "broken"}, False),
    ],
)
def test_a_deny_takes_back_what_it_leaves_narrower(deny, takes_back):
    assert (not found(allow("iam:PassRole"), {"Effect": "Deny", **deny})) == takes_back


def test_a_resource_narrow_in_one_of_its_types_is_named():
    assert not found(
        allow("ec2:RunInstances", ["arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:123456789012:subnet/subnet-1"])
    )
    assert found(allow("ec2:RunInstances", ["arn:aws:ec2:*:*:*"])) == {"write-on-every-resource"}
    assert found(allow("s3:DeleteBucket", "arn:aws:s3:::*")) == {"delete-on-every-resource"}


def test_the_finding_points_at_the_wildcard_and_names_what_it_reaches():
    [finding] = lint(Policy({"Statement": [allow(["s3:GetObject", "iam:Pass*"])]}), RULES)
    assert finding.pointer == "/Statement/0/Action/1"
    assert "`iam:PassRole`" in finding.message


def test_not_resource_counts_as_everything():
    assert found(
        {"Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::123456789012:role/admin"}
    ) == {
        "permissions-management-on-every-resource",
        "allow-not-resource",
    }
