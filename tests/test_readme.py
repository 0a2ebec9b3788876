"""The README shows what really happens."""

import json
import re
import shlex
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n(\$ .*?)```", README, re.DOTALL)
MANIFEST = re.search(r"```toml\n(.*?)```", README, re.DOTALL)[1]
POLICY = (
    '{"Version": "2012-10-17", "Statement": {"Sid": "Reports", "Effect": "Allow", '
    '"Action": ["s3:Gett*", "s3:PutObject"], "Resource": "*"}}\n'
)

SNAPSHOT = {
    "UserDetailList": [
        {
            "Arn": "arn:aws:iam::111122223333:user/alice",
            "UserName": "alice",
            "UserId": "AIDA1",
            "GroupList": ["AllUsers"],
        },
        {
            "Arn": "arn:aws:iam::111122223333:user/bob",
            "UserName": "bob",
            "UserId": "AIDA2",
            "GroupList": [],
            "UserPolicyList": [{"PolicyName": "mine", "PolicyDocument": json.loads(POLICY)}],
        },
    ],
    "GroupDetailList": [
        {"Arn": "arn:aws:iam::111122223333:group/AllUsers", "GroupName": "AllUsers", "GroupId": "AGPA1"}
    ],
    "RoleDetailList": [],
    "Policies": [],
}


def matches(shown: str, printed: str) -> bool:
    """Whether the output is the one shown, in which `…` stands for anything and runs of spaces count as one."""
    parts = (re.escape(re.sub(" +", " ", part)) for part in shown.split("…"))
    return re.fullmatch(".*".join(parts), re.sub(" +", " ", printed), re.DOTALL) is not None


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_a_session_in_the_readme_is_what_a_user_sees(policygen, tmp_path, monkeypatch, block):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policygen.toml").write_text(MANIFEST)
    (tmp_path / "policy.json").write_text(POLICY)
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "authorization-details.json").write_text(json.dumps(SNAPSHOT))
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
        program, *arguments = shlex.split(command)
        assert program == "policygen"
        run = policygen(*arguments)
        assert matches(shown, run.stdout + run.stderr), run


def test_the_readme_has_sessions():
    assert len(BLOCKS) >= 4
