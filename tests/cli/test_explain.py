import pytest


def test_a_rule_is_explained_with_its_examples(policygen):
    result = policygen("explain", "redundant-action")
    assert result.code == 0
    for part in (
        "redundant-action  suggestion · group access-analyzer",
        "Why it matters: ",
        "Instead: ",
        "Fires on:",
        "Quiet on:",
    ):
        assert part in result.stdout


@pytest.mark.parametrize(
    "rule", ["json-syntax-error", "stale-accept", "expired-accept", "schema", "policy-too-long-to-lint"]
)
def test_what_the_linter_itself_reports_is_explained_too(policygen, rule):
    assert "Instead: " in policygen("explain", rule).stdout


def test_without_a_name_every_rule_is_listed_under_its_group(policygen):
    lines = policygen("explain").stdout.splitlines()
    assert {"access-analyzer", "wildcards", "linter"} <= set(lines)
    assert any(line.split()[:2] == ["redundant-action", "suggestion"] for line in lines)


def test_with_the_name_of_a_group_its_rules_are_listed(policygen):
    assert policygen("explain", "linter").stdout.splitlines()[0] == "linter"


def test_a_mistyped_rule_is_said_with_a_guess(policygen):
    sentence = "policygen: no rule and no group is called `redundant-acton`; did you mean `redundant-action`?\n"
    assert policygen("explain", "redundant-acton") == (2, "", sentence)
