"""Accounts with flaws as files, and the command line on them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from policygen.account import snapshot
from policygen.audit.example import answers

ROOT = Path(__file__).parents[2]


@pytest.fixture
def account(tmp_path):
    """Write the snapshot of a sketch (see policygen.audit.example) and return its folder."""

    def write(sketch, name="snapshot"):
        folder = tmp_path / name
        snapshot.write(folder, answers(sketch))
        return folder

    return write


@pytest.fixture
def run(tmp_path):
    """`policygen audit` as a person calls it, in an empty folder."""

    def call(*arguments, code=None, command="audit"):
        line = [sys.executable, "-m", "policygen", command, *map(str, arguments)]
        environment = {"PYTHONPATH": str(ROOT), "PATH": "", "NO_COLOR": "1"}
        done = subprocess.run(
            line, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        if code is not None:
            assert done.returncode == code, done.stdout + done.stderr
        return done

    return call


@pytest.fixture
def failures(run):
    """Rule → the names of the entities that fail it, as `--format json` has them."""

    def read(*arguments):
        found = json.loads(run(*arguments, "--format", "json").stdout)["findings"]
        failing = {}
        for finding in found:
            if finding["result"] == "fail":
                failing.setdefault(finding["rule"], []).append(finding["entity"]["name"])
        return failing

    return read


def statement(*actions, effect="Allow", resource="*", **more):
    return {"Effect": effect, "Action": list(actions), "Resource": resource, **more}


def inline(*statements):
    return [{"PolicyName": "inline", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}]


ADMIN = "aws:policy/AdministratorAccess"
