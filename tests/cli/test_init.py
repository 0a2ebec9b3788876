import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from policygen.manifest.model import load_manifest
from tests.audit.sketches import write

ROOT = Path(__file__).parents[2]
SKETCH = {
    "UserDetailList": [{"UserName": name, "GroupList": ["Everyone"]} for name in ("alice", "bob", "carol")],
    "GroupDetailList": [{"GroupName": "Everyone"}, {"GroupName": "ServiceAccounts"}, {"GroupName": "Staff"}],
}


@pytest.fixture
def init(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: policygen("init", *arguments)


def test_the_file_is_a_manifest_that_builds_and_audits(init, policygen, tmp_path):
    assert init("--yes", "--account", "123456789012").code == 0
    manifest = load_manifest(tmp_path / "policygen.toml")
    assert {group.name: group.recipes for group in manifest.groups} == {
        "AllUsers": ("self-manage",),
        "AllHeadlessUsers": (),
        "AllHumanUsers": ("enforce-mfa",),
    }
    assert policygen("build").code == 0
    audited = policygen("audit", write(tmp_path / "snapshot", SKETCH), "--select", "common-group-missing")
    assert "group/AllUsers  there is no such group" in audited.stdout


def test_a_snapshot_proposes_the_account_and_its_groups(init, tmp_path):
    snapshot = write(tmp_path / "snapshot", SKETCH)
    assert init("--yes", "--snapshot", snapshot).code == 0
    text = (tmp_path / "policygen.toml").read_text(encoding="utf-8")
    assert 'id = "123456789012"' in text
    assert "[groups.Everyone]\ncommon = true" in text
    assert '[groups.ServiceAccounts]\nrecipes = []\ncategory = ["svc-*"]' in text
    assert '[groups.Staff]\nrecipes = ["enforce-mfa"]\ndefault_category = true' in text


def test_a_group_that_the_snapshot_does_not_have_is_named(init, tmp_path):
    run = init("--yes", "--snapshot", write(tmp_path / "snapshot", SKETCH), "--common-group", "Everyon")
    assert run.code == 0
    assert "the account has no group `Everyon`; did you mean `Everyone`?" in run.stderr


def test_every_answer_is_an_option(init, tmp_path):
    run = init(
        *("--yes", "--account", "123456789012", "--name", "prod", "--common-group", "All-of_us+more"),
        *("--category", "Robots=bot-?*", "--category", "People=*", "--no-enforce-mfa"),
        *("--rotation-days", "30", "--unused-days", "20", "--level", "user-with-inline-policy=error"),
    )
    assert run.code == 0
    data = load_manifest(tmp_path / "policygen.toml").source.data
    assert data["groups"] == {
        "All-of_us+more": {"common": True, "recipes": ["self-manage"]},
        "Robots": {"recipes": [], "category": ["bot-?*"]},
        "People": {"recipes": [], "default_category": True},
    }
    assert data["audit"]["rules"] == {
        "access-key-not-rotated": {"days": 30},
        "credentials-not-used": {"days": 20},
        "headless-user-with-password": {"groups": ["Robots"]},
        "user-with-inline-policy": {"severity": "error"},
    }


def test_a_file_that_is_there_is_never_overwritten_unasked(init, tmp_path):
    (tmp_path / "policygen.toml").write_text("mine", encoding="utf-8")
    run = init("--yes", "--account", "123456789012")
    assert run.code == 1
    assert (tmp_path / "policygen.toml").read_text(encoding="utf-8") == "mine"
    assert init("--yes", "--account", "123456789012", "--force").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--account", "1234"), "the account `1234` "),
        (("--account", "123456789012", "--common-group", 'a"b\n'), "the group `a"),
        (("--account", "123456789012", "--category", "G=a b"), "the pattern `"),
        (("--account", "123456789012", "--category", "allusers=*"), "a group is named twice"),
        (("--account", "123456789012", "--name", "a.b"), "is no name for an account"),
        (("--account", "123456789012", "--level", "user-with-inline-polices=error"), "did you mean"),
        (("--account", "123456789012", "--level", "user-with-inline-policy=bad"), "the severities are error"),
        ((), "name the account with --account"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(init, tmp_path, arguments, message):
    run = init("--yes", *arguments)
    assert run.code == 2
    assert message in run.stderr
    assert not (tmp_path / "policygen.toml").exists()


def test_without_a_terminal_nothing_is_asked(init):
    run = init("--account", "123456789012")
    assert run.code == 2
    assert "take the proposals with --yes" in run.stderr


def test_a_person_is_asked_and_may_take_what_is_proposed(tmp_path):
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "policygen", "init"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "TERM": "dumb"},
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.write(master, b"123456789012\nprod\nEveryone\n\n\n60\n\n\nerror\n")
    _, stderr = process.communicate(timeout=60)
    os.close(master)
    os.close(terminal)
    assert process.returncode == 0, stderr
    text = (tmp_path / "policygen.toml").read_text(encoding="utf-8")
    assert "[accounts.prod]" in text
    assert "[audit.rules.access-key-not-rotated]\ndays = 60" in text
    assert '[audit.rules.user-with-inline-policy]\nseverity = "error"' in text
