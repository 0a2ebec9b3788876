"""One cause is told once, with everyone who has it; what is accepted or compared stays about each of them."""

import json

import pytest

from policygen.audit.example import subject
from policygen.audit.rules import registry
from tests.audit.sketches import ADMIN, inline, statement, write

ACCOUNT = "arn:aws:iam::123456789012:"
ENGINEERS = ["ada", "bob", "eve"]
LAMBDA = {
    "RoleName": "worker",
    "AttachedManagedPolicies": [ADMIN],
    "AssumeRolePolicyDocument": {
        "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    },
}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def account(members):
    passing = [statement("iam:PassRole", resource=f"{ACCOUNT}role/worker"), statement("lambda:*")]
    return {
        "UserDetailList": [
            {"UserName": name, "GroupList": ["Engineers"] if name in members else []} for name in ENGINEERS
        ],
        "GroupDetailList": [{"GroupName": "Engineers", "GroupPolicyList": inline(*passing)}],
        "RoleDetailList": [LAMBDA],
    }


def test_the_group_that_causes_it_is_told_with_its_members():
    failures = [v for v in registry()["user-can-escalate"].check(subject(account(ENGINEERS))) if v.result == "fail"]
    assert [str(verdict.entity) for verdict in failures] == ["group/Engineers"]
    assert [holder.name for holder in failures[0].holders] == ENGINEERS
    assert failures[0].message == (
        "lets users become administrators: `group/Engineers` → "
        "`iam:PassRole` of `role/worker` to `lambda.amazonaws.com` → administrator"
    )
    assert failures[0].evidence[0].startswith("`iam:PassRole`: /Statement/0 of `inline` (inline in group `Engineers`)")
    assert failures[0].evidence[1].startswith("`lambda:CreateFunction`: /Statement/1 of `inline`")


def test_a_single_user_is_told_itself():
    failures = [v for v in registry()["user-can-escalate"].check(subject(account(["ada"]))) if v.result == "fail"]
    assert [str(verdict.entity) for verdict in failures] == ["user/ada"]


def test_one_of_them_can_be_accepted(policygen, tmp_path):
    (tmp_path / "policygen.toml").write_text(
        '[accounts.prod]\nid = "123456789012"\n[groups.Engineers]\n'
        '[[accept]]\nrule = "user-can-escalate"\nwhere = "user/ada"\nreason = "deploys"\nowner = "ops@example.com"\n'
    )
    write(tmp_path / "snapshot", account(ENGINEERS))
    code, stdout, _ = policygen("audit", "snapshot", "--select", "user-can-escalate", "--format", "json")
    found = {finding["entity"]["name"]: finding for finding in json.loads(stdout)["findings"]}
    assert code == 1
    assert found["ada"]["result"] == "accepted"
    assert [holder["name"] for holder in found["Engineers"]["holders"]] == ["bob", "eve"]
    assert json.loads(stdout)["summary"]["rules"]["user-can-escalate"]["accepted"] == 1


@pytest.mark.parametrize(
    ("before", "after", "change"), [(["ada"], ["ada", "bob"], "new"), (ENGINEERS, ENGINEERS, "still")]
)
def test_a_member_more_makes_it_new(policygen, tmp_path, before, after, change):
    for name, members in (("old", before), ("new", after)):
        write(tmp_path / name, account(members))
    options = ("--select", "user-can-escalate", "--format", "json")
    policygen("audit", "old", *options, "-o", "old.json")
    _, stdout, _ = policygen("audit", "new", *options, "--compare", "old.json")
    [found] = json.loads(stdout)["findings"]
    assert found["change"] == change


def test_who_left_the_group_is_fixed(policygen, tmp_path):
    for name, members in (("old", ENGINEERS), ("new", ["ada", "bob"])):
        write(tmp_path / name, account(members))
    options = ("--select", "user-can-escalate", "--format", "json")
    policygen("audit", "old", *options, "-o", "old.json")
    _, stdout, _ = policygen("audit", "new", *options, "--compare", "old.json")
    assert [(f["entity"]["name"], f["change"]) for f in json.loads(stdout)["audit"]["ended"]] == [("eve", "fixed")]
