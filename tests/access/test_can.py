"""`policygen can`: what a user, group or role can do, what is taken away, and what a snapshot does not settle."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from policygen.access.can import Result, can
from policygen.access.stack import Stacks
from policygen.access.subject import Subject
from policygen.account import snapshot
from policygen.account.find import find_entity
from policygen.audit.example import answers
from policygen.evaluate import Outcome, Request, decide
from policygen.evaluate.witness import taken
from policygen.reference.services import expand
from policygen.shipped import schema
from tests.access.accounts import ROLE, SKETCH, write_snapshot
from tests.policies import allow, deny, document

REGISTRY = Registry().with_resource(schema("who")["$id"], Resource.from_contents(schema("who")))


@pytest.fixture
def folder(tmp_path):
    return write_snapshot(tmp_path / "snapshot", SKETCH)


@pytest.fixture
def ask(policygen, folder):
    """The JSON answer about a principal: (result, service) → action → ability."""

    def ask(*arguments):
        code, stdout, stderr = policygen("can", *arguments, "--snapshot", folder, "--format", "json")
        assert code == 0, stderr
        found = json.loads(stdout)
        Draft202012Validator(schema("can"), registry=REGISTRY).validate(found)
        return {
            (ability["result"], ability["service"], name): ability
            for ability in found["abilities"]
            for names in ability["actions"].values()
            for name in names
        }

    return ask


def test_what_a_user_can_do_is_listed_with_statements_and_conditions(ask):
    found = ask("user/alice")
    deletes = found["can", "s3", "s3:DeleteBucket"]
    assert deletes["actions"]["Write"] == ["s3:DeleteBucket"]
    assert deletes["allows"] == [
        {
            "policy": "group/Developers/dev",
            "pointer": "/Statement/0",
            "sid": "Buckets",
            "conditions": None,
            "resources": ["*"],
            "not_resources": [],
        }
    ]
    assert deletes["denies"][0]["conditions"] == "aws:MultiFactorAuthPresent is false or missing"
    assert deletes["request"]["context"]["aws:username"] == "alice"
    assert ("can", "ec2", "ec2:RunInstances") in found
    assert not any(name.startswith("s3:Put") for _, _, name in found)


def test_the_tags_of_a_user_are_known_and_those_of_a_member_are_not(ask):
    assert ("can", "ec2", "ec2:RunInstances") not in ask("user/bob")
    assert ("can", "ec2", "ec2:RunInstances") in ask("group/Developers")


def test_the_boundary_and_the_scps_take_away(ask, tmp_path):
    found = ask("user/erin")
    assert found["taken-away", "s3", "s3:DeleteBucket"]["reason"] == "the permissions boundary"
    assert ("can", "s3", "s3:GetObject") in found
    scp = tmp_path / "scp.json"
    scp.write_text(json.dumps(document(allow(), deny("s3:GetObject"))))
    found = ask("user/alice", "--scp", scp)
    assert found["taken-away", "s3", "s3:GetObject"]["reason"] == "the SCPs"
    assert ("can", "s3", "s3:GetBucketAcl") in found


def test_a_role_is_assumed_if_its_trust_policy_lets_the_user_in(ask):
    assumes = "can", "sts", "sts:AssumeRole"
    assert ask("user/alice")[assumes]["request"]["resource"] == ROLE
    assert assumes not in ask("user/erin")


def test_a_policy_that_the_snapshot_does_not_contain_makes_all_unknown(ask, policygen, folder):
    found = ask("user/dave")
    assert {result for result, _, _ in found} == {"unknown"}
    assert "ReadOnlyAccess" in found["unknown", "iam", "iam:CreateAccessKey"]["reason"]
    assert "ReadOnlyAccess" in found["unknown", "ec2", "ec2:RunInstances"]["reason"]
    assert found["unknown", "ec2", "ec2:RunInstances"]["allows"] == []
    text = policygen("can", "user/dave", "--snapshot", folder)[1]
    assert text.startswith("it is unknown whether user dave can do anything\n")


def test_actions_without_a_resource_that_they_take_are_not_claimed(ask):
    found = ask("role/ci")
    assert ("can", "s3", "s3:PutObject") in found
    assert "the action does not take" in found["unknown", "s3", "s3:CreateJob"]["reason"]


def test_the_guide_shows_what_the_command_prints(policygen, folder):
    guide = (Path(__file__).parents[2] / "docs" / "asking.md").read_text()
    shown = guide.partition("$ policygen can user/erin --snapshot production\n")[2].partition("```")[0]
    assert shown == policygen("can", "user/erin", "--snapshot", folder)[1]


def test_one_service_is_shown_with_the_names_of_its_actions(policygen, folder):
    code, text, _ = policygen("can", "user/alice", "--service", "s3", "--snapshot", folder)
    assert code == 0
    assert text.startswith("user alice can perform ")
    assert "    s3\n      Write 1: DeleteBucket\n      Read " in text
    assert "ec2" not in text


def test_administrators_are_said_in_one_line(policygen, folder):
    code, text, _ = policygen("can", "user/carol", "--snapshot", folder)
    assert code == 0
    assert "    every action of 4" in text
    assert len(text.splitlines()) < 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["user/alcie"], "the account has no user `alcie`; did you mean `user/alice`"),
        (["alice"], "`alice` is not an entity; write `user/NAME`"),
        (["user/alice", "--service", "s4"], "has no service `s4`"),
        (["arn:aws:iam::999999999999:user/alice"], "but the snapshot is of account 123456789012"),
    ],
)
def test_a_question_without_an_answer_is_an_error(policygen, folder, arguments, message):
    code, _, stderr = policygen("can", *arguments, "--snapshot", folder)
    assert code == 2
    assert message in stderr


@pytest.mark.parametrize("name", ["user/alice", "user/carol", "user/erin", "role/ci", "role/deploy"])
def test_the_evaluator_allows_every_request_that_is_shown_and_no_other_action(name):
    account = snapshot.account(answers(SKETCH))
    holder = find_entity(account, name)
    stacks = Stacks(account)
    layers = stacks.of(holder).layers
    abilities = can(account, holder)
    shown = [ability for ability in abilities if ability.result is Result.CAN]
    assert shown
    decisions = [decide(a.request, stacks.with_trust(layers, a.request)) for a in shown]
    assert {decision.outcome for decision in decisions} == {Outcome.ALLOW}
    possible = {name for ability in abilities if ability.result is not Result.TAKEN_AWAY for name in ability.actions}
    who = Subject(account, holder)
    with_mfa_at_the_office = {"aws:multifactorauthpresent": "true", "aws:sourceip": "203.0.113.9", **who.keys}
    for action in (*expand("s3:*"), *expand("ec2:*"), *expand("iam:*"), *expand("sts:*"), *expand("sqs:*")):
        if str(action) not in possible:
            for resource in (*taken(action).examples, "arn:aws:s3:::prod-logs", "arn:aws:s3:::prod-logs/x"):
                request = Request(who.principal, str(action), resource, with_mfa_at_the_office)
                if taken(action).takes(resource):
                    assert decide(request, layers).outcome is not Outcome.ALLOW


def test_principals_are_completed_from_the_snapshot(policygen, folder, monkeypatch):
    monkeypatch.setenv("_POLICYGEN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", f"policygen can --snapshot {folder} user/a")
    monkeypatch.setenv("COMP_CWORD", "4")
    assert "user/alice" in policygen().stdout
