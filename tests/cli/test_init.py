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
    assert "group/AllUsers  the group does not exist" in audited.stdout


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
        (("--account", "123456789012", "--name", "a.b"), "is not a valid account name"),
        (("--account", "123456789012", "--level", "user-with-inline-polices=error"), "did you mean"),
        (("--account", "123456789012", "--level", "user-with-inline-policy=bad"), "the severities are error"),
        ((), "give --account or a --snapshot"),
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
    assert "nobody can be asked; --yes uses the proposals" in run.stderr


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


def machines_and_people(*machines, report=True, **groups):
    """An account with a group of machines, `machines` that have only keys, and two people."""
    users = {"ada": ["Everyone"], "bob": ["Everyone"]}
    users |= {name: ["Everyone"] for name in machines}
    for group, members in groups.items():
        for name in members:
            users.setdefault(name, ["Everyone"]).append(group)
    sketch = {
        "UserDetailList": [{"UserName": name, "GroupList": held} for name, held in users.items()],
        "GroupDetailList": [{"GroupName": name} for name in ("Everyone", *groups)],
    }
    keys = {"access_key_1_active": "true", "password_enabled": "false"}
    rows = [{"user": name, **(keys if name in machines else {"password_enabled": "true"})} for name in users]
    return sketch | ({"credentials": rows} if report else {})


ROBOTS = ("svc-backup", "svc-deploy", "ci-runner", "terraform")


@pytest.mark.parametrize(
    "sketch",
    [
        machines_and_people(*ROBOTS, Robots=ROBOTS),
        machines_and_people(*ROBOTS),
        machines_and_people(*ROBOTS, People=("terraform",)),
        machines_and_people(*ROBOTS, Robots=("svc-backup",), AllHumanUsers=("ada", "ci-runner")),
        machines_and_people("ci", **{"svc-ada": ("Everyone",)}),
        machines_and_people(*ROBOTS, Robots=(*ROBOTS, "ada")),
    ],
)
def test_no_machine_is_moved_to_the_people_and_no_person_to_the_machines(init, tmp_path, sketch):
    """What `init` writes and what `audit` then prints never put a user with only keys where MFA is demanded."""
    folder = write(tmp_path / "snapshot", sketch)
    run = init("--yes", "--snapshot", folder)
    assert run.code == 0
    assert "have only access keys" not in run.stderr
    categories = Manifest(tmp_path)
    for row in sketch["credentials"]:
        has_password = row["password_enabled"] == "true"
        members = [g["GroupName"] for g in sketch["GroupDetailList"] if g["GroupName"] in held(sketch, row["user"])]
        if not has_password:
            assert categories.of(row["user"]) == categories.machines
        elif "Robots" not in members:
            assert categories.of(row["user"]) == categories.people


@pytest.mark.parametrize("report", [True, False])
def test_a_group_of_machines_is_never_the_group_of_everybody(init, tmp_path, report):
    users = {"ada": [], "bob": ["Readers"], **{name: ["Robots"] for name in ROBOTS}}
    keys = {"access_key_1_active": "true", "password_enabled": "false"}
    sketch = {
        "UserDetailList": [{"UserName": name, "GroupList": held} for name, held in users.items()],
        "GroupDetailList": [{"GroupName": "Robots"}, {"GroupName": "Readers"}],
    }
    rows = [{"user": name, **(keys if name in ROBOTS else {"password_enabled": "true"})} for name in users]
    folder = write(tmp_path / "snapshot", sketch | ({"credentials": rows} if report else {}))
    assert init("--yes", "--snapshot", folder).code == 0
    groups = {group.name: group for group in load_manifest(tmp_path / "policygen.toml").groups}
    assert [name for name, group in groups.items() if group.common] == ["AllUsers"]
    assert "Robots" in groups


class Manifest:
    """The categories that a manifest gives to users."""

    def __init__(self, folder):
        self.groups = [group for group in load_manifest(folder / "policygen.toml").groups if not group.common]
        self.people = next(group.name for group in self.groups if group.default_category)
        self.machines = next(group.name for group in self.groups if not group.default_category)

    def of(self, user):
        from policygen.audit.strategy import Category

        return next((g.name for g in self.groups if Category(g.name, g.category).wants(user)), self.people)


def held(sketch, name):
    return next(user["GroupList"] for user in sketch["UserDetailList"] if user["UserName"] == name)


def test_the_members_of_robots_stay_there(init, tmp_path):
    snapshot = write(tmp_path / "snapshot", machines_and_people(*ROBOTS, Robots=ROBOTS))
    assert init("--yes", "--snapshot", snapshot).code == 0
    text = (tmp_path / "policygen.toml").read_text(encoding="utf-8")
    assert 'category = ["svc-*", "ci-runner", "terraform"]' in text


def test_machines_among_people_are_named_where_the_owner_says_so(init, tmp_path):
    folder = write(tmp_path / "snapshot", machines_and_people(*ROBOTS, Robots=ROBOTS))
    given = ("--category", "Robots=svc-*", "--category", "Robots=ci-*", "--category", "Staff=*")
    run = init("--yes", "--snapshot", folder, *given)
    assert run.code == 0
    assert "`terraform` have only access keys, but would belong to `Staff`" in run.stderr
    assert "ci-runner" not in run.stderr


def test_without_a_credential_report_nothing_is_claimed_of_machines(init, tmp_path):
    run = init("--yes", "--snapshot", write(tmp_path / "snapshot", machines_and_people(*ROBOTS, report=False)))
    assert "the snapshot has no credential report" in run.stderr


def test_a_user_whose_name_is_a_wildcard_makes_no_pattern(init, tmp_path):
    run = init("--yes", "--snapshot", write(tmp_path / "snapshot", machines_and_people("*")))
    assert run.code == 2
    assert "the user `*`" in run.stderr


def test_a_person_with_a_machine_s_name_leaves_the_machines_without_a_pattern(init, policygen, tmp_path):
    users = [{"UserName": "svc-ada", "GroupList": ["AllStaff"]}]
    sketch = {"UserDetailList": users, "GroupDetailList": [{"GroupName": "AllStaff"}]}
    folder = write(tmp_path / "snapshot", sketch | {"credentials": [{"user": "svc-ada", "password_enabled": "true"}]})
    assert init("--yes", "--snapshot", folder).code == 0
    categories = Manifest(tmp_path)
    assert categories.of("svc-ada") == categories.people == "AllHumanUsers"
