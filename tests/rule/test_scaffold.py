"""A scaffolded rule is one that the tests know, and that fails them until it is written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of what a rule needs, since the rule is written into the package."""
    folder = tmp_path_factory.mktemp("checkout") / "policygen"
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("policygen", "schemas", "recipes", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("options", "tests"),
    [
        (("--group", "wildcards"), "tests/lint/test_rules.py"),
        (("--group", "access-analyzer"), "tests/lint/test_rules.py"),
        (("--subject", "account", "--group", "credentials"), "tests/audit/test_rules.py"),
    ],
)
def test_the_example_of_a_new_rule_fails_until_it_is_written(checkout, options, tests):
    name = f"my-{options[-1]}"
    made = run(checkout, "policygen", "new", "rule", name, *options)
    assert (made.returncode, made.stdout) == (0, "")
    assert f"`make test ARGS='{tests} -k {name}'` fails" in made.stderr
    assert f"{name} " in run(checkout, "policygen", "explain").stdout
    tested = run(checkout, "pytest", tests, "-k", name, "-p", "no:cacheprovider")
    assert tested.returncode == 1
    assert f"[{name}-fires" in tested.stdout.lower()
    path = made.stderr.partition("at the end of ")[2].partition("\n")[0]
    checked = run(checkout, "ruff", "check", "--ignore", "I001", path)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("MyRule", "--group", "wildcards"), "`MyRule` is not a valid rule id"),
        (("full-access", "--group", "wildcards"), "the rule `full-access` already exists"),
        (("my-rule", "--group", "wildcard"), "the group `wildcard` does not exist; did you mean `wildcards`?"),
    ],
)
def test_what_cannot_be_a_new_rule_is_refused(policygen, arguments, message):
    code, _, stderr = policygen("new", "rule", *arguments)
    assert code == 2
    assert message in stderr
