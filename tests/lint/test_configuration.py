import re
from datetime import date
from pathlib import Path

import pytest

from policygen.errors import PolicygenError
from policygen.finding import Severity
from policygen.lint.configuration import find_settings, read_settings
from policygen.lint.settings import Settings
from policygen.policy.model import Kind

WHOLE = """
[lint]
select = ["access-analyzer", "wildcards"]
ignore = ["redundant-action"]
severity = { missing-version = "error" }
fail_on = "warning"
exclude = ["vendor/"]
extra_actions = ["s3:TimeTravel"]
extra_services = ["newsvc"]

[lint.per_path."scps/"]
type = "scp"
ignore = ["wildcards"]
severity = { missing-version = "suggestion" }

[[accept]]
rule = "redundant-resource"
where = "old/*.json#All"
reason = "it reads better"
until = 2027-01-31
"""


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """`settings(text)`: what a policygen.toml in the current folder says."""
    monkeypatch.chdir(tmp_path)

    def read(text, name="policygen.toml", **known):
        (tmp_path / name).write_text(text)
        return read_settings(tmp_path / name, **known)

    return read


def test_the_file_says_which_rules_run_where(settings):
    said = settings(WHOLE)
    here, there = said.scope("a.json"), said.scope("scps/deep/a.json")
    assert {rule.group for rule in here.rules} == {"access-analyzer", "wildcards"}
    assert "redundant-action" not in {rule.id for rule in here.rules}
    assert {rule.group for rule in there.rules} == {"access-analyzer"}
    assert (here.kind, there.kind) == (None, Kind.SCP)


def test_the_file_says_how_severe_a_rule_is_where(settings):
    said = settings(WHOLE)
    severity = {file: {r.id: r.severity for r in said.scope(file).rules} for file in ("a.json", "scps/a.json")}
    assert severity["a.json"]["missing-version"] is Severity.ERROR
    assert severity["scps/a.json"]["missing-version"] is Severity.SUGGESTION
    assert said.fail_on is Severity.WARNING


def test_previews_exist_for_the_rules(settings):
    previews = settings(WHOLE).scope("a.json").previews
    assert previews.has_action("S3:timetravel")
    assert previews.has_service("newsvc")


def test_an_acceptance_knows_its_line_and_its_last_day(settings):
    (acceptance,) = settings(WHOLE).acceptances
    assert (acceptance.declared, acceptance.line) == ("policygen.toml", 16)
    assert acceptance.until == date(2027, 1, 31)


def test_an_acceptance_is_judged_where_its_rule_ran_on_its_file(settings, tmp_path):
    said = settings(WHOLE)
    assert said.in_force(["old/a.json"]) == list(said.acceptances)
    assert said.in_force(["new/a.json"]) == []
    assert settings(WHOLE.replace('"redundant-action"', '"redundant-resource"')).in_force(["old/a.json"]) == []


@pytest.mark.parametrize(("file", "judged"), [("p/gone.json", 1), ("/gone.json", 1), ("gone.json", 0), ("p/*.json", 0)])
def test_an_acceptance_that_names_one_file_is_judged_when_that_is_gone(settings, file, judged):
    said = settings(f'[[accept]]\nrule = "redundant-action"\nwhere = "{file}"\nreason = "r"')
    assert len(said.in_force([])) == judged


def test_an_acceptance_of_a_file_that_was_not_read_is_not_judged(settings, tmp_path):
    said = settings('[[accept]]\nrule = "redundant-action"\nwhere = "/there.json"\nreason = "r"')
    (tmp_path / "there.json").touch()
    assert said.in_force([]) == []
    assert said.in_force(["deep/there.json"], ["deep"]) == []


@pytest.mark.parametrize("path", [".", "..", "/"])
def test_every_acceptance_is_judged_by_a_run_that_looks_everywhere(settings, path):
    said = settings('[[accept]]\nrule = "redundant-action"\nwhere = "*.json"\nreason = "r"')
    assert len(said.in_force([], [path])) == 1


def test_other_tables_are_for_others(settings):
    assert settings('[accounts.prod]\nid = "123456789012"\n[groups.ops]\nrecipes = []') is None


def test_pyproject_has_the_same_tables(settings):
    said = settings('[tool.policygen.lint]\nignore = ["wildcards"]\n[tool.ruff]\nlint = 1', "pyproject.toml")
    assert said.ignore == ("wildcards",)
    assert settings("[tool.ruff]", "pyproject.toml") is None


NAMELESS = "no rule and no group is called"
ACCEPT = '[[accept]]\nrule = "redundant-action"\nwhere = "a"\n'


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[lnt]", 1, "`lnt` does not belong here; did you mean `lint`?"),
        (
            "[lint]\n\nselct = []",
            3,
            "`selct` does not belong in a lint table of a configuration; did you mean `select`?",
        ),
        ('[lint]\nselect = "wildcards"', 2, "`select` must be a list, not text"),
        ('[lint]\nselect = ["wildcard"]', 2, f"{NAMELESS} `wildcard`; did you mean `wildcards`?"),
        ('[lint]\nfail_on = "never"', 2, "`fail_on` must be `error`, `security-warning`, `warning` or `suggestion`"),
        (
            "[lint.severity]\nmising-version = 'error'",
            2,
            f"{NAMELESS} `mising-version`; did you mean `missing-version`?",
        ),
        ("[lint.per_path.x]\ntype = 'user'", 2, "`type` must be `identity`"),
        (ACCEPT, 1, "the accepted finding has no `reason`; add it"),
        ('[[accept]]\nrule = "x"\nwhere = "a"\nreason = "r"', 2, "no rule is called `x`"),
        ('[[accept]]\nrule = "wildcards"\nwhere = "a"\nreason = "r"', 2, "no rule is called `wildcards`"),
        (ACCEPT + 'reason = "r"\nuntil = "soon"', 5, "until must be a date without quotes, `2027-01-31`, not `soon`"),
        (
            ACCEPT + 'reason = "r"\naccount = "a"',
            5,
            "`redundant-action` is about policies in files, not about accounts",
        ),
        ("[lint", 1, "not TOML: "),
    ],
)
def test_a_mistake_is_said_with_its_line(settings, text, line, message):
    with pytest.raises(PolicygenError) as caught:
        settings(text, account_rules=set)
    assert str(caught.value).startswith(f"policygen.toml:{line}: {message}")


def test_the_guide_shows_a_configuration_that_works(settings):
    guide = Path(__file__).parents[2] / "docs" / "linting.md"
    said = settings("\n".join(re.findall("```toml\n(.*?)```", guide.read_text("utf-8"), re.DOTALL)))
    assert said.acceptances[0].until == date(2027, 6, 30)
    assert (said.scope("scps/a.json").kind, said.scope("groups/a.json").place) == (Kind.SCP, "group-inline")


def test_settings_are_looked_for_upwards_but_not_beyond_the_repository(tmp_path, monkeypatch):
    (tmp_path / "policygen.toml").write_text('[lint]\nfail_on = "error"')
    repository = tmp_path / "repository"
    (repository / "deep").mkdir(parents=True)
    monkeypatch.chdir(repository / "deep")
    assert find_settings().fail_on is Severity.ERROR
    (repository / ".git").mkdir()
    assert find_settings() == Settings()
