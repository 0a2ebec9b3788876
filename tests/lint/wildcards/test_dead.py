"""Actions and resources that never meet."""

from policygen.lint.linter import lint
from policygen.lint.rule import registry
from policygen.policy.model import Policy

RULES = [registry()[name] for name in registry() if registry()[name].check.__module__.endswith("wildcards.dead")]


def found(action, resource, effect="Allow"):
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return [(finding.rule, finding.pointer) for finding in lint(Policy({"Statement": statement}), RULES)]


def test_a_star_beside_the_arns_serves_the_actions_without_resources():
    assert not found("s3:ListAllMyBuckets", ["arn:aws:s3:::reports", "*"])


def test_a_star_that_ends_a_segment_may_reach_beyond_the_colon():
    assert not found("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:app!*")


def test_policy_variables_may_stand_for_anything():
    assert not found("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")
    assert not found("iam:ChangePassword", "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}")


def test_one_finding_a_statement_however_many_actions_are_dead():
    assert found(["s3:ListAllMyBuckets", "ec2:DescribeVpcs"], "arn:aws:s3:::b") == [
        ("action-without-resource-support", "/Statement/Action/0")
    ]


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
