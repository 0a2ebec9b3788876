import json
import stat
from types import SimpleNamespace

import pytest

from policygen.account import snapshot
from tests.deploy.proxy import Proxy

SELF = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}]}


@pytest.fixture
def filled(aws_account):
    iam = aws_account.iam
    iam.create_group(GroupName="AllUsers")
    iam.put_group_policy(GroupName="AllUsers", PolicyName="self", PolicyDocument=json.dumps(SELF))
    for number in range(3):
        iam.create_user(UserName=f"user{number}", Path="/eng/")
        iam.add_user_to_group(GroupName="AllUsers", UserName=f"user{number}")
    return aws_account


def test_a_live_account_becomes_a_folder_that_reads_back(filled, tmp_path):
    result = filled.run("snapshot", "-o", str(tmp_path / "snap"))
    assert result.returncode == 0, result.stderr
    account = snapshot.read_folder(tmp_path / "snap")
    assert account.id == filled.id and account.parts == set(snapshot.PARTS)
    assert [user.name for user in account.members("AllUsers")] == ["user0", "user1", "user2"]
    assert account.group("AllUsers").inline[0].document == SELF
    assert account.password_policy is None and account.summary["GroupPolicySizeQuota"] == 5120
    assert {row.user for row in account.credential_report.rows} >= {"user0", "user1", "user2"}
    assert result.stdout.splitlines()[0].endswith("caller-identity.json")
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "snap").iterdir())


def test_a_part_that_is_denied_is_named_and_not_written(filled, tmp_path):
    proxy = Proxy(filled.url, denied=frozenset({"GenerateCredentialReport"}))
    result = filled.run("snapshot", "-o", str(tmp_path / "snap"), env={"AWS_ENDPOINT_URL": proxy.url})
    proxy.close()
    assert result.returncode == 2
    assert (
        "policygen: credential-report.json was not written: the caller may not call iam:GenerateCredentialReport: "
        "User is not authorized\n"
    ) in result.stderr
    assert snapshot.read_folder(tmp_path / "snap").parts == set(snapshot.PARTS) - {"credential-report"}


def test_only_the_parts_that_are_asked_for_are_read(filled, tmp_path):
    result = filled.run("snapshot", "-o", str(tmp_path / "snap"), "--part", "account-summary")
    assert result.returncode == 0
    assert [path.name for path in (tmp_path / "snap").iterdir()] == ["account-summary.json"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "there are no AWS credentials"),
        ({"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}, "sts:GetCallerIdentity got no answer"),
    ],
)
def test_what_is_wrong_with_the_connection_is_said_in_one_sentence(filled, tmp_path, change, says):
    result = filled.run("snapshot", "-o", str(tmp_path / "snap"), env=change | {"AWS_EC2_METADATA_DISABLED": "true"})
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr and not (tmp_path / "snap").exists()


def test_without_boto3_the_command_says_how_to_install_it(tmp_path, aws_account):
    (tmp_path / "boto3.py").write_text("raise ImportError")
    result = aws_account.run("snapshot", "-o", str(tmp_path / "snap"), env={"PYTHONPATH": str(tmp_path)})
    assert result.returncode == 2
    assert result.stderr == "policygen: talking to AWS needs boto3; `pip install 'policygen[aws]'` installs it\n"


def test_seeds_of_mfa_devices_are_never_written(filled, tmp_path):
    device = filled.iam.create_virtual_mfa_device(VirtualMFADeviceName="user0")["VirtualMFADevice"]
    filled.iam.create_virtual_mfa_device(VirtualMFADeviceName="spare")
    filled.iam.enable_mfa_device(
        UserName="user0",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1="123456",
        AuthenticationCode2="654321",
    )
    assert filled.iam.list_virtual_mfa_devices()["VirtualMFADevices"][0]["Base32StringSeed"]  # moto's, not AWS's
    result = filled.run("snapshot", "-o", str(tmp_path / "snap"))
    assert result.returncode == 0, result.stderr
    written = json.loads((tmp_path / "snap" / "virtual-mfa-devices.json").read_text())["VirtualMFADevices"]
    assert {key for entry in written for key in entry} <= {"SerialNumber", "User", "EnableDate", "Tags"}
    account = snapshot.read_folder(tmp_path / "snap")
    assert {entry.user_arn for entry in account.virtual_mfa_devices} == {
        None,
        filled.iam.get_user(UserName="user0")["User"]["Arn"],
    }


def test_nothing_that_aws_calls_sensitive_is_kept_of_any_part():
    """A whole answer with every member that botocore knows: what is marked as sensitive is gone, the rest is there."""
    from policygen.account import live

    iam = pytest.importorskip("boto3").client("iam", region_name="us-east-1")

    def filled(shape, seen=()):
        if shape.type_name == "structure" and shape.name not in seen:
            return {key: filled(member, (*seen, shape.name)) for key, member in shape.members.items()}
        if shape.type_name == "list":
            return [filled(shape.member, seen)]
        return b"secret" if shape.metadata.get("sensitive") else "kept"

    def answer(method):
        operation = iam.meta.method_to_api_mapping.get(method)
        known = filled(iam.meta.service_model.operation_model(operation).output_shape) if operation else {}
        return known | {"State": "COMPLETE", "Content": b"kept"}

    class Filled:
        meta = iam.meta

        def __getattr__(self, method):
            return lambda **_: answer(method)

        def get_paginator(self, method):
            return SimpleNamespace(paginate=lambda **_: SimpleNamespace(build_full_result=lambda: answer(method)))

    assert b"secret" in answer("list_virtual_mfa_devices")["VirtualMFADevices"][0].values()
    answers, denied = live.read(live.Connection(Filled(), Filled()))
    assert answers.keys() == snapshot.PARTS.keys() and not denied
    for part, left in answers.items():
        assert left, part
        assert "secret" not in snapshot.dumps(left) and "c2VjcmV0" not in snapshot.dumps(left), part


def test_bytes_are_written_as_the_aws_cli_prints_them():
    assert json.loads(snapshot.dumps({"Content": b"\x00\xff"})) == {"Content": "AP8="}


@pytest.mark.parametrize("failing", range(8))
def test_a_writing_that_is_interrupted_never_leaves_what_reads_as_whole(tmp_path, monkeypatch, failing):
    """Whichever file operation fails, the folder has the old reading, the new one, or is refused."""
    from pathlib import Path

    from policygen.errors import PolicygenError
    from tests.audit import sketches

    old = {"UserDetailList": [{"UserName": "old"}], "credentials": [{"user": "old"}], "PasswordPolicy": None}
    new = {"UserDetailList": [{"UserName": "new"}], "credentials": [{"user": "new"}]}
    folder = sketches.write(tmp_path / "snap", old)
    calls, replace = iter(range(100)), Path.replace

    def interrupted(self, target):
        if next(calls) == failing:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    try:
        sketches.write(folder, new)
        finished = True
    except KeyboardInterrupt:
        finished = False
    monkeypatch.undo()
    try:
        account = snapshot.read_folder(folder)
    except PolicygenError as error:
        assert "unfinished" in str(error) and not finished
        assert snapshot.read_folder(sketches.write(folder, new)).user("new")  # the next writing repairs it
    else:
        names = ({user.name for user in account.users}, {row.user for row in account.credential_report.rows})
        assert names == (({"new"},) * 2 if finished else ({"old"},) * 2)
        assert ("password-policy" in account.parts) != finished
    assert not [path for path in folder.iterdir() if path.suffix == ".tmp"]


def test_a_full_disk_leaves_the_snapshot_that_was_there(tmp_path, monkeypatch):
    import os

    from policygen.errors import PolicygenError
    from tests.audit import sketches

    folder = sketches.write(tmp_path / "snap", {"UserDetailList": [{"UserName": "old"}], "credentials": []})

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PolicygenError, match="no space left on device"):
        sketches.write(folder, {"UserDetailList": [{"UserName": "new"}]})
    monkeypatch.undo()
    assert snapshot.read_folder(folder).user("old")
