"""`policygen compare`: what OLD and NEW can be, and what is said about the difference."""

import json
import os
import re
import subprocess

import pytest

READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
WRITE = {"Sid": "Write", "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "*"}
NO_MFA = {
    "Sid": "NoMFA",
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}
ASSUMED = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def write(path, *statements):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(*statements), indent=2))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def committed(here):
    """A repository in which `policies/a.json` allows to read; returns a function that commits everything."""

    def commit():
        names = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "policies"]):
            subprocess.run(["git", *arguments], check=True, capture_output=True, env=os.environ | names)

    write(here / "policies" / "a.json", READ)
    commit()
    return commit


def test_each_statement_that_gives_something_is_shown_with_what_it_gives(policygen, here):
    write(here / "old.json", READ)
    write(here / "new.json", READ, WRITE)
    code, stdout, _ = policygen("compare", "old.json", "new.json")
    assert code == 1
    first, second, *_ = stdout.splitlines()
    assert first == "new access"
    assert second == "  + now allowed by new.json:10:5 Write on every resource"
    assert "    deletes      s3:PutObject\n" in stdout
    assert "    such as      s3:PutObject on arn:aws:s3:::" in stdout


def test_a_deny_that_is_gone_is_what_a_gain_is_put_down_to(policygen, here):
    write(here / "old.json", READ, NO_MFA)
    write(here / "new.json", READ)
    code, stdout, _ = policygen("compare", "old.json", "new.json")
    assert code == 1
    assert "+ no longer denied by old.json:10:5 NoMFA on every resource, if aws:MultiFactorAuthPresent is" in stdout
    assert "s3:GetObject" in stdout


def test_the_most_dangerous_gain_comes_first(policygen, here):
    write(here / "old.json", READ)
    list_buckets = {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    attach = {"Sid": "Attach", "Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*"}
    write(here / "new.json", READ, list_buckets, WRITE, attach)
    stdout = policygen("compare", "old.json", "new.json").stdout
    assert [stdout.index(sid) for sid in ("Attach", "Write", "List")] == sorted(
        stdout.index(sid) for sid in ("Attach", "Write", "List")
    )


def test_all_names_every_action_with_its_resource_types_and_sessions(policygen, here):
    write(here / "old.json", READ, NO_MFA)
    write(here / "new.json", READ, {**WRITE, "Action": "s3:*"}, NO_MFA)
    short = policygen("compare", "old.json", "new.json").stdout
    long = policygen("compare", "old.json", "new.json", "--all").stdout
    assert re.search(r"s3:\w+ and \d+ more", short)
    assert not re.search(r"s3:\w+ and \d+ more", long)
    line = next(line for line in long.splitlines() if "s3:DeleteObject " in line)
    assert line.split() == ["deletes", "s3:DeleteObject", "mfa", "accesspointobject,", "object"]


def test_a_statement_about_everything_is_not_told_by_a_few_examples(policygen, here):
    write(here / "old.json", READ)
    write(here / "new.json", READ, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    for form in ("text", "markdown", "github"):
        stdout = policygen("compare", "old.json", "new.json", "--format", form).stdout
        assert "every action except iam" in stdout
        assert ", in every service" in stdout


def test_what_only_concerns_one_service_is_not_called_everything(policygen, here):
    write(here / "old.json", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    write(here / "new.json", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    stdout = policygen("compare", "old.json", "new.json").stdout
    assert "every service" not in stdout
    assert "permissions  iam:AddUserToGroup" in stdout


def test_actions_that_are_useless_on_the_resources_are_unknown_in_one_line(policygen, here):
    write(here / "old.json", {**READ, "Action": "s3:GetObject"})
    write(here / "new.json", {**READ, "Action": ["s3:GetObject", "s3:GetBucketAcl", "s3:GetBucketCORS"]})
    code, stdout, _ = policygen("compare", "old.json", "new.json")
    assert code == 1
    assert stdout.count("?") == 1
    assert "only on resources that the actions do not take" in stdout


def test_an_example_is_by_someone_of_the_account_that_the_policy_is_about(policygen, here):
    own = "arn:aws:iam::111122223333:user/${aws:username}"
    write(here / "old.json", READ)
    write(here / "new.json", READ, {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": own})
    stdout = " ".join(policygen("compare", "old.json", "new.json").stdout.split())
    assert "on arn:aws:iam::111122223333:user/someone by arn:aws:iam::111122223333:user/someone" in stdout


def test_what_is_lost_is_shown_on_request_and_is_not_a_finding(policygen, here):
    write(here / "old.json", READ, WRITE)
    write(here / "new.json", READ)
    assert "s3:PutObject" not in policygen("compare", "old.json", "new.json").stdout
    code, stdout, _ = policygen("compare", "old.json", "new.json", "--both")
    assert code == 0
    assert "- no longer allowed by old.json:10:5 Write on every resource" in stdout


def test_folders_are_compared_file_by_file(policygen, here):
    write(here / "old" / "a.json", READ)
    write(here / "old" / "same.json", READ)
    write(here / "new" / "a.json", WRITE)
    write(here / "new" / "same.json", READ)
    write(here / "new" / "sub" / "added.json", READ)
    code, stdout, _ = policygen("compare", "old", "new")
    assert code == 1
    assert [line for line in stdout.splitlines() if line.endswith(": new access")] == [
        "a.json: new access",
        "sub/added.json: new access",
    ]
    assert stdout.splitlines()[-1] == "new access in 2 of 3 comparisons"


def test_access_that_moves_from_one_role_to_another_is_new_access(policygen, here):
    def role(name, *statements):
        return {
            "RoleName": name,
            "Arn": f"arn:aws:iam::123456789012:role/{name}",
            "AssumeRolePolicyDocument": document(ASSUMED),
            "RolePolicyList": [{"PolicyName": "mine", "PolicyDocument": document(*statements)}],
        }

    for file, roles in (("old", [role("a", WRITE), role("b", READ)]), ("new", [role("a", READ), role("b", WRITE)])):
        (here / f"{file}.json").write_text(json.dumps({"RoleDetailList": roles}))
    code, stdout, _ = policygen("compare", "old.json", "new.json")
    assert code == 1
    assert "role/b: new access" in stdout
    assert "role/a: new access" not in stdout


def test_a_folder_is_not_compared_with_a_file(policygen, here):
    write(here / "old" / "a.json", READ)
    write(here / "new.json", READ)
    code, _, stderr = policygen("compare", "old", "new.json")
    assert (code, stderr) == (2, "policygen: `old` is a folder and `new.json` is not; compare a folder with a folder\n")


def test_folders_without_policies_prove_nothing(policygen, here):
    (here / "old").mkdir()
    (here / "new").mkdir()
    assert policygen("compare", "old", "new").code == 2


def test_a_file_of_a_folder_that_cannot_be_read_is_unknown(policygen, here):
    write(here / "old" / "a.json", READ)
    write(here / "new" / "a.json", READ)
    (here / "new" / "b.json").write_text("{")
    code, stdout, _ = policygen("compare", "old", "new")
    assert code == 1
    assert "b.json: unknown" in stdout
    assert "a.json" not in stdout


def test_recipes_are_compared_with_parameters_of_their_own(policygen, here):
    one, twelve = ("recipe:enforce-mfa,max_session_hours=" + hours for hours in ("1", "12"))
    code, stdout, stderr = policygen("compare", one, twelve)
    assert code == 1
    assert "no longer denied by enforce-mfa:" in stdout
    assert "on top of" in stderr
    assert policygen("compare", twelve, one).code == 0


def test_a_recipe_is_compared_with_a_file(policygen, here):
    (here / "old.json").write_text(policygen("render", "quarantine", "--account", "123456789012").stdout)
    assert policygen("compare", "old.json", "recipe:quarantine").code == 0


def test_places_of_a_manifest_are_compared(policygen, here):
    (here / "policygen.toml").write_text(
        '[accounts.one]\nid = "111122223333"\n'
        '[groups.Staff]\nrecipes = ["read-password-policy"]\n[groups.Ops]\nrecipes = ["audit-readonly"]\n'
    )
    code, stdout, _ = policygen("compare", "manifest:one/Staff", "manifest:one/Ops")
    assert code == 1
    assert "audit-readonly" in stdout
    assert policygen("compare", "manifest:*", "manifest:*").code == 0
    wrong = policygen("compare", "manifest:one/Staf", "manifest:one/Ops")
    assert wrong.code == 2
    assert "did you mean `one/Staff`?" in wrong.stderr


def test_a_role_of_a_manifest_is_compared_in_two_parts(policygen, here):
    manifest = (
        '[accounts.one]\nid = "111122223333"\n[accounts.two]\nid = "444455556666"\n'
        '[roles.deploy]\ntrust = "trust-account"\nrecipes = ["read-password-policy"]\n'
        '[roles.deploy.parameters.trust-account]\ntrusted = ["444455556666"]\n'
        '[roles.audit]\ntrust = "trust-account"\nrecipes = ["audit-readonly"]\n'
        '[roles.audit.parameters.trust-account]\ntrusted = ["444455556666", "777788889999"]\n'
    )
    (here / "policygen.toml").write_text(manifest)
    code, stdout, _ = policygen("compare", "manifest:one/role/deploy", "manifest:one/role/audit")
    assert (code, "iam:GetCredentialReport" in stdout) == (1, True)
    code, stdout, _ = policygen("compare", "manifest:one/role/deploy/trust", "manifest:one/role/audit/trust")
    assert (code, "777788889999" in stdout) == (1, True)
    assert policygen("compare", "manifest:one/role/audit/trust", "manifest:one/role/deploy/trust").code == 0


def entities(*users):
    return {
        "UserDetailList": [
            {
                "UserName": name,
                "UserId": f"AIDA{name}",
                "Arn": f"arn:aws:iam::123456789012:user/{name}",
                "UserPolicyList": [{"PolicyName": "mine", "PolicyDocument": document(*statements)}],
                **more,
            }
            for name, statements, more in users
        ],
        "GroupDetailList": [],
        "RoleDetailList": [],
        "Policies": [],
    }


def test_users_of_a_snapshot_are_compared_with_all_that_applies_to_them(policygen, here):
    (here / "now.json").write_text(json.dumps(entities(("alice", [READ], {}), ("bob", [READ, WRITE], {}))))
    code, stdout, _ = policygen("compare", "snapshot:user/alice", "snapshot:user/bob", "--snapshot", "now.json")
    assert code == 1
    assert "s3:PutObject" in stdout
    back = policygen("compare", "snapshot:user/bob", "snapshot:user/alice", "--snapshot", "now.json")
    assert back.code == 0


def test_two_snapshots_tell_who_gained_something(policygen, here):
    (here / "june.json").write_text(json.dumps(entities(("alice", [READ], {}), ("bob", [READ], {}))))
    (here / "july.json").write_text(json.dumps(entities(("alice", [READ], {}), ("bob", [WRITE], {}))))
    both = ("--snapshot", "june.json", "--snapshot", "july.json")
    code, stdout, _ = policygen("compare", "snapshot:user/*", "snapshot:user/*", *both)
    assert code == 1
    assert "user/bob: new access" in stdout
    assert "user/alice" not in stdout
    assert stdout.splitlines()[-1] == "new access in 1 of 2 comparisons"


def test_a_boundary_limits_both_sides(policygen, here):
    write(here / "old.json", READ)
    write(here / "new.json", READ, WRITE)
    write(here / "boundary.json", READ)
    assert policygen("compare", "old.json", "new.json", "--boundary", "boundary.json").code == 0
    assert policygen("compare", "old.json", "new.json", "--scp", "boundary.json").code == 0


def test_files_are_compared_with_what_they_were_at_a_revision(policygen, here, committed):
    assert policygen("compare", "--git", "main", "policies").code == 0
    write(here / "policies" / "a.json", WRITE)
    code, stdout, _ = policygen("compare", "--git", "main", "policies")
    assert code == 1
    assert "now allowed by policies/a.json:4:5 Write" in stdout
    assert policygen("compare", "--git", "main", "policies/a.json").code == 1
    committed()
    assert policygen("compare", "--git", "main", "policies").code == 0


def test_a_guard_rail_that_was_deleted_since_a_revision_is_new_access(policygen, here, committed):
    write(here / "policies" / "guard.json", NO_MFA)
    committed()
    (here / "policies" / "guard.json").unlink()
    code, stdout, _ = policygen("compare", "--git", "main", "policies")
    assert code == 1
    assert "policies/guard.json: new access" in stdout


def test_a_path_that_never_existed_is_an_error(policygen, here, committed):
    code, _, stderr = policygen("compare", "--git", "main", "polices")
    assert (code, stderr) == (2, "policygen: `polices` does not exist, and did not at `main`\n")


def test_json_has_every_gain_and_matches_its_schema(policygen, here):
    write(here / "old.json", READ, NO_MFA)
    write(here / "new.json", READ, WRITE | {"Action": "s3:PutObject"})
    code, stdout, _ = policygen("compare", "old.json", "new.json", "--format", "json", "--both")
    assert code == 1
    data = json.loads(stdout)
    assert data["verdict"] == "found"
    (comparison,) = data["comparisons"]
    assert {gain["sid"] for gain in comparison["gained"]} == {"Write", "NoMFA"}
    assert comparison["new"]["decision"] == "allow"
    from policygen.policy.schema import violations

    assert list(violations("comparison", data)) == []


def test_markdown_folds_and_stays_below_what_a_comment_may_have(policygen, here):
    for number in range(300):
        write(here / "old" / f"{number}.json", READ)
        write(here / "new" / f"{number}.json", WRITE, {**WRITE, "Sid": "More", "Action": ["sqs:*", "sns:*"]})
    stdout = policygen("compare", "old", "new", "--format", "markdown").stdout
    assert stdout.startswith("**new access in 300 of 300 comparisons**\n")
    assert "<details><summary>`0.json`: new access: " in stdout
    assert len(stdout) < 60_000
    assert "more; `--format text` and `json` have them all." in stdout


def test_github_annotates_the_statement_that_gives_something(policygen, here):
    write(here / "old.json", READ)
    write(here / "new.json", READ, WRITE)
    stdout = policygen("compare", "old.json", "new.json", "--format", "github").stdout
    assert stdout.startswith("::error file=new.json,line=10,col=5,title=new access::now allowed by new.json:10:5 Write")


def test_names_in_policies_do_not_reach_a_terminal_or_a_log(policygen, here):
    write(here / "old.json", READ)
    write(here / "new.json", {**WRITE, "Resource": "arn:aws:s3:::a\x1b[2J\n::error::x|<b>"})
    for form in ("text", "markdown", "github"):
        stdout = policygen("compare", "old.json", "new.json", "--format", form).stdout
        assert "\x1b" not in stdout
        assert "\n::error::x" not in stdout
        assert "<b>" not in stdout or form == "text"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.json"], "give OLD and NEW, or --git REV and one or more paths"),
        (["--git", "main"], "--git needs a file or a folder"),
        (["snapshot:user/a", "snapshot:user/b"], "needs the folder of a snapshot"),
        (
            ["recipe:enforce-mfaa", "recipe:enforce-mfa"],
            "there is no recipe `enforce-mfaa`; did you mean `enforce-mfa`?",
        ),
    ],
)
def test_what_cannot_be_compared_gets_one_sentence(policygen, here, arguments, sentence):
    code, stdout, stderr = policygen("compare", *arguments)
    assert (code, stdout) == (2, "")
    assert sentence in stderr
