"""docs/comparing.md shows what really happens."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.test_compare import write
from tests.test_readme import matches

GUIDE = (Path(__file__).parents[2] / "docs" / "comparing.md").read_text("utf-8")
SESSIONS = [
    session
    for block in re.findall(r"```console\n(\$ .*?)```", GUIDE, re.DOTALL)
    for session in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]
READ = {"Sid": "Reports", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
USERS = {"Sid": "Users", "Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}
NO_MFA = {
    "Sid": "NoMFA",
    "Effect": "Deny",
    "Action": "iam:*",
    "Resource": "*",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}


@pytest.mark.parametrize(("command", "shown"), SESSIONS, ids=[command for command, _ in SESSIONS])
def test_a_session_in_the_guide_is_what_a_user_sees(policygen, tmp_path, monkeypatch, command, shown):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "old.json", READ, NO_MFA, USERS)
    write(tmp_path / "new.json", {**READ, "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]}, USERS)
    run = policygen(*shlex.split(command)[1:])
    assert matches(shown, run.stdout), run.stdout


def test_the_guide_has_sessions():
    assert len(SESSIONS) >= 3
