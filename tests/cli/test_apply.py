"""`policygen plan`, `apply`, `rollback` and `render --apply`, as a person runs them, on a real moto server."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import AwsAccount, new_account
from tests.deploy.proxy import offer_aws_policy

MANIFEST = """
exempt = ["breakglass"]

[accounts.prod]
id = "{id}"

[groups.AllUsers]
recipes = ["self-manage"]
common = true

[groups.AllHumans]
recipes = ["enforce-mfa"]
managed = true
default_category = true

[groups.AllServices]
recipes = ["enforce-tls"]
category = ["svc-*"]
"""


@pytest.fixture
def project(aws_account, tmp_path) -> Path:
    iam = aws_account.iam
    for name in ("alice", "svc-deploy", "breakglass"):
        iam.create_user(UserName=name)
    (tmp_path / "policygen.toml").write_text(MANIFEST.format(id=aws_account.id))
    return tmp_path


def journals(project: Path) -> list[Path]:
    return sorted((project / ".policygen").glob("*.jsonl"))


def type_at_prompt(account: AwsAccount, project: Path, answer: str, *arguments: str) -> tuple[int, str]:
    """The command line at a terminal where somebody types an answer."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    process = subprocess.run(
        [sys.executable, "-m", "policygen", *arguments],
        stdin=theirs,
        capture_output=True,
        text=True,
        env=account.environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=project,
        timeout=60,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    return process.returncode, process.stdout + process.stderr


@pytest.fixture
def run(aws_account, project, policygen, monkeypatch):
    """The command line in the project's folder, with the account's credentials."""
    monkeypatch.chdir(project)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in aws_account.environment.items():
        monkeypatch.setenv(name, value)
    return policygen


def test_plan_shows_apply_carries_out_and_rollback_takes_back(run, aws_account, project):
    planned = run("plan", "--exit-code")
    assert planned.code == 1, planned.stderr
    assert f"account {aws_account.id} (prod), partition aws, as arn:aws:sts::{aws_account.id}" in planned.stdout
    assert "put user alice in group AllHumans" in planned.stdout and "breakglass" not in planned.stdout
    assert planned.stdout.splitlines()[-1] == "11 steps: 3 give rights, 4 take rights, 4 add members"

    applied = run("apply", "--auto-approve")
    assert applied.code == 0, applied.stderr
    (journal,) = journals(project)
    assert (
        applied.stdout.splitlines()[-1] == f"account prod: applied and verified, journal {journal.relative_to(project)}"
    )
    members = aws_account.iam.get_group(GroupName="AllServices")["Users"]
    assert [user["UserName"] for user in members] == ["svc-deploy"]

    again = run("plan", "--exit-code")
    assert again.code == 0 and again.stdout.splitlines()[-1] == "nothing to do"
    assert run("apply", "--auto-approve").code == 0

    back = run("rollback", str(journal), "--auto-approve", "--accept-lockout", "nobody had anything before")
    assert back.code == 0 and back.stdout.splitlines()[-1] == "undone and verified"
    assert aws_account.iam.list_groups()["Groups"] == []
    assert aws_account.iam.list_policies(Scope="Local")["Policies"] == []
    assert run("rollback", str(journal), "--auto-approve").stdout.splitlines()[-1] == "nothing to do"


def test_what_the_manifest_no_longer_has_is_revoked_and_the_record_says_what_is_owned(run, aws_account, project):
    iam, manifest = aws_account.iam, project / "policygen.toml"
    assert run("apply", "--auto-approve").code == 0
    record = json.loads((project / "policygen.state.json").read_text())["accounts"][aws_account.id]
    assert record["groups"]["AllServices"]["members"] == ["svc-deploy"] and record["groups"]["AllHumans"]["created"]
    assert list(record["policies"]) == [f"arn:aws:iam::{aws_account.id}:policy/policygen/enforce-mfa"]

    iam.create_user(UserName="eve")
    iam.add_user_to_group(GroupName="AllHumans", UserName="eve")
    text = manifest.read_text()
    manifest.write_text(text[: text.index("[groups.AllHumans]")])
    planned = run("plan", "--exit-code")
    assert planned.code == 1 and "remove user alice from group AllHumans" in planned.stdout
    assert (
        "note: group AllHumans is no longer declared, but has other members or policies; not deleted" in planned.stdout
    )
    assert run("apply", "--auto-approve").code == 0
    left = {group["GroupName"] for group in iam.list_groups()["Groups"]}
    assert left == {"AllHumans", "AllUsers"}
    assert [user["UserName"] for user in iam.get_group(GroupName="AllHumans")["Users"]] == ["eve"]
    assert iam.list_policies(Scope="Local")["Policies"] == []

    back = run("rollback", str(journals(project)[-1]), "--auto-approve", "--accept-lockout", "test")
    assert back.code == 0, back.stderr
    assert json.loads((project / "policygen.state.json").read_text())["accounts"][aws_account.id] == record
    manifest.write_text(text)
    assert run("plan", "--exit-code").stdout.splitlines()[-1] == "1 step: 1 gives rights, 1 adds a member"


def test_history_lists_the_runs_and_rollback_takes_the_latest_but_none_out_of_order(run, aws_account, project):
    assert run("history").stdout == ".policygen has no journals: nothing was changed from here\n"
    assert run("rollback").code == 2
    manifest = project / "policygen.toml"
    text = manifest.read_text()
    manifest.write_text(text[: text.index("[groups.AllServices]")])
    assert run("apply", "--auto-approve").code == 0
    manifest.write_text(text)
    assert run("apply", "--auto-approve").code == 0
    first, second = journals(project)
    listed = run("history").stdout.splitlines()
    assert [line.split()[2:5] for line in listed[1:]] == [["apply", "9", "verified"], ["apply", "4", "verified"]]
    assert "CreateGroup: group AllServices" in run("history", "--steps").stdout
    early = run("rollback", str(first), "--auto-approve")
    assert early.code == 2
    assert f"undo that first: `policygen rollback {second}`" in early.stderr

    assert run("rollback", "--auto-approve", "--accept-lockout", "test").code == 0
    groups = {group["GroupName"] for group in aws_account.iam.list_groups()["Groups"]}
    assert groups == {"AllUsers", "AllHumans"}
    assert run("rollback", "--account", aws_account.id, "--auto-approve", "--accept-lockout", "test").code == 0
    assert aws_account.iam.list_groups()["Groups"] == []
    states = [
        (found["state"], bool(found["undoes"]))
        for found in json.loads(run("history", "--format", "json").stdout)["runs"]
    ]
    assert states == [("undone", False), ("undone", False), ("verified", True), ("verified", True)]
    assert "has no journal of an apply that can be undone" in run("rollback").stderr


def test_an_administrator_policy_put_on_a_group_by_hand_is_drift(run, aws_account, project):
    assert run("apply", "--auto-approve").code == 0
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    aws_account.iam.put_group_policy(GroupName="AllUsers", PolicyName="mine", PolicyDocument=text)
    drifted = run("plan", "--exit-code")
    assert drifted.code == 1 and run("plan").code == 0
    assert (
        "drift: group AllUsers has the inline policy mine, which is not declared; it makes its members administrators"
    ) in drifted.stdout
    manifest = project / "policygen.toml"
    manifest.write_text(manifest.read_text().replace("common = true", "common = true\nexclusive = true"))
    assert run("apply", "--auto-approve", "--accept-lockout", "test").code == 0
    assert aws_account.iam.list_group_policies(GroupName="AllUsers")["PolicyNames"] == ["self-manage"]
    assert run("plan", "--exit-code").code == 0


def test_what_an_account_has_as_declared_is_taken_over_without_a_change(run, aws_account, project):
    assert run("apply", "--auto-approve").code == 0
    record = (project / "policygen.state.json").read_text()
    (project / "policygen.state.json").unlink()
    assert run("snapshot", "-o", "before").code == 0
    taken = run("import", "--snapshot", "before")
    assert taken.code == 0, taken.stderr
    assert taken.stdout == (
        "account prod: owns 3 policies and 4 members in 3 groups; policygen.state.json records it\n"
    )
    assert run("plan", "--exit-code").stdout.splitlines()[-1] == "nothing to do"
    # that policygen created the groups is not to be seen in the account
    assert (project / "policygen.state.json").read_text() == record.replace('"created": true', '"created": false')


@pytest.mark.parametrize("command", ["plan", "apply", "export"])
def test_policies_that_are_not_the_ones_that_were_reviewed_are_refused(run, aws_account, project, command):
    assert run("build").code == 0
    assert run("plan").code == 0
    built = project / "policies/prod/AllUsers/self-manage.json"
    built.write_text(built.read_text().replace("ManageOwn", "Edited", 1))
    refused = run(command)
    assert refused.code == 2
    assert (
        "self-manage.json` is not what the manifest renders now; run `policygen build` and have the" in refused.stderr
    )
    assert aws_account.iam.list_groups()["Groups"] == []


def test_a_record_that_cannot_be_read_stops_everything_in_a_sentence(run, project):
    (project / "policygen.state.json").write_text("<<<<<<< HEAD\n")
    for command in ("plan", "apply"):
        result = run(command)
        assert result.code == 2 and "policygen.state.json:1" in result.stderr


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 1)])
def test_only_yes_goes_on(aws_account, project, answer, code):
    found, text = type_at_prompt(aws_account, project, answer, "apply")
    assert found == code, text
    assert f"Change {aws_account.id} (prod)? Enter `yes` to continue" in text
    assert bool(aws_account.iam.list_groups()["Groups"]) is (answer == "yes")
    assert answer == "yes" or "nothing was changed" in text


def test_without_a_terminal_nobody_is_asked_and_nothing_done(run, aws_account):
    result = run("apply")
    assert result.code == 2
    assert "stdin is not a terminal, so nobody can be asked; `--auto-approve` does not ask" in result.stderr
    assert aws_account.iam.list_groups()["Groups"] == []


def test_a_saved_plan_is_applied_as_it_is_and_its_second_run_changes_nothing(run, aws_account, project):
    assert run("plan", "-o", "plan.json").code == 0
    assert run("apply", "plan.json", "--auto-approve").code == 0
    assert run("plan", "--exit-code").code == 0
    second = run("apply", "plan.json", "--auto-approve")
    assert second.code == 0
    assert second.stdout.endswith(": already matches the plan; nothing was changed\n")
    refused = run("apply", "plan.json", "--prune")
    assert refused.code == 2 and "are part of a saved plan" in refused.stderr


def test_a_plan_for_another_account_is_refused(run, project, aws_account):
    text = (project / "policygen.toml").read_text().replace(aws_account.id, "999999999999")
    (project / "policygen.toml").write_text(text)
    result = run("apply", "--auto-approve")
    assert result.code == 2
    assert result.stderr == (
        f"policygen: account prod: this is account {aws_account.id} of partition aws, and the policies are for "
        "999999999999 of aws; choose another profile or role\n"
    )
    assert aws_account.iam.list_groups()["Groups"] == []


def test_a_snapshot_is_planned_on_without_aws(run, monkeypatch):
    assert run("snapshot", "-o", "snap").code == 0
    live = run("plan", "--format", "json")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    offline = run("plan", "--snapshot", "snap", "--format", "json")
    assert offline.code == 0, offline.stderr
    (plan,), (same,) = json.loads(live.stdout)["plans"], json.loads(offline.stdout)["plans"]
    assert plan["steps"] == same["steps"] and plan["digests"] == same["digests"]


def test_the_aws_commands_of_a_plan_do_what_the_plan_does(run, project, aws_account):
    """The commands are taken apart by a shell and made by boto3, whose argument names they carry."""
    script = run("plan", "--format", "aws-cli").stdout
    printed = subprocess.run(
        ["sh", "-c", 'aws() { for word; do printf "%s\\0" "$word"; done; printf "\\n\\0"; }\n' + script],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for line in filter(None, printed.split("\n\0")):
        service, operation, *words = line.rstrip("\0").split("\0")
        assert service == "iam"
        camel = {key.removeprefix("--"): value for key, value in zip(words[::2], words[1::2], strict=True)}
        arguments = {"".join(part.capitalize() for part in key.split("-")): value for key, value in camel.items()}
        getattr(aws_account.iam, operation.replace("-", "_"))(**arguments)
    assert run("plan", "--exit-code").code == 0


def test_a_plan_in_markdown_is_for_a_pull_request(run, aws_account):
    shown = run("plan", "--format", "markdown").stdout
    assert shown.startswith(f"### account {aws_account.id} (prod), partition aws")
    assert "**11 steps: 3 give rights, 4 take rights, 4 add members**" in shown
    assert "\n   ```diff\n" in shown and "- denies every action" in shown


def test_a_lockout_stops_the_apply_until_it_is_accepted_with_a_reason(run, aws_account, project):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    aws_account.iam.put_user_policy(UserName="alice", PolicyName="work", PolicyDocument=json.dumps(policy))
    stopped = run("apply", "--auto-approve")
    assert stopped.code == 1
    assert "lockout: alice can do nothing but enrol an MFA device afterwards: `" in stopped.stdout
    assert "denies it if aws:MultiFactorAuthPresent is false or missing\n" in stopped.stdout
    assert "nothing was changed" in stopped.stderr and aws_account.iam.list_groups()["Groups"] == []
    assert run("plan").code == 1
    gone_on = run("apply", "--auto-approve", "--accept-lockout", "alice enrols today")
    assert gone_on.code == 0
    header = json.loads(journals(project)[-1].read_text().splitlines()[0])
    assert header["accepted"] == "alice enrols today"


def attach(project: Path, name: str) -> None:
    manifest = project / "policygen.toml"
    group = f'[groups.Team]\nattach = ["{name}"]\nmembers = ["alice", "breakglass"]\n'
    manifest.write_text(manifest.read_text().split("[groups.")[0] + group)


def test_what_a_policy_of_awss_says_is_read_before_it_is_attached(run, aws_account, project):
    deny = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "DenyAll", "Effect": "Deny", "Action": "*", "Resource": "*"}],
    }
    offer_aws_policy(aws_account.id, "AWSDenyAll", json.dumps(deny))
    work = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    for name in ("alice", "breakglass"):
        aws_account.iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=json.dumps(work))
    attach(project, "AWSDenyAll")
    planned = run("plan", "--format", "json", "-o", "plan.json")
    (plan,) = json.loads(planned.stdout)["plans"]
    assert planned.code == 1 and plan["locked_out"] == [{"principals": ["alice", "breakglass"], "certain": True}]
    assert plan["lockouts"] == [
        "alice, breakglass can do nothing afterwards: `DenyAll` of the policy `policy/AWSDenyAll` denies it"
    ]
    for command in (("apply",), ("apply", "plan.json")):
        stopped = run(*command, "--auto-approve")
        assert stopped.code == 1 and "can do nothing afterwards" in stopped.stdout
    assert aws_account.iam.list_groups()["Groups"] == []
    assert run("apply", "plan.json", "--auto-approve", "--accept-lockout", "incident").code == 0


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_misspelt_policy_of_awss_stops_everything_before_the_first_call(run, aws_account, project, command):
    attach(project, "SecurityAudti")
    result = run(command, *(["--auto-approve"] if command == "apply" else []))
    assert result.code == 2
    assert (
        "AWS has no managed policy `arn:aws:iam::aws:policy/SecurityAudti`; did you mean `SecurityAudit`?; "
        "nothing was changed" in result.stderr
    )
    assert aws_account.iam.list_groups()["Groups"] == []


def test_on_a_snapshot_what_a_policy_of_awss_says_is_unknown(run, project):
    assert run("snapshot", "-o", "snap").code == 0
    attach(project, "SecurityAudit")
    known = run("plan", "--snapshot", "snap")
    document = "the document of the policy `arn:aws:iam::aws:policy/SecurityAudit`"
    assert f"unknown: the snapshot does not contain {document}" in known.stdout
    attach(project, "SecurityAudti")
    misspelt = run("plan", "--snapshot", "snap")
    assert misspelt.code == 1
    assert "does not list the AWS managed policy `SecurityAudti`; did you mean `SecurityAudit`?" in misspelt.stdout


def test_all_names_are_in_json_and_the_text_folds_them(run, aws_account, project):
    work = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    names = [f"person{number}" for number in range(8)]
    for name in names:
        aws_account.iam.create_user(UserName=name)
        aws_account.iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=json.dumps(work))
    (plan,) = json.loads(run("plan", "--format", "json").stdout)["plans"]
    assert plan["locked_out"] == [{"principals": names, "certain": True}]
    assert all(name in plan["lockouts"][0] for name in names)
    text = run("plan").stdout
    assert "person4 and 3 more (`--format json` names them all) can do nothing" in text


def test_an_error_of_the_linter_stops_the_apply(run, aws_account, project, make_recipe):
    typo = '{"Sid": "A", "Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}'
    make_recipe("mine/typo", f'{{"Version": "2012-10-17", "Statement": [{typo}]}}')
    manifest = project / "policygen.toml"
    text = manifest.read_text().replace('["self-manage"]', '["self-manage", "typo"]')
    manifest.write_text('catalogs = ["mine"]\n' + text)
    result = run("apply", "--auto-approve")
    assert result.code == 1
    assert "s3:GetObjekt" in result.stderr and "nothing was changed: there are errors" in result.stderr
    assert run("plan", "-o", "plan.json").code == 1 and not (project / "plan.json").exists()
    assert aws_account.iam.list_groups()["Groups"] == []


def test_a_snapshot_that_does_not_say_its_account_is_not_planned_on(run, project):
    empty = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    (project / "snap").mkdir()
    (project / "snap" / "authorization-details.json").write_text(json.dumps(empty))
    result = run("plan", "--snapshot", "snap")
    assert result.code == 2
    assert "the snapshot does not say which account it is of; add caller-identity.json to it" in result.stderr


def test_a_group_deleted_between_plan_and_apply_makes_it_stale(run, aws_account):
    aws_account.iam.create_group(GroupName="AllUsers")
    run("plan", "-o", "plan.json")
    aws_account.iam.delete_group(GroupName="AllUsers")
    result = run("apply", "plan.json", "--auto-approve")
    assert result.code == 2 and "the plan is stale" in result.stderr
    assert aws_account.iam.list_groups()["Groups"] == []


def test_one_saved_plan_changes_several_accounts_reached_as_the_manifest_says(run, aws_account, project):
    other = new_account(aws_account.url)
    manifest = project / "policygen.toml"
    role = f"arn:aws:iam::{other.id}:role/admin"
    manifest.write_text(manifest.read_text() + f'[accounts.other]\nid = "{other.id}"\nrole = "{role}"\n')
    assert run("plan", "-o", "plan.json").code == 0
    assert aws_account.iam.list_groups()["Groups"] == other.iam.list_groups()["Groups"] == []
    applied = run("apply", "plan.json", "--auto-approve")
    assert applied.code == 0, applied.stderr
    assert len(aws_account.iam.list_groups()["Groups"]) == len(other.iam.list_groups()["Groups"]) == 3
    again = run("apply", "plan.json", "--auto-approve")
    assert again.code == 0 and again.stdout.count("already matches the plan") == 2
    text = (project / "plan.json").read_text()
    (project / "plan.json").write_text(text.replace("AllUsers", "Admins"))
    assert "plan.json: was edited since" in run("apply", "plan.json", "--auto-approve").stderr


def test_accounts_stand_side_by_side_and_one_failure_leaves_the_others_alone(run, aws_account, project):
    other = new_account(aws_account.url)
    role = f"arn:aws:iam::{other.id}:role/admin"
    more = "".join(
        f'[accounts.{name}]\nid = "{number}"\nrole = "{role}"\n'
        for name, number in (("other", other.id), ("lost", "999999999999"))
    )
    manifest = (project / "policygen.toml").read_text().replace("[groups.AllUsers]", more + "[groups.AllUsers]")
    (project / "policygen.toml").write_text(manifest)
    result = run("apply", "--auto-approve")
    assert result.code == 2
    assert f"account lost: this is account {other.id}" in result.stderr
    for account in (aws_account, other):
        assert len(account.iam.list_groups()["Groups"]) == 3, result
    header, *rows = (line.split() for line in result.stdout.splitlines()[-3:])
    assert header == ["ACCOUNT", "ID", "STEPS", "RESULT", "JOURNAL"]
    assert [row[:-1] for row in rows] == [
        ["prod", aws_account.id, "11", "applied", "and", "verified"],
        ["other", other.id, "7", "applied", "and", "verified"],
    ]
    assert run("plan", "--account", "other", "--exit-code").code == 0
    assert "did you mean `other`?" in run("plan", "--account", "othr").stderr


class TestRender:
    def test_one_recipe_goes_onto_groups_of_an_account(self, run, aws_account, project):
        recipe = ("render", "enforce-tls", "--account", aws_account.id, "--apply", "--group", "Ops")
        missing = run(*recipe, "--auto-approve")
        assert missing.code == 2
        assert f"account {aws_account.id} has no group `Ops`; --create-group creates it" in missing.stderr
        made = run(*recipe, "--group", "Dev", "--create-group", "--managed", "--name", "tls", "--auto-approve")
        assert made.code == 0, made.stderr
        held = aws_account.iam.list_attached_group_policies(GroupName="Dev")["AttachedPolicies"]
        assert [policy["PolicyArn"] for policy in held] == [f"arn:aws:iam::{aws_account.id}:policy/policygen/tls"]
        again = run(*recipe, "--managed", "--name", "tls", "--auto-approve")
        assert again.code == 0 and again.stdout.splitlines()[-1] == "nothing to do"

    def test_without_group_it_is_told_what_is_missing(self, run):
        result = run("render", "enforce-tls", "--account", "123456789012", "--apply")
        assert result.code == 2 and "--apply and --group GROUP go together" in result.stderr

    @pytest.mark.parametrize(
        ("kind", "principals", "says"),
        [
            ("scp", "user", "is of kind scp, which is for AWS Organizations; a group cannot have it"),
            ("boundary", "user", "is of kind boundary, which is for single users and roles; a group cannot have it"),
            ("identity", "role", "only works for role; groups contain users"),
        ],
    )
    def test_what_no_group_can_carry_is_refused(self, run, make_recipe, tmp_path, kind, principals, says):
        allow = '{"Sid": "A", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}'
        folder = make_recipe("mine/r", f'{{"Version": "2012-10-17", "Statement": [{allow}]}}', kind=kind)
        toml = folder / "recipe.toml"
        toml.write_text(toml.read_text().replace('principals = ["user"]', f'principals = ["{principals}"]'))
        arguments = ("--catalog", str(tmp_path / "mine"), "--account", "123456789012", "--apply", "--group", "G")
        result = run("render", "r", *arguments)
        assert result.code == 2 and says in result.stderr


def test_a_rollback_is_guarded_shown_and_asked_about_as_an_apply_is(run, aws_account, project):
    """What stood there before denied everything, so the way back locks people out."""
    iam = aws_account.iam
    iam.create_group(GroupName="AllUsers")
    everything = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    for name, statement in (("self-manage", everything), ("work", allowed)):
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_group_policy(GroupName="AllUsers", PolicyName=name, PolicyDocument=text)
    applied = run("apply", "--auto-approve", "--accept-lockout", "test")
    assert applied.code == 0, applied.stderr
    (journal,) = journals(project)
    stopped = run("rollback", str(journal), "--auto-approve")
    assert stopped.code == 1
    assert "takes rights, such as" in stopped.stdout
    assert "lockout: svc-deploy can do nothing afterwards: no identity policy allows it\n" in stopped.stdout
    assert stopped.stderr.endswith("nothing was changed; `--accept-lockout REASON` continues anyway\n")
    code, shown = type_at_prompt(aws_account, project, "no", "rollback", str(journal), "--accept-lockout", "a test")
    assert (code, "nothing was changed" in shown) == (1, True)
    taken = run("rollback", str(journal), "--auto-approve", "--accept-lockout", "a test")
    assert taken.stdout.splitlines()[-1] == "undone and verified"
    assert '"accepted": "a test"' in journals(project)[-1].read_text()


def test_a_run_that_meant_to_attach_what_aws_does_not_have_can_be_taken_back(run, aws_account, project):
    assert run("apply", "--auto-approve").code == 0
    (journal,) = journals(project)
    header, *rest = journal.read_text().splitlines()
    arn = "arn:aws:iam::aws:policy/SecurityAudti"
    entry = json.loads(header)
    entry["desired"]["groups"][0]["policies"].append({"name": "SecurityAudti", "document": None, "arn": arn})
    journal.write_text("\n".join((json.dumps(entry), *rest)) + "\n")
    back = run("rollback", str(journal), "--auto-approve", "--accept-lockout", "nobody had anything before")
    assert back.code == 0, back.stderr
    assert aws_account.iam.list_groups()["Groups"] == []
    told = json.loads(journals(project)[-1].read_text().splitlines()[0])
    assert told["caller"].startswith(f"arn:aws:sts::{aws_account.id}:")


def test_ctrl_c_does_not_wait_for_an_answer_that_never_comes(tmp_path):
    accounts = '[accounts.prod]\nid = "123456789012"\n[accounts.staging]\nid = "111122223333"\n'
    (tmp_path / "policygen.toml").write_text(f'{accounts}[groups.AllUsers]\nrecipes = ["enforce-tls"]\n')
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environment = kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "policygen", "plan", "--endpoint-url", url]
        with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
            silent.accept()  # a call is in flight
            process.send_signal(signal.SIGINT)
            try:
                _, said = process.communicate(timeout=20)
            finally:
                process.kill()
    assert (process.returncode, said.splitlines()[-1]) == (2, "policygen: interrupted")
