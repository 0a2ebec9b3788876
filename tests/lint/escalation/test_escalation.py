"""Privilege escalation: which paths stand open, and what closes them."""

import pytest

from policygen.access.escalation import escalations
from policygen.lint.escalation.findings import across
from policygen.lint.linter import lint
from policygen.lint.rules import registry
from policygen.policy.model import Kind
from policygen.reference.escalation import paths
from policygen.reference.services import find_action
from tests.policies import allow, policy

RULES = [rule for rule in registry().values() if rule.group == "escalation"]
OWN = "arn:aws:iam::123456789012:user/${aws:username}"


def names(*policies):
    return {found.path.name for found in escalations(policies)}


def test_the_data_names_only_actions_that_aws_has():
    needed = {action for path in paths() for group in (path.every, *path.also) for action in group}
    for action in needed:
        assert str(find_action(action)) == action


def test_each_path_has_a_name_of_its_own_and_opens_with_exactly_what_it_needs():
    assert len({path.name for path in paths()}) == len(paths())
    for path in paths():
        needed = [*path.every, *(group[-1] for group in path.also)]
        assert path.name in names(policy(allow(needed)))
        for missing in needed:
            assert path.name not in names(policy(allow([action for action in needed if action != missing])))


def test_the_statements_of_a_path_are_named():
    [finding] = lint(
        policy(
            allow("iam:PassRole") | {"Sid": "Pass"},
            allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "arn:aws:lambda:*:*:function:x") | {"Sid": "Run"},
        ),
        RULES,
    )
    assert finding.rule == "escalation-by-pass-role"
    assert finding.pointer == "/Statement/0/Action"
    assert "`iam:PassRole` (Pass)" in finding.message
    assert "`lambda:CreateFunction` and `lambda:InvokeFunction` (Run)" in finding.message
    assert "pass-role-to-lambda" in finding.message


@pytest.mark.parametrize(
    ("closing", "open_"),
    [
        ({"Action": "iam:PassRole", "Resource": "*"}, set()),
        ({"Action": "ec2:RunInstances", "Resource": "*"}, {"pass-role-to-lambda"}),
        ({"NotAction": "s3:*", "Resource": "*"}, set()),
        ({"Action": "iam:PassRole", "NotResource": "arn:aws:iam::*:role/app-*"}, set()),
        (
            {
                "Action": "iam:PassRole",
                "Resource": "*",
                "Condition": {"StringNotEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
            },
            {"pass-role-to-lambda"},
        ),
        (
            {
                "Action": "iam:PassRole",
                "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            },
            {"pass-role-to-ec2", "pass-role-to-lambda"},
        ),
        (
            {"Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/admin"},
            {"pass-role-to-ec2", "pass-role-to-lambda"},
        ),
    ],
)
def test_a_deny_closes_what_it_leaves_no_way_through(closing, open_):
    base = allow(["iam:PassRole", "ec2:RunInstances", "lambda:CreateFunction", "lambda:AddPermission"])
    assert names(policy(base, {"Effect": "Deny", **closing})) == open_
    assert names(policy(base), policy({"Effect": "Deny", **closing})) == open_


@pytest.mark.parametrize(
    ("condition", "open_"),
    [
        ({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}, {"pass-role-to-ec2"}),
        ({"StringLikeIfExists": {"iam:PassedToService": "lambda.*"}}, {"pass-role-to-lambda"}),
        ({"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}, set()),
        (
            {"StringNotEquals": {"iam:PassedToService": "glue.amazonaws.com"}},
            {"pass-role-to-ec2", "pass-role-to-lambda"},
        ),
        ({"ArnLike": {"iam:AssociatedResourceArn": "arn:aws:ec2:*:*:instance/i-1"}}, set()),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"pass-role-to-ec2", "pass-role-to-lambda"}),
    ],
)
def test_a_condition_closes_the_paths_that_it_leaves_no_way_through(condition, open_):
    others = allow(["ec2:RunInstances", "lambda:CreateFunction", "lambda:AddPermission"])
    assert names(policy(allow("iam:PassRole", Condition=condition), others)) == open_


def test_the_own_user_is_as_good_as_every_user_where_it_can_be_given_more():
    assert names(policy(allow("iam:PutUserPolicy", OWN))) == {"put-user-policy"}
    assert not names(policy(allow(["iam:CreateAccessKey", "iam:UpdateLoginProfile"], OWN)))


def test_named_roles_and_a_ceiling_open_nothing():
    passing = allow(["iam:PassRole"], "arn:aws:iam::123456789012:role/app-*")
    assert not names(policy(passing, allow("ec2:RunInstances")))
    assert not names(policy(allow("*"), kind=Kind.BOUNDARY))


def test_policies_that_are_harmless_alone_are_found_together():
    first = policy(allow("iam:PassRole") | {"Sid": "Pass"}, name="group/deploy/pass")
    second = policy(allow("cloudformation:Create*") | {"Sid": "Stacks"}, name="group/deploy/stacks")
    [finding] = across([first, second])
    assert (finding.rule, finding.policy, finding.pointer) == (
        "escalation-by-pass-role",
        "group/deploy/pass",
        "/Statement/0/Action",
    )
    assert "`cloudformation:CreateStack` (group/deploy/stacks: Stacks)" in finding.message
    assert not across([first])
    assert not across([policy(allow(["iam:PassRole", "cloudformation:Create*"])), second])


def test_allowing_all_but_some_actions_is_seen_through():
    powers = {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    assert "attach-user-policy" in names(policy(powers))
    assert not names(policy({"Effect": "Allow", "NotAction": ["iam:*", "sts:*", "sso:*"], "Resource": "*"})) & {
        "attach-user-policy",
        "pass-role-to-ec2",
        "assume-any-role",
    }


def test_one_entry_that_opens_many_paths_gives_one_finding_a_family():
    rules = [finding.rule for finding in lint(policy(allow("*:*e*")), RULES)]
    assert sorted(rule for rule in rules if rule.startswith("escalation-by-")) == [
        "escalation-by-credentials",
        "escalation-by-pass-role",
        "escalation-by-policy",
        "escalation-by-running-code",
    ]


def test_whoever_has_everything_needs_no_path():
    assert lint(policy(allow("*")), RULES) == []
    assert lint(policy(allow("*"), {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}), RULES) == []
