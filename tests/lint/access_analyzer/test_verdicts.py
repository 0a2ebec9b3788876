"""What the examples of single rules do not show: verdicts that depend on data, on each other, on what the user says."""

import pytest

from policygen.lint.linter import lint
from policygen.policy.model import Kind, Policy
from policygen.policy.previews import NONE, Previews
from policygen.reference.services import data_date
from tests.policies import document, policy


def statement(**elements):
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*", **elements}


def found(*statements, kind=Kind.IDENTITY, previews=NONE):
    """Rule and pointer of each finding of the group."""
    findings = lint(Policy(document(*statements), kind, previews=previews))
    ours = ("redundant", "invalid", "missing", "unsupported", "pass-role", "create-slr", "retired", "private", "type")
    return {(finding.rule, finding.pointer) for finding in findings if finding.rule.startswith(ours)}


def messages(*statements):
    return [finding.message for finding in lint(policy(*statements))]


@pytest.mark.parametrize(
    "element",
    [
        {"Action": "s3:GetObjects"},
        {"Action": "simplestorage:GetObject"},
        {"Resource": "arn:aws:simplestorage:::app"},
        {"Condition": {"StringEquals": {"s3:folder": "a"}}},
        {"Action": "deeplens:ListDevices"},
    ],
)
def test_who_hears_that_something_does_not_exist_hears_how_old_the_data_is(element):
    assert any(data_date() in message for message in messages(statement(**element)))


def test_an_action_that_the_user_vouches_for_is_no_error():
    preview = statement(Action=["s3:Preview", "s3:Other"])
    assert found(preview, previews=Previews(frozenset({"S3:preview"}))) == {("invalid-action", "/Statement/0/Action/1")}


def test_a_service_that_the_user_vouches_for_is_no_error_wherever_it_stands():
    preview = statement(
        Action="newservice:Do",
        Resource="arn:aws:newservice:*:*:thing/a",
        Condition={"StringEquals": {"newservice:key": "a"}},
    )
    assert found(preview)
    assert found(preview, previews=Previews(services=frozenset({"NewService"}))) == set()


def test_a_retired_service_is_a_warning_and_no_error():
    rules = {rule for rule, _ in found(statement(Action="deeplens:ListDevices", Resource="*"))}
    assert rules == {"retired-service"}


def test_a_retired_service_is_one_finding_however_many_of_its_actions_there_are():
    actions = ["deeplens:ListDevices", "zocalo:*", "deeplens:GetDevice", "s3:GetObject"]
    assert found(statement(Action=actions, Resource="*")) == {
        ("retired-service", "/Statement/0/Action/0"),
        ("retired-service", "/Statement/0/Action/1"),
    }


def test_a_redundant_entry_is_reported_where_it_stands_and_its_twin_is_not():
    actions = ["s3:GetObject", "s3:Get*", "S3:GETOBJECT", "s3:*Object", "s3:g*"]
    assert found(statement(Action=actions, Resource="*")) == {
        ("redundant-action", "/Statement/0/Action/0"),
        ("redundant-action", "/Statement/0/Action/1"),
        ("redundant-action", "/Statement/0/Action/2"),
    }


def test_case_counts_in_resources():
    assert found(statement(Resource=["arn:aws:s3:::App/*", "arn:aws:s3:::app/*"])) == set()


@pytest.mark.parametrize("resource", ["*", "arn:aws:iam::*:role/*", "arn:aws:iam::*:*"])
def test_every_role_is_every_role_however_it_is_written(resource):
    rules = {rule for rule, _ in found(statement(Action="iam:PassRole", Resource=["arn:aws:iam::1:role/a", resource]))}
    assert "pass-role-with-star-in-resource" in rules


@pytest.mark.parametrize("resource", ["arn:aws:iam::*:role/app-*", "arn:aws:iam::123456789012:role/app"])
def test_some_roles_are_not_every_role(resource):
    assert found(statement(Action="iam:PassRole", Resource=resource)) == set()


@pytest.mark.parametrize(
    ("operator", "value", "silent"),
    [
        ("StringEquals", "ec2.amazonaws.com", True),
        ("StringLike", "ec2.*", True),
        ("StringLike", "*", False),
        ("StringEqualsIfExists", "ec2.amazonaws.com", False),
        ("StringEqualsIfExists", "cloudformation.amazonaws.com", True),
        ("StringLikeIfExists", "lambda.*", True),
        ("StringLikeIfExists", "*", False),
    ],
)
def test_naming_the_service_silences_pass_role_unless_any_service_will_do(operator, value, silent):
    guarded = statement(Action="iam:PassRole", Resource="*", Condition={operator: {"iam:PassedToService": value}})
    assert (found(guarded) == set()) == silent


def test_a_question_mark_in_an_action_is_a_wildcard():
    found_rules = {rule for rule, _ in found(statement(Action="iam:PassRol?", Resource="*"))}
    assert "pass-role-with-star-in-action-and-resource" in found_rules


def test_denying_to_pass_roles_is_not_reported():
    assert found({"Effect": "Deny", "Action": "iam:*", "Resource": "*"}) == set()


def test_pass_role_is_the_business_of_identities_alone():
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    assert found(everything, kind=Kind.SCP) == set()


def test_the_place_of_a_single_statement_object_has_no_index():
    policy = Policy({"Version": "2012-10-17", "Statement": statement(Action="s3:Gett")})
    assert [finding.pointer for finding in lint(policy) if finding.rule == "invalid-action"] == ["/Statement/Action"]


def test_an_arn_with_a_variable_or_a_wildcard_is_measured_by_what_is_certain():
    sound = ["arn:${aws:Partition}:s3:::app/*", "arn:aws:iam::*:user/${aws:username}", "arn:aws:sqs:*:${a:b}:jobs"]
    assert found(statement(Action="*", Resource=sound), kind=Kind.SCP) == set()


def test_what_aws_itself_owns_needs_no_account():
    documents = ["arn:aws:ssm:*::document/AWS-RunShellScript", "arn:aws:ec2:*::image/*", "arn:aws:iam::aws:policy/a"]
    assert found(statement(Action="*", Resource=documents), kind=Kind.SCP) == set()


def test_a_trust_policy_needs_no_resource():
    trust = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    assert found(trust, kind=Kind.TRUST) == set()
    assert ("missing-resource", "/Statement/0") in found(trust, kind=Kind.RESOURCE)


def test_numbers_and_booleans_are_values_too():
    limits = {"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}, "Bool": {"aws:SecureTransport": True}}
    assert found(statement(Condition=limits)) == set()
