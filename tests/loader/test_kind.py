"""Folders suggest kinds that documents do not show by themselves."""

import json

import pytest

from policygen.loader.policies import load
from policygen.policy.model import Kind
from policygen.policy.source import Source
from tests.policies import allow, deny, document

ALL = document(allow())
LIMITS_EVERYBODY = document(deny(Principal="*"))
LETS_ONE_IN = document(allow("s3:GetObject", "arn:aws:s3:::reports/*", Principal={"AWS": "123456789012"}))


def kind_of(policy, file, **given):
    [found] = load(Source(json.dumps(policy), file), **given).policies
    return found.kind


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("scps/a.json", Kind.SCP),
        ("org/SCP/prod/a.json", Kind.SCP),
        ("service-control-policies/a.json", Kind.SCP),
        ("service_control_policy_examples/a.json", Kind.SCP),
        ("permissions-boundaries/a.json", Kind.BOUNDARY),
        ("boundary/a.json", Kind.BOUNDARY),
        ("a.json", Kind.IDENTITY),
        ("scps.json", Kind.IDENTITY),
        ("not-scps/a.json", Kind.IDENTITY),
        ("scps/groups/boundaries/a.json", Kind.BOUNDARY),
    ],
)
def test_a_folder_suggests_what_a_policy_does_not_show(file, kind):
    assert kind_of(ALL, file) is kind


def test_a_policy_about_everybody_is_an_rcp_in_a_folder_of_rcps():
    assert kind_of(LIMITS_EVERYBODY, "rcps/a.json") is Kind.RCP
    assert kind_of(LIMITS_EVERYBODY, "a.json") is Kind.RESOURCE


@pytest.mark.parametrize(
    ("policy", "folder", "kind"),
    [
        (LIMITS_EVERYBODY, "scps", Kind.RESOURCE),
        (LETS_ONE_IN, "rcps", Kind.RESOURCE),
        (LETS_ONE_IN, "boundaries", Kind.RESOURCE),
        (ALL, "rcps", Kind.IDENTITY),
    ],
)
def test_what_a_policy_shows_wins(policy, folder, kind):
    assert kind_of(policy, f"{folder}/a.json") is kind


def test_what_the_user_or_the_place_says_wins():
    assert kind_of(ALL, "scps/a.json", kind=Kind.IDENTITY) is Kind.IDENTITY
    content = {"PolicySummary": {"Name": "n", "Type": "SERVICE_CONTROL_POLICY"}, "Content": json.dumps(ALL)}
    assert kind_of({"Policy": content}, "boundaries/a.json") is Kind.SCP


def test_a_folder_above_the_repository_suggests_nothing(tmp_path):
    file = tmp_path / "scps" / "checkout" / "team" / "a.json"
    file.parent.mkdir(parents=True)
    assert kind_of(ALL, str(file)) is Kind.SCP
    other = tmp_path / "scps" / "repository" / "team" / "a.json"
    (other.parent.parent / ".git").mkdir(parents=True)
    assert kind_of(ALL, str(other)) is Kind.IDENTITY


@pytest.mark.parametrize("wrapped", [lambda policy: policy, lambda policy: {"Policy": policy}, lambda policy: [policy]])
def test_what_organizations_prints_says_its_kind_in_every_form(wrapped):
    summary = {"Name": "n", "Type": "RESOURCE_CONTROL_POLICY"}
    printed = wrapped({"PolicySummary": summary, "Content": json.dumps(LIMITS_EVERYBODY)})
    assert kind_of(printed, "a.json") is Kind.RCP
    tags = wrapped({"PolicySummary": {"Name": "n", "Type": "TAG_POLICY"}, "Content": '{"tags": {}}'})
    assert load(Source(json.dumps(tags), "a.json")).policies == ()
