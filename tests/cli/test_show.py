"""`policygen show`."""

import json

import pytest

from policygen import load_catalog


def test_everything_to_know_before_using_it(policygen):
    code, page, _ = policygen("show", "enforce-mfa")
    assert code == 0
    for heading in ("Parameters", "What it says", "Size", "Notes", "What it replaces in AWS-recipes", "Sources"):
        assert f"## {heading}" in page
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


@pytest.mark.parametrize("name", load_catalog())
def test_every_recipe_can_be_shown_without_parameters(policygen, name):
    assert policygen("show", name).code == 0
