"""Lists that recipes share, and that a parameter names."""

import json

import pytest

from policygen.recipe.formats import problem
from policygen.recipe.lists import lists_of, read_list
from policygen.shipped import folder

LIST = """
title = "Services of the tests"
date = "2026-12-01"
sources = [{ title = "A page", url = "https://example.com/" }]
entries = ["s3", "sqs"]
"""
SERVICES = """
[parameters.services]
type = "array"
items = { type = "string", format = "service-prefix" }
uniqueItems = true
default = ["@ours"]
description = "Which services."
"""
TEMPLATE = """{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Deny", "Resource": "*",
"Action": [{% for service in services %}"{{ service }}:*",{% endfor %}]}]}"""


@pytest.fixture
def actions(policygen, make_recipe, tmp_path):
    make_recipe("mine", TEMPLATE, SERVICES)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/ours.toml").write_text(LIST)

    def run(*arguments):
        result = policygen("render", "mine", "--catalog", str(tmp_path), *arguments)
        return json.loads(result.stdout)["Statement"][0]["Action"] if result.code == 0 else result.stderr

    return run


def test_a_default_names_a_list(actions):
    assert actions() == ["s3:*", "sqs:*"]


def test_a_list_is_extended_and_each_entry_is_there_once(actions):
    given = ("--set", "services=@ours", "--set", "services=iam", "--set", "services=s3")
    assert sorted(actions(*given)) == ["iam:*", "s3:*", "sqs:*"]


def test_lists_that_ship_can_be_named_in_every_catalog(actions):
    assert "support:*" in actions("--set", "services=@global-services")


def test_what_a_list_has_is_checked_like_what_a_user_gives(actions, tmp_path):
    (tmp_path / "lists/ours.toml").write_text(LIST.replace("sqs", "sqqs"))
    assert "parameter `services`: `sqqs` is unknown to AWS" in actions()


def test_an_unknown_list_gets_a_guess(actions):
    assert "there is no list `@our`; did you mean `ours`?" in actions("--set", "services=@our")
    assert "parameter `services`: `@our` is unknown to AWS" in actions("--set", "services=@@our")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('date = "2026-12-01"', "", "the list has no `date`; add it"),
        ("https://", "http://", "is not an address that starts with `https://`"),
        ('["s3", "sqs"]', "[]", "`entries` must not be empty"),
    ],
)
def test_a_broken_list_is_told_where(actions, tmp_path, old, new, why):
    (tmp_path / "lists/ours.toml").write_text(LIST.replace(old, new))
    assert "lists/ours.toml:" in actions() and why in actions()


def test_a_catalog_cannot_replace_a_list_that_ships(actions, tmp_path):
    (tmp_path / "lists/global-services.toml").write_text(LIST)
    assert "there already is a list `global-services` that ships with policygen" in actions()


def test_a_list_that_leads_out_of_its_folder_is_not_read(actions, tmp_path):
    (tmp_path / "lists/ours.toml").unlink()
    (tmp_path / "elsewhere.toml").write_text(LIST)
    (tmp_path / "lists/ours.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert "leads out of" in actions()


@pytest.mark.parametrize("name", sorted(lists_of(folder("recipes"))))
def test_the_lists_that_ship_are_dated_and_known_to_aws(name):
    named = read_list(lists_of(folder("recipes"))[name])
    assert list(named.entries) == sorted(named.entries)
    kind = "service-prefix" if name.endswith("services") else "action"
    assert [entry for entry in named.entries if problem(kind, entry)] == []


def test_a_version_without_its_change_is_refused(policygen, make_recipe, tmp_path):
    make_recipe("mine", TEMPLATE, "")
    recipe = tmp_path / "mine/recipe.toml"
    recipe.write_text(recipe.read_text() + "version = 2\n" + SERVICES.replace("@ours", "s3"))
    result = policygen("test", "mine", "--catalog", str(tmp_path))
    assert "`version` is 2, and the latest of `[[changed]]` is 1" in result.stderr
