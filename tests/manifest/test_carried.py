"""What a group cannot carry is refused by every command that reads the manifest, in the same words."""

import json

import pytest

from policygen.reference.quotas import account_quotas, quotas

MANIFEST = """
catalogs = ["."]
[accounts.prod]
id = "123456789012"
[groups.Team]
recipes = ["mine"]
"""
COMMANDS = [
    ("build",),
    ("build", "--check"),
    ("plan", "--snapshot", "snapshot"),
    ("export",),
    ("export", "--format", "terraform"),
    ("audit", "snapshot"),
]
ALICE = {"UserName": "alice", "UserId": "AIDA1", "Arn": "arn:aws:iam::123456789012:user/alice", "GroupList": []}
SNAPSHOT = {"UserDetailList": [ALICE], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
ATTACHED = ", ".join(f'"Policy{number}"' for number in range(account_quotas()["AttachedPoliciesPerGroupQuota"]))


def statement(characters: int = 1, word: str = "x") -> str:
    """A template whose policy is longer than so many characters."""
    body = {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::b/{word * characters}"}
    return json.dumps({"Version": "2012-10-17", "Statement": body})


@pytest.fixture
def refusal(policygen, make_recipe, tmp_path, monkeypatch):
    """What each command says of a manifest; they must agree."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "authorization-details.json").write_text(json.dumps(SNAPSHOT))

    def refuse(manifest: str) -> str:
        (tmp_path / "policygen.toml").write_text(manifest)
        runs = [policygen(*command) for command in COMMANDS]
        assert {run.code for run in runs} == {2}
        (sentence,) = {run.stderr.replace("account prod: ", "") for run in runs}
        assert sentence.count("\n") == 1
        return sentence

    return refuse


@pytest.mark.parametrize("kind", ["boundary", "scp", "rcp", "resource"])
def test_only_what_users_can_have_goes_on_a_group(refusal, make_recipe, kind):
    make_recipe("mine", statement(), kind=kind)
    assert f"`mine` is of kind {kind}, which goes on " in refusal(MANIFEST)


def test_a_recipe_for_roles_does_not_go_on_a_group_of_users(refusal, make_recipe):
    recipe = make_recipe("mine", statement()) / "recipe.toml"
    recipe.write_text(recipe.read_text().replace('principals = ["user"]', 'principals = ["role"]'))
    assert "policygen.toml:6: `mine` works on role only; a group holds users" in refusal(MANIFEST)


def test_the_inline_policies_of_a_group_have_one_quota_together(refusal, make_recipe):
    half = quotas()["group-inline"].limit // 2
    make_recipe("mine", statement(half))
    make_recipe("yours", statement(half))
    sentence = refusal(MANIFEST.replace('["mine"]', '["mine", "yours"]'))
    assert "group `Team` in account `prod` carries its policies with 5," in sentence
    assert "all inline policies of a group together may have 5,120" in sentence


def test_a_managed_policy_has_a_quota_of_its_own(refusal, make_recipe):
    make_recipe("mine", statement(quotas()["managed"].limit))
    assert "carries `mine` with 6,2" in refusal(MANIFEST + "managed = true\n")


@pytest.mark.parametrize("more", ["managed = true", 'attach = ["arn:aws:iam::123456789012:policy/own"]'])
def test_a_group_takes_so_many_managed_policies(refusal, make_recipe, more):
    make_recipe("mine", statement())
    listed = more[:-1].replace("attach = [", f"attach = [{ATTACHED}, ") + "]" if "attach" in more else ""
    manifest = MANIFEST + (listed or f"{more}\nattach = [{ATTACHED}]") + "\n"
    assert "carries 11 managed policies; IAM accepts 10" in refusal(manifest)


def test_two_groups_cannot_make_two_policies_of_one_managed_policy(refusal, make_recipe):
    parameter = '[parameters.bucket]\ntype = "string"\nenum = ["b", "c"]\ndescription = "A bucket."\ndefault = "b"\n'
    make_recipe("mine", statement().replace(":::b/", ":::{{ bucket }}/"), parameter)
    manifest = MANIFEST + 'managed = true\n[groups.Other]\nmanaged = true\nrecipes = ["mine"]\n'
    sentence = refusal(manifest + 'parameters.mine.bucket = "c"\n')
    assert "group `Other` in account `prod` makes another managed policy of `mine` than group `Team`" in sentence


def test_what_fits_exactly_is_built_and_planned(policygen, make_recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "authorization-details.json").write_text(json.dumps(SNAPSHOT))
    empty = len(json.dumps(json.loads(statement(0)), separators=(",", ":")))
    make_recipe("mine", statement(quotas()["group-inline"].limit - empty))
    (tmp_path / "policygen.toml").write_text(MANIFEST + f"attach = [{ATTACHED}]\n")
    assert [policygen(*command).code for command in COMMANDS[:5]] == [0, 0, 0, 0, 0]
