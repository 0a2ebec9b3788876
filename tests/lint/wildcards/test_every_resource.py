"""One finding for each statement that reaches every resource, by the worst of its actions; and it is not blind."""

import pytest

from policygen.finding import Severity
from policygen.lint.linter import lint
from policygen.lint.rules import registry
from tests.policies import allow, policy

FAMILY = [rule for rule in registry().values() if rule.about.family]
SERIOUS = {Severity.ERROR, Severity.SECURITY_WARNING, Severity.WARNING}
FAULTS = {
    "permissions-management-on-every-resource": [
        "iam:PassRole", "iam:P*", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:UpdateAssumeRolePolicy",
        "sts:AssumeRole", "sso:CreateAccountAssignment", "identitystore:CreateGroupMembership", "eks:CreateAccessEntry",
        "organizations:DetachPolicy", "rolesanywhere:UpdateProfile", "iam:*", "?am:*",
    ],
    "exposes-every-resource": [
        "s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPublicAccessBlock", "s3:PutBucketP*", "kms:PutKeyPolicy",
        "lambda:AddPermission", "lambda:CreateFunctionUrlConfig", "ec2:ModifySnapshotAttribute", "sqs:*",
        "ec2:AuthorizeSecurityGroupIngress", "rds:ModifyDBSnapshotAttribute", "ecr:SetRepositoryPolicy",
    ],
    "returns-credentials-of-everything": [
        "secretsmanager:GetSecretValue", "secretsmanager:Get*", "ssm:GetParameter", "ssm:Get*", "kms:Decrypt",
        "ec2:GetPasswordData", "rds-db:connect", "redshift:GetClusterCredentials", "codeartifact:GetAuthorizationToken",
    ],
    "delete-on-every-resource": [
        "s3:DeleteBucket", "s3:DeleteObject", "s3:PutObject", "s3:PutLifecycleConfiguration", "dynamodb:DeleteTable",
        "rds:DeleteDBInstance", "rds:Delete*", "kms:ScheduleKeyDeletion", "kms:Schedule*", "ec2:TerminateInstances",
        "ec2:DeleteSnapshot", "backup:DeleteRecoveryPoint", "cloudtrail:StopLogging", "guardduty:DeleteDetector",
        "logs:DeleteLogGroup", "secretsmanager:DeleteSecret", "route53:ChangeResourceRecordSets",
        "cloudformation:DeleteStack", "elasticfilesystem:DeleteFileSystem", "iam:DeleteUser",
    ],
    "write-on-every-resource": ["ec2:CreateTags", "ec2:StopInstances", "sqs:Delete*", "cloudwatch:PutMetricAlarm"],
}  # fmt: skip


def found(*statements, rules=FAMILY):
    return [finding.rule for finding in lint(policy(*statements), rules)]


@pytest.mark.parametrize(("rule", "action"), [(rule, action) for rule, listed in FAULTS.items() for action in listed])
def test_a_fault_is_reported_whatever_harmless_things_are_beside_it(rule, action):
    assert found(allow(action)) == [rule]
    assert found(allow(["ec2:CreateTags", "s3:ListBucket", "ec2:Describe*", action])) == [rule]


@pytest.mark.parametrize("rule", FAMILY, ids=lambda rule: rule.id)
def test_only_mere_writes_are_a_suggestion(rule):
    assert (rule.severity in SERIOUS) == (rule.id != "write-on-every-resource")
    assert rule.id in FAULTS


def test_a_statement_gets_one_finding_by_the_worst_of_its_actions():
    actions = [listed[0] for listed in FAULTS.values()]
    for worst, rule in enumerate(FAULTS):
        assert found(allow(actions[worst:])) == [rule]
        assert found(allow(actions[worst:][::-1])) == [rule]


def test_each_statement_gets_its_own():
    assert found(allow("ec2:CreateTags"), allow("s3:DeleteBucket")) == [
        "write-on-every-resource",
        "delete-on-every-resource",
    ]


def test_a_rule_that_is_ignored_does_not_hide_the_milder_ones():
    statement = allow(["s3:PutBucketPolicy", "s3:DeleteBucket"])
    assert found(statement) == ["exposes-every-resource"]
    left = [rule for rule in FAMILY if rule.id != "exposes-every-resource"]
    assert found(statement, rules=left) == ["delete-on-every-resource"]


def test_the_finding_is_about_every_action_that_reaches_everything():
    [finding] = lint(policy(allow(["s3:PutBucketPolicy", "s3:DeleteBucket", "s3:List*", "ec2:CreateTags"])), FAMILY)
    assert set(finding.actions) == {"s3:PutBucketPolicy", "s3:DeleteBucket", "ec2:CreateTags"}
    assert "`s3:PutBucketPolicy`" in finding.message and "CreateTags" not in finding.message


def test_everything_in_one_account_is_everything_unless_it_is_a_mere_write():
    assert found(allow("dynamodb:DeleteTable", "arn:aws:dynamodb:*:123456789012:table/*")) == [
        "delete-on-every-resource"
    ]
    assert found(allow("dynamodb:TagResource", "arn:aws:dynamodb:*:123456789012:table/*")) == []
    assert found(allow("dynamodb:DeleteTable", "arn:aws:dynamodb:*:123456789012:table/app-*")) == []


def test_several_wildcards_are_named_together():
    [finding] = lint(policy(allow(["sqs:*", "s3:*", "sns:*", "kms:*", "ec2:Describe*"])), FAMILY)
    assert finding.message.startswith("`sqs:*`, `s3:*`, `sns:*` and 1 more can ")
    assert finding.pointer == "/Statement/0/Action/0"


def test_what_an_escalation_says_is_not_said_again():
    pair = ["iam:PassRole", "ec2:RunInstances"]
    ours = {"escalation-by-pass-role", *(rule.id for rule in FAMILY)}
    rules = [rule for rule in registry().values() if rule.id in ours]
    assert found(allow(pair), rules=rules) == ["escalation-by-pass-role"]
    tagging = [*pair, "ec2:CreateTags"]
    assert found(allow(tagging), rules=rules) == ["escalation-by-pass-role", "write-on-every-resource"]
    assert found(allow(pair)) == ["permissions-management-on-every-resource"]
    more = [*pair, "iam:CreateSAMLProvider"]
    assert found(allow(more), rules=rules) == ["escalation-by-pass-role", "permissions-management-on-every-resource"]
