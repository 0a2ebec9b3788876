"""`policygen show`."""

import json

import pytest

from policygen import load_catalog
from policygen.report.markdown_page import show


def test_everything_to_know_before_using_it(policygen):
    code, page, _ = policygen("show", "enforce-mfa")
    assert code == 0
    for heading in (
        "What it promises",
        "The policy",
        "Parameters",
        "What it says",
        "Size",
        "Notes",
        "Facts",
        "Sources",
    ):
        assert f"## {heading}" in page
    assert page.index("- with MFA everything that is allowed elsewhere works") < page.index(
        '"Sid": "DenyAllWithoutMFA"'
    )
    assert "## What it replaces, and how it differs" in page
    assert "| `max_session_hours` | integer | none |" in page
    assert "**DenyAllWithoutMFA**: Denies every action except" in page
    assert "if aws:MultiFactorAuthPresent is false or missing" in page


def test_statements_and_sizes_are_those_of_the_parameters_given(policygen):
    assert (
        "aws:MultiFactorAuthAge is greater than 28800 or missing"
        in policygen("show", "enforce-mfa", "--set", "max_session_hours=8").stdout
    )


def test_json_is_for_scripts(policygen):
    recipe = json.loads(policygen("show", "self-manage", "--format", "json").stdout)["recipe"]
    assert recipe["name"] == "self-manage"
    assert recipe["parameters"]["require_mfa_for_keys"]["default"] is True
    assert recipe["parameters"]["account"]["required"] is True
    assert recipe["values"]["user_paths"] == ["/", "/*/"]
    assert {"sid": "ReadAccountSettings", "pointer": "/Statement/0"}.items() <= recipe["statements"][0].items()
    assert recipe["policy"]["Statement"][0]["Sid"] == "ReadAccountSettings"
    assert all(0 < size["characters"] < size["limit"] for size in recipe["sizes"])


def test_a_policy_with_errors_is_shown_with_them(policygen, make_recipe, tmp_path):
    make_recipe("broken", '{"Version": "2012-10-17"}')
    code, page, findings = policygen("show", "broken", "--catalog", tmp_path)
    assert code == 1
    assert "# broken" in page
    assert "the identity policy has no `Statement`" in findings


def test_a_recipe_that_names_no_source_and_has_no_quota(policygen, make_recipe, tmp_path):
    folder = make_recipe(
        "bucket",
        """{"Version": "2012-10-17", "Statement": {"Sid": "A", "Effect": "Allow", "Principal": {"AWS": "{{ account }}"},
        "Action": "s3:GetObject", "Resource": "arn:{{ partition }}:s3:::b/*"}}""",
        kind="resource",
    )
    recipe = (folder / "recipe.toml").read_text().splitlines()
    (folder / "recipe.toml").write_text("\n".join(line for line in recipe if not line.startswith("sources")))
    code, page, _ = policygen("show", "bucket", "--catalog", tmp_path)
    assert code == 0
    assert "Allows s3:GetObject on arn:aws:s3:::b/\\*, to 123456789012" in page
    assert "## Size" not in page
    assert "## Sources" not in page


@pytest.mark.parametrize("name", load_catalog())
def test_every_recipe_can_be_shown_without_parameters(policygen, name):
    assert policygen("show", name).code == 0


def test_a_narrow_terminal_cuts_no_name_off(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    name, meaning = "require_mfa_for_everything", "a" * 90
    page = show(f"| name | type | meaning |\n| --- | --- | --- |\n| `{name}` | {'boolean ' * 9} | {meaning} |\n")
    assert name in page
    assert page.count("a") >= len(meaning)
    assert "…" not in page
