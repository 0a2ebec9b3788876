import json
import stat

import pytest

from policygen.account import snapshot
from tests.account.proxy import Proxy

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
