"""What docs/ci.md tells people to paste can be pasted: YAML that parses, commands and inputs that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from policygen.cli import app

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "ci.md").read_text("utf-8")
WORKFLOWS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)]
COMMANDS = sorted({*re.findall(r"policygen ((?:lint|build|plan|apply)\b[^\n`'>]*)", GUIDE)})


def steps(action):
    """The steps of all workflows that use an action."""
    jobs = [job for workflow in WORKFLOWS for job in workflow.get("jobs", {}).values()]
    return [step for job in jobs for step in job["steps"] if step.get("uses", "").startswith(action)]


def test_every_example_is_yaml():
    assert len(WORKFLOWS) >= 6


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_options(command):
    name, *arguments = shlex.split(command)
    context = click.Context(app)
    app.get_command(context, name).make_context(name, arguments)


def test_the_action_has_the_inputs_of_the_example_and_of_the_table():
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    [step] = steps("OWNER/policygen")
    assert step["with"].keys() <= inputs.keys()
    assert re.findall(r"^\| `([a-z-]+)` \| .* \| .* \|$", GUIDE, re.MULTILINE) == [*inputs]
    [upload] = steps("github/codeql-action/upload-sarif")
    assert upload["with"]["sarif_file"] == inputs["sarif"]["default"]


def test_the_hooks_of_the_example_exist():
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    assert [{hook["id"] for hook in repo["hooks"]} for w in WORKFLOWS for repo in w.get("repos", ())] == [hooks]


@pytest.mark.parametrize("name", [".pre-commit-hooks.yaml", "pyproject.toml"])
def test_the_hook_installs_what_the_extra_formats_does(name):
    text = (ROOT / name).read_text("utf-8")
    assert '["python-hcl2>=8.1", "pyyaml>=6.0"]' in text
