import base64
import json
import stat
import time
from pathlib import Path

import pytest

from policygen.account import snapshot
from policygen.errors import PolicygenError

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
ACCOUNT = "123456789012"

DETAILS = {
    "UserDetailList": [
        {
            "Path": "/eng/",
            "UserName": "carol",
            "UserId": "AIDA1",
            "Arn": f"arn:aws:iam::{ACCOUNT}:user/eng/carol",
            "CreateDate": "2024-05-01T10:00:00+00:00",
            "GroupList": ["AllUsers"],
            "AttachedManagedPolicies": [
                {"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
            ],
            "Tags": [{"Key": "team", "Value": "Engineering"}],
            "SomethingNew": {"of": 2031},
        }
    ],
    "GroupDetailList": [
        {
            "Path": "/",
            "GroupName": "AllUsers",
            "GroupId": "AGPA1",
            "Arn": f"arn:aws:iam::{ACCOUNT}:group/AllUsers",
            "CreateDate": "2024-05-01T10:00:00Z",
            "GroupPolicyList": [{"PolicyName": "self", "PolicyDocument": ALLOW}],
            "AttachedManagedPolicies": [],
        }
    ],
    "RoleDetailList": [
        {
            "Path": "/",
            "RoleName": "app",
            "RoleId": "AROA1",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/app",
            "CreateDate": 1714557600.0,
            "AssumeRolePolicyDocument": "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D",
            "RoleLastUsed": {"LastUsedDate": "2026-01-01T00:00:00+00:00", "Region": "eu-west-1"},
        }
    ],
    "Policies": [
        {
            "PolicyName": "base",
            "PolicyId": "ANPA1",
            "Arn": f"arn:aws:iam::{ACCOUNT}:policy/policygen/base",
            "Path": "/policygen/",
            "DefaultVersionId": "v2",
            "PolicyVersionList": [
                {"Document": ALLOW, "VersionId": "v2", "IsDefaultVersion": True},
                {"Document": {}, "VersionId": "v1", "IsDefaultVersion": False},
            ],
        }
    ],
}
REPORT = (
    "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_active,new_column\n"
    f"<root_account>,arn:aws:iam::{ACCOUNT}:root,2020-01-01T00:00:00+00:00,not_supported,no_information,true,false,x\n"
    f'"o,brien",arn:aws:iam::{ACCOUNT}:user/eng/carol,2024-05-01T10:00:00+00:00,true,N/A,false,true,x\n'
)


def put(folder: Path, name: str, data: object) -> Path:
    path = folder / f"{name}.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_a_folder_of_what_the_aws_cli_prints_is_an_account(tmp_path):
    put(tmp_path, "authorization-details", DETAILS)
    put(tmp_path, "credential-report", {"Content": base64.b64encode(REPORT.encode()).decode()})
    put(tmp_path, "account-summary", {"SummaryMap": {"GroupPolicySizeQuota": 5120}})

    account = snapshot.read_folder(tmp_path)

    assert (account.id, account.partition) == (ACCOUNT, "aws")
    assert account.parts == {"authorization-details", "credential-report", "account-summary"}
    carol = account.user("CAROL")
    assert (carol.path, carol.groups, carol.tags) == ("/eng/", ("AllUsers",), {"team": "Engineering"})
    assert account.members("allusers") == (carol,)
    assert account.group("ALLUSERS").inline[0].document == ALLOW
    assert account.role("app").trust["Statement"] == []
    assert account.role("app").created == carol.created
    assert account.policy(f"arn:aws:iam::{ACCOUNT}:policy/policygen/base").default.id == "v2"
    assert account.policy("arn:aws:iam::aws:policy/ReadOnlyAccess") is None
    root, brien = account.credential_report.rows
    assert root.is_root and root.password_enabled is None and root.mfa_active is True
    assert brien.user == "o,brien" and brien.password_last_used is None
    assert brien.access_keys[0].active is True and brien.access_keys[1].active is None


def test_what_was_not_read_is_unknown_and_not_empty(tmp_path):
    put(tmp_path, "account-summary", {"SummaryMap": {"Users": 3}})
    account = snapshot.read_folder(tmp_path)
    assert account.parts == {"account-summary"} and account.credential_report is None and account.id is None


def test_an_account_without_a_password_policy_is_known_to_have_none(tmp_path):
    put(tmp_path, "password-policy", {})
    account = snapshot.read_folder(tmp_path)
    assert "password-policy" in account.parts and account.password_policy is None


def test_what_is_written_reads_back_the_same_and_only_its_owner_may_read_it(tmp_path):
    folder = tmp_path / "new"
    answers = {"authorization-details": DETAILS, "password-policy": {}}
    snapshot.write(folder, answers)
    assert snapshot.read_folder(folder) == snapshot.account(answers)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_second_reading_leaves_nothing_of_the_first(tmp_path):
    snapshot.write(tmp_path, {"authorization-details": DETAILS, "password-policy": {}})
    snapshot.write(tmp_path, {"authorization-details": DETAILS})
    assert snapshot.read_folder(tmp_path).parts == {"authorization-details"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_powershell_writes_is_read(tmp_path, encoding):
    (tmp_path / "authorization-details.json").write_text(json.dumps(DETAILS), encoding=encoding)
    assert snapshot.read_folder(tmp_path).user("carol")


def test_a_file_cut_off_anywhere_is_refused_by_name(tmp_path):
    whole = json.dumps(DETAILS, indent=4)
    for end in range(1, len(whole) - 1, 97):
        path = put(tmp_path, "authorization-details", whole[:end])
        with pytest.raises(PolicygenError, match=rf"^{path}:\d+:\d+: is (cut off|not JSON)"):
            snapshot.read_folder(tmp_path)


def _without(*keys: str) -> dict:
    data = json.loads(json.dumps(DETAILS))
    at = data
    for key in keys[:-1]:
        at = at[int(key)] if isinstance(at, list) else at[key]
    del at[keys[-1]]
    return data


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("authorization-details", "", "is empty; the command that should have written it failed"),
        ("authorization-details", [], "the answer is not a JSON object"),
        (
            "authorization-details",
            {"SummaryMap": {}},
            "there is no `UserDetailList`, so it is not what `aws iam get-acc",
        ),
        ("authorization-details", DETAILS | {"IsTruncated": True}, "holds the first page only"),
        ("authorization-details", DETAILS | {"NextToken": "x"}, "holds the first page only"),
        (
            "authorization-details",
            _without("UserDetailList", "0", "UserName"),
            "`/UserDetailList/0/UserName` is missing",
        ),
        (
            "authorization-details",
            _without("Policies", "0", "PolicyVersionList"),
            "does not have exactly one default version",
        ),
        ("authorization-details", DETAILS | {"UserDetailList": [7]}, "/UserDetailList/0 is not a JSON object"),
        ("authorization-details", "[" * 100_000, "nested too deeply"),
        ("credential-report", {"Content": "é"}, "`/Content` is not a CSV in base64"),
        ("credential-report", {"Content": "YSxiCg=="}, "the report has no column `arn`"),
        ("account-summary", DETAILS, "there is no `SummaryMap`"),
        ("password-policy", DETAILS, "there is no `PasswordPolicy`"),
        ("virtual-mfa-devices", DETAILS, "there is no `VirtualMFADevices`"),
        ("caller-identity", {"Account": 12}, "`/Account` is not text"),
    ],
)
def test_a_wrong_file_gets_one_sentence_that_names_it(tmp_path, name, data, says):
    path = put(tmp_path, name, data)
    with pytest.raises(PolicygenError) as error:
        snapshot.read_folder(tmp_path)
    assert str(error.value).startswith(str(path)) and says in str(error.value)
    assert "\n" not in str(error.value)


def test_two_accounts_in_one_folder_are_refused(tmp_path):
    put(tmp_path, "authorization-details", DETAILS)
    put(tmp_path, "caller-identity", {"Account": "1", "UserId": "x", "Arn": "arn:aws:iam::999999999999:user/eve"})
    with pytest.raises(
        PolicygenError, match=r"about account 123456789012 of partition aws, but .*caller-identity.json"
    ):
        snapshot.read_folder(tmp_path)


def test_a_folder_with_a_misspelt_file_is_told_the_name(tmp_path):
    put(tmp_path, "authorisation-details", DETAILS)
    with pytest.raises(PolicygenError, match=r"did you mean `authorization-details.json`"):
        snapshot.read_folder(tmp_path)


def test_a_report_whose_line_is_cut_off_is_refused(tmp_path):
    (tmp_path / "credential-report.csv").write_text(REPORT[:-30])
    with pytest.raises(PolicygenError, match="line 3 does not have as many fields"):
        snapshot.read_folder(tmp_path)


def test_an_account_at_the_quotas_is_read_in_seconds(tmp_path):
    def copies(key: str, name: str, count: int) -> list[dict]:
        text = json.dumps(DETAILS[key][0])
        return [json.loads(text.replace(f'"{name}"', f'"{name}{n}"')) for n in range(count)]

    details = {
        "UserDetailList": copies("UserDetailList", "carol", 5000),
        "GroupDetailList": copies("GroupDetailList", "AllUsers", 300),
        "RoleDetailList": copies("RoleDetailList", "app", 1000),
        "Policies": copies("Policies", "base", 1500),
    }
    put(tmp_path, "authorization-details", details)
    start = time.monotonic()
    account = snapshot.read_folder(tmp_path)
    assert time.monotonic() - start < 5
    assert len(account.members("AllUsers")) == 5000
