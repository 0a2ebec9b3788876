"""`policygen list`."""

import json

import pytest

from policygen import load_catalog
from policygen.recipe.find import need


def test_a_line_a_recipe_with_name_kind_and_title(policygen):
    code, stdout, stderr = policygen("list")
    assert (code, stderr) == (0, "")
    lines = stdout.splitlines()
    assert lines[0].split() == ["RECIPE", "KIND", "WHAT", "IT", "DOES"]
    assert "self-manage-access-keys identity Let users rotate their own access keys" in map(
        " ".join, map(str.split, lines)
    )
    assert len(lines) == 1 + len(load_catalog())


def test_json_is_for_scripts(policygen):
    printed = json.loads(policygen("list", "--format", "json").stdout)
    assert printed["version"] == 1
    recipes = {recipe["name"]: recipe for recipe in printed["recipes"]}
    assert recipes["quarantine"]["kind"] == "identity"
    assert recipes["enforce-mfa"]["principals"] == ["user"]
    assert all(recipe["title"] for recipe in recipes.values())


def test_tags_and_kinds_narrow_the_list(policygen):
    assert "enforce-mfa" in policygen("list", "--tag", "mfa").stdout
    assert "enforce-tls" not in policygen("list", "--tag", "mfa").stdout
    assert "deny-leave-organization" in policygen("list", "--type", "scp").stdout
    assert policygen("list", "--type", "scp", "--tag", "mfa") == (0, "", "no recipe matches\n")
    assert policygen("list", "--type", "identiy").code == 2


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("MFA", "enrol"), "enforce-mfa"),
        (("password",), "read-password-policy"),
        (("terraform", "group"), "console-navigation"),
        (("EnforceTLS",), "enforce-tls"),
        (("organizations",), "deny-leave-organization"),
        (("cis", "2.16"), "support-cases"),
    ],
)
def test_words_find_a_recipe_by_all_that_people_know_of_it(policygen, words, first):
    code, stdout, _ = policygen("list", *words)
    assert code == 0
    assert stdout.splitlines()[1].split()[0] == first


def test_a_mistyped_word_is_answered_with_a_guess(policygen):
    assert policygen("list", "passwrod") == (0, "", "no recipe matches; did you mean `password`?\n")


def test_recipes_are_found_by_service_and_by_whom_they_are_for(policygen):
    assert "cli-login" in policygen("list", "--service", "signin").stdout
    assert "enforce-tls" not in policygen("list", "--service", "signin").stdout
    organization = policygen("list", "--for", "ou").stdout
    assert "deny-root-user" in organization
    assert "self-manage" not in organization
    assert "self-manage" not in policygen("list", "--for", "role").stdout


def test_recipes_are_found_by_what_they_decide(policygen):
    allowing = policygen("list", "--allows", "iam:CreateAccessKey").stdout
    assert "self-manage-access-keys" in allowing
    assert "self-manage-password" not in allowing
    denying = policygen("list", "--denies", "organizations:LeaveOrganization", "--type", "scp").stdout
    assert "deny-leave-organization" in denying
    assert "deny-root-user" in denying
    assert "deny-leave-organization" not in policygen("list", "--denies", "iam:CreateUser").stdout


def test_what_is_not_known_about_a_policy_of_aws_is_said(policygen):
    code, stdout, stderr = policygen("list", "--allows", "iam:CreateAccessKey")
    assert code == 0
    assert "job-managed" not in stdout
    assert stderr == "not known for `audit-scanner` and `job-managed`\n"


def test_a_mistyped_action_is_an_error(policygen):
    code, _, stderr = policygen("list", "--allows", "iam:CreateUsr")
    assert code == 2
    assert "did you mean `iam:CreateUser`?" in stderr


def test_the_recipes_nearest_to_a_policy_come_first_with_what_differs(policygen, tmp_path):
    statement = {
        "Effect": "Allow",
        "Action": ["iam:*AccessKey", "iam:ListAccessKeys", "iam:UpdateUser"],
        "Resource": "*",
    }
    (tmp_path / "p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    first = policygen("list", "--like", tmp_path / "p.json").stdout.splitlines()[1]
    assert first.split() == ["self-manage-access-keys", "67%", "iam:UpdateUser", "iam:GetAccessKeyLastUsed"]


def test_every_recipe_that_ships_meets_a_need():
    assert [recipe.name for recipe in load_catalog().values() if not need(recipe)] == []


def test_recipes_of_your_own_stand_among_the_others(policygen, make_recipe, tmp_path):
    make_recipe("our-own", "{}")
    assert "our-own" in policygen("list", "--catalog", tmp_path).stdout


def test_a_recipe_of_your_own_shadows_none_of_ours(policygen, make_recipe, tmp_path):
    make_recipe("quarantine", "{}")
    code, _, stderr = policygen("list", "--catalog", tmp_path)
    assert code == 2
    assert "there already is a recipe `quarantine` in" in stderr


def test_codes_for_a_terminal_in_a_title_are_shown_and_not_obeyed(policygen, make_recipe, tmp_path):
    folder = make_recipe("sly", "{}")
    recipe = (folder / "recipe.toml").read_text()
    (folder / "recipe.toml").write_text(recipe.replace("A recipe of the tests", r"\u001b[2J gone"))
    run = policygen("list", "--catalog", tmp_path)
    assert "\x1b" not in run.stdout + run.stderr
