"""`policygen export`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from policygen.deploy.desired import Desired, DesiredGroup, DesiredPolicy, managed_arn
from policygen.deploy.export import export

MANIFEST = """
[accounts.prod]
id = "{id}"
[groups.AllUsers]
recipes = ["self-manage", "enforce-tls"]
[groups."Humans.and-more"]
recipes = ["enforce-mfa"]
managed = true
members = ["alice"]
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policygen.toml").write_text(MANIFEST.format(id="123456789012"))
    return tmp_path


@pytest.mark.proof
def test_the_template_passes_cfn_lint_and_names_no_account(policygen, project):
    result = policygen("export", "-o", "template.json")
    assert result.code == 0, result.stderr
    text = (project / "template.json").read_text()
    assert "123456789012" not in text and "arn:aws:" not in text
    assert "${!aws:username}" in text and "user/${aws:username}" not in text
    checker = Path(sys.executable).with_name("cfn-lint")
    checked = subprocess.run([checker, "template.json"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def resolved(data, account: str, partition: str):
    """What CloudFormation makes of `Fn::Sub`."""
    if isinstance(data, list):
        return [resolved(item, account, partition) for item in data]
    if not isinstance(data, dict):
        return data
    if data.keys() == {"Fn::Sub"}:
        text = data["Fn::Sub"].replace("${AWS::AccountId}", account).replace("${AWS::Partition}", partition)
        return text.replace("${!", "${")
    return {key: resolved(value, account, partition) for key, value in data.items()}


def test_in_another_account_and_partition_the_template_is_what_would_be_rendered_there(policygen, project):
    resources = json.loads(policygen("export").stdout)["Resources"]
    there = ("--account", "210987654321", "--partition", "aws-us-gov")
    inline = resources["GroupAllUsers"]["Properties"]["Policies"]
    managed = resources["Policyenforcemfa"]["Properties"]["PolicyDocument"]
    for recipe, document in (
        ("self-manage", inline[0]["PolicyDocument"]),
        ("enforce-tls", inline[1]["PolicyDocument"]),
        ("enforce-mfa", managed),
    ):
        rendered = policygen("render", recipe, *there).stdout
        assert resolved(document, "210987654321", "aws-us-gov") == json.loads(rendered)


def test_terraform_gets_json_in_which_only_terraform_is_interpolated(policygen, project):
    result = policygen("export", "--format", "terraform")
    assert result.code == 0, result.stderr
    resources = json.loads(result.stdout)["resource"]
    assert resources["aws_iam_group"]["Humans_and_more"] == {"name": "Humans.and-more", "path": "/"}
    (attachment,) = resources["aws_iam_group_policy_attachment"].values()
    assert attachment == {
        "group": "${aws_iam_group.Humans_and_more.name}",
        "policy_arn": "${aws_iam_policy.enforce_mfa.arn}",
    }
    text = resources["aws_iam_group_policy"]["AllUsers_self_manage"]["policy"]
    assert "user/$${aws:username}" in text and "${data.aws_caller_identity.current.account_id}" in text
    assert "123456789012" not in result.stdout and "arn:aws:" not in result.stdout
    assert resources["aws_iam_user_group_membership"]["alice"]["groups"] == ["${aws_iam_group.Humans_and_more.name}"]


@pytest.mark.proof
def test_terraform_reads_the_policy_that_would_be_rendered(policygen, project, terraform):
    resources = json.loads(policygen("export", "--format", "terraform").stdout)["resource"]
    text = resources["aws_iam_group_policy"]["AllUsers_self_manage"]["policy"]
    text = text.replace("data.aws_caller_identity.current.account_id", "local.account")
    text = text.replace("data.aws_partition.current.partition", "local.partition")
    values = {"account": "210987654321", "partition": "aws-us-gov", "text": text}
    (project / "main.tf.json").write_text(json.dumps({"locals": values}))
    console = terraform("console", folder=project, stdin="local.text")
    there = ("--account", "210987654321", "--partition", "aws-us-gov")
    assert json.loads(json.loads(console)) == json.loads(policygen("render", "self-manage", *there).stdout)


def test_what_only_apply_can_do_is_said(policygen, project):
    (project / "policygen.toml").write_text(
        MANIFEST.format(id="123456789012").replace("[groups.AllUsers]", "[groups.AllUsers]\ncommon = true")
    )
    result = policygen("export")
    assert result.code == 0
    assert result.stderr == (
        "note: the members of AllUsers depend on the account's users; `policygen apply` adds them\n"
    )


def test_names_that_come_out_alike_are_told_apart():
    document = {"Version": "2012-10-17", "Statement": []}
    arn = managed_arn("aws", "123456789012", "p")
    groups = tuple(DesiredGroup(name, (DesiredPolicy("p", document, arn),)) for name in ("a-b", "a.b", "1"))
    resources = json.loads(export(Desired("123456789012", "aws", groups), "terraform"))["resource"]
    assert sorted(resources["aws_iam_group"]) == ["a_b", "a_b_2", "x1"]
    template = json.loads(export(Desired("123456789012", "aws", groups), "cloudformation"))
    assert sorted(template["Resources"]) == ["Group1", "Groupab", "Groupab2", "Policyp"]
