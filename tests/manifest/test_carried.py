"""What a group cannot carry is refused by every command that reads the manifest, in the same words."""

import json

import pytest

from policygen.reference.managed_policies import paths
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
LISTED = [name for name, path in paths().items() if path == "/"]
ATTACHED = ", ".join(f'"{name}"' for name in LISTED[: account_quotas()["AttachedPoliciesPerGroupQuota"]])


def statement(characters: int = 1, word: str = "a") -> str:
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
    assert f"`mine` is of kind {kind}, which is for " in refusal(MANIFEST)


def test_a_recipe_for_roles_does_not_go_on_a_group_of_users(refusal, make_recipe):
    recipe = make_recipe("mine", statement()) / "recipe.toml"
    recipe.write_text(recipe.read_text().replace('principals = ["user"]', 'principals = ["role"]'))
    assert "policygen.toml:6: `mine` only works for role; groups contain users" in refusal(MANIFEST)


def test_the_inline_policies_of_a_group_have_one_quota_together(refusal, make_recipe):
    half = quotas()["group-inline"].limit // 2
    make_recipe("mine", statement(half))
    make_recipe("yours", statement(half))
    sentence = refusal(MANIFEST.replace('["mine"]', '["mine", "yours"]'))
    assert "group `Team` in account `prod` has inline policies with 5," in sentence
    assert "all inline policies of a group together may have 5,120" in sentence


def test_a_managed_policy_has_a_quota_of_its_own(refusal, make_recipe):
    make_recipe("mine", statement(quotas()["managed"].limit))
    assert "has `mine` with 6,2" in refusal(MANIFEST + "managed = true\n")


@pytest.mark.parametrize("more", ["managed = true", 'attach = ["arn:aws:iam::123456789012:policy/own"]'])
def test_a_group_takes_so_many_managed_policies(refusal, make_recipe, more):
    make_recipe("mine", statement())
    listed = more[:-1].replace("attach = [", f"attach = [{ATTACHED}, ") + "]" if "attach" in more else ""
    manifest = MANIFEST + (listed or f"{more}\nattach = [{ATTACHED}]") + "\n"
    assert "has 11 managed policies; IAM accepts 10" in refusal(manifest)


@pytest.mark.parametrize(
    ("attached", "says"),
    [
        ("securityaudit", "AWS has no managed policy `securityaudit`; did you mean `SecurityAudit`?"),
        (
            "arn:aws:iam::aws:policy/ViewOnlyAccess",
            "did you mean `arn:aws:iam::aws:policy/job-function/ViewOnlyAccess`?",
        ),
        ("arn:aws-cn:iam::aws:policy/SecurityAudit", "is a policy of partition aws-cn"),
        ("arn:aws:iam::999999999999:policy/x", "is a policy of account 999999999999"),
    ],
)
def test_a_policy_that_cannot_be_attached_is_refused(refusal, make_recipe, attached, says):
    make_recipe("mine", statement())
    sentence = refusal(MANIFEST + f'attach = ["{attached}"]\n')
    assert "policygen.toml:7: group `Team` in account `prod`: " in sentence and says in sentence


def test_the_recipe_of_a_managed_policy_is_held_to_the_same(refusal, make_recipe):
    make_recipe("mine", '{"PolicyArn": "arn:{{ partition }}:iam::aws:policy/readonlyaccess"}', kind="managed")
    assert "did you mean `ReadOnlyAccess`?" in refusal(MANIFEST)


def test_a_name_that_the_data_does_not_list_is_unknown_to_build(policygen, make_recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_recipe("mine", statement())
    (tmp_path / "policygen.toml").write_text(MANIFEST + 'attach = ["SecurityAudti"]\n')
    built = policygen("build")
    assert built.code == 0 and "unknown: group `Team` in account `prod`: the data of 20" in built.stderr
    checked = policygen("build", "--check")
    assert checked.code == 1 and "did you mean `SecurityAudit`?" in checked.stderr


def test_two_groups_cannot_make_two_policies_of_one_managed_policy(refusal, make_recipe):
    parameter = '[parameters.bucket]\ntype = "string"\nenum = ["b", "c"]\ndescription = "A bucket."\ndefault = "b"\n'
    make_recipe("mine", statement().replace(":::b/", ":::{{ bucket }}/"), parameter)
    manifest = MANIFEST + 'managed = true\n[groups.Other]\nmanaged = true\nrecipes = ["mine"]\n'
    sentence = refusal(manifest + 'parameters.mine.bucket = "c"\n')
    assert "group `Other` in account `prod` needs another managed policy `mine` than group `Team`" in sentence


def test_what_fits_exactly_is_built_and_planned(policygen, make_recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "authorization-details.json").write_text(json.dumps(SNAPSHOT))
    empty = len(json.dumps(json.loads(statement(0)), separators=(",", ":")))
    make_recipe("mine", statement(quotas()["group-inline"].limit - empty))
    (tmp_path / "policygen.toml").write_text(MANIFEST + f"attach = [{ATTACHED}]\n")
    assert [policygen(*command).code for command in COMMANDS[:5]] == [0, 0, 0, 0, 0]


def test_a_group_that_carries_too_much_is_told_what_to_move(refusal, make_recipe):
    half = quotas()["group-inline"].limit // 2
    for name, length in (("small", 100), ("mine", half), ("large", half)):
        make_recipe(name, statement(length))
    sentence = refusal(MANIFEST.replace('recipes = ["mine"]', 'recipes = ["small", "mine", "large"]'))
    assert "set `managed = true`, or move `mine` to another group" in sentence
