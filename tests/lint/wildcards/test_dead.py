"""Actions and resources that never meet."""

import pytest

from policygen.lint.linter import lint
from policygen.lint.rules import registry
from policygen.policy.model import Policy
from policygen.reference.services import data_date

RULES = [registry()[name] for name in registry() if registry()[name].check.__module__.endswith("wildcards.dead")]


def findings(action, resource, effect="Allow"):
    return lint(Policy({"Statement": {"Effect": effect, "Action": action, "Resource": resource}}), RULES)


def found(action, resource, effect="Allow"):
    return [(finding.rule, finding.pointer) for finding in findings(action, resource, effect)]


def messages(action, resource):
    return "\n".join(finding.message for finding in findings(action, resource))


def test_a_star_beside_the_arns_serves_the_actions_without_resources():
    assert not found("s3:ListAllMyBuckets", ["arn:aws:s3:::reports", "*"])


def test_a_star_that_ends_a_segment_may_reach_beyond_the_colon():
    assert not found("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:app!*")


def test_policy_variables_may_stand_for_anything():
    assert not found("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")
    assert not found("iam:ChangePassword", "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}")


def test_one_finding_a_statement_however_many_actions_are_dead():
    assert found(["iam:GetAccountSummary", "ec2:DescribeVpcs"], "arn:aws:s3:::b") == [
        ("action-without-resource-support", "/Statement/Action/0")
    ]


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        (["ec2:DescribeVpcs"], "lists no resource types for `ec2:DescribeVpcs`, so no ARN here should match it; "),
        (
            ["ec2:DescribeVpcs", "ec2:DescribeHosts"],
            "for `ec2:DescribeVpcs` and 1 other action, so no ARN here should match them",
        ),
        (["ec2:DescribeVpcs", "ec2:DescribeHosts", "sns:ListTopics"], "for `ec2:DescribeVpcs` and 2 other actions, so"),
        (["s3:GetObject"], "`s3:GetObject` acts on `arn:${Partition}:s3:::${BucketName}/${ObjectName}` or"),
        (["s3:GetObject"], ", not on the resources here, so allowing it has no effect; correct"),
        (["s3:GetObject", "s3:PutObject"], "`s3:GetObject` and 1 other action act on `arn:"),
        (["s3:GetObject", "s3:PutObject"], "so allowing them has no effect"),
    ],
)
def test_a_message_names_the_data_and_counts_right(actions, said):
    message = messages(actions, "arn:aws:s3:::b")
    assert said in message and f"AWS's data of {data_date()} " in message


def test_whether_an_arn_of_all_that_a_service_has_matches_is_not_known():
    for every in ("arn:aws:lambda:*:*:*", "arn:aws:lambda:eu-west-1:123456789012:function:*", "arn:*:lambda:*:*:?*"):
        assert f"whether `{every}` matches it is unknown" in messages("lambda:ListFunctions", every)
    for other in ("arn:aws:lambda:*:*:function:app-*", "arn:aws:s3:::*", "arn:aws:lambda:*:*:function:${aws:username}"):
        assert "so no ARN here should match it" in messages("lambda:ListFunctions", other)


@pytest.mark.parametrize(
    ("action", "matching", "others"),
    [
        ("ssmmessages:OpenDataChannel", "arn:aws:ssm:*:*:session/${aws:userid}-*", "arn:aws:ssm:*:*:document/x"),
        ("eks:CreateCluster", "arn:aws:eks:eu-west-1:123456789012:cluster/blue", "arn:aws:eks:*:*:nodegroup/*"),
        ("eks:ListClusters", "arn:aws:eks:eu-west-1:123456789012:cluster/*", "arn:aws:eks:*:*:cluster/blue"),
        ("eks:ListClusters", "arn:aws:eks:*:*:*", "arn:aws:eks:*:*:cluster/blue-*"),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*", "arn:aws:s3:::reports"),
        ("s3:ListAllMyBuckets", "arn:*:s3:*:*:*", "arn:aws:s3:::reports-*"),
        ("logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group:*", "arn:aws:logs:*:*:log-group:/aws/lambda/*"),
        ("elasticmapreduce:RunJobFlow", "arn:aws:elasticmapreduce:*:*:cluster/*", "arn:aws:ec2:*:*:instance/*"),
        ("cloudformation:ListStacks", "arn:aws:cloudformation:*:*:stack/*", "arn:aws:cloudformation:*:*:stack/app/*"),
        ("dynamodb:DescribeLimits", "arn:aws:dynamodb:*:*:*", "arn:aws:dynamodb:*:*:table/*"),
        ("lex:PostText", "arn:aws:lex:*:*:bot:Shop:*", "arn:aws:lex:eu-west-1:123456789012:intent:Order:1"),
    ],
)
def test_what_aws_names_and_its_data_lacks_is_known(action, matching, others):
    assert not found(action, matching)
    assert [rule for rule, _ in found(action, others)] == ["action-cannot-act-on-resource"]


def test_what_is_not_known_is_not_accused():
    assert not found("nothing:Do", "arn:aws:s3:::b")
    assert not found(["nothing:Do", "s3:GetObject"], ["arn:aws:nothing:::x", "arn:aws:s3:::b/*"])
    assert not found("s3:GetObject", "not an arn")
    assert not found("*", "arn:aws:s3:::b")


def test_a_deny_that_protects_nothing_is_told():
    assert found("s3:DeleteObject", "arn:aws:s3:::backups", "Deny") == [
        ("action-cannot-act-on-resource", "/Statement/Action")
    ]


def test_a_pattern_is_dead_only_if_all_it_stands_for_is():
    assert not found("iam:*MFADevice*", "arn:aws:iam::123456789012:user/${aws:username}")
