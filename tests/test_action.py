"""The GitHub Action: the shell lines of its steps, run by bash as a runner runs them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")


@pytest.fixture
def step(tmp_path, monkeypatch):
    """Run a step in the folder `work` with the inputs given, `_` for `-`: exit code and what it printed."""
    (tmp_path / "work" / "more").mkdir(parents=True)
    for name in ("work/a.json", "work/more/b.json"):
        (tmp_path / name).write_text(json.dumps(ADMIN))
    monkeypatch.delenv("PYTHONPATH", raising=False)

    def run(name, **inputs):
        values = {f"inputs.{key}": str(one.get("default", "")) for key, one in ACTION["inputs"].items()}
        values |= {f"inputs.{key.replace('_', '-')}": value for key, value in inputs.items()}
        values |= {"github.action_path": str(ROOT), "steps.python.outputs.python-path": sys.executable}
        given = {
            key: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], value)
            for key, value in STEPS[name]["env"].items()
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
            cwd=tmp_path / "work",
            env=os.environ | given | {"RUNNER_TEMP": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
            timeout=600,
        )
        return done.returncode, done.stdout

    return run


@pytest.fixture
def installed(tmp_path):
    """This checkout where the first step would install it."""
    program = tmp_path / "policygen" / "bin" / "policygen"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m policygen "$@"\n')
    program.chmod(0o755)


def test_one_run_annotates_and_writes_sarif(step, installed, tmp_path):
    code, stdout = step("Lint")
    assert code == 1
    assert "file=a.json" in stdout and "file=more/b.json" in stdout
    log = json.loads((tmp_path / "work" / ACTION["inputs"]["sarif"]["default"]).read_text())
    assert len(log["runs"][0]["results"]) == stdout.count("\n::") + stdout.startswith("::")


def test_the_inputs_are_followed(step, installed, tmp_path):
    code, stdout = step("Lint", paths="more/b.json\n./a.json", fail_on="never", sarif="my report.sarif")
    assert code == 0
    assert "file=more/b.json" in stdout and "file=a.json" in stdout
    assert (tmp_path / "work" / "my report.sarif").is_file()
    assert "file=a.json" not in step("Lint", paths="more")[1]


def test_no_input_runs_as_shell_code_or_as_an_option(step, installed, tmp_path):
    evil = "$(touch hacked)"
    step("Lint", paths=f"{evil} `touch hacked` ; touch hacked", fail_on=evil, sarif=evil)
    assert not (tmp_path / "work" / "hacked").exists()
    assert step("Lint", paths="--fix")[0] in (0, 2)
    assert json.loads((tmp_path / "work" / "a.json").read_text()) == ADMIN


def test_no_shell_line_contains_an_expression():
    assert not any("${{" in one["run"] for one in STEPS.values())


@pytest.mark.proof
def test_the_checkout_is_installed_with_its_formats_and_linted(step, tmp_path):
    (tmp_path / "work" / "c.yaml").write_text(json.dumps(ADMIN))
    assert step("Install policygen")[0] == 0
    code, stdout = step("Lint")
    assert code == 1
    assert "file=c.yaml" in stdout
