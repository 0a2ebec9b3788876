"""`policygen prove`: proved, or a request that shows the opposite."""

import json

import pytest

from policygen.policy.schema import violations
from tests.cli.test_compare import NO_MFA, READ, WRITE, document, write


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "policies" / "read.json", READ)
    write(tmp_path / "policies" / "write.json", WRITE)
    return tmp_path


def test_what_no_statement_grants_is_proved(policygen, here):
    code, stdout, _ = policygen("prove", "policies/read.json", "--not-granted", "s3:PutObject,iam:*")
    assert (code, stdout) == (0, "proved  policies/read.json: `s3:PutObject` or `iam:*` is not granted\n")


def test_what_is_granted_is_shown_by_a_request_and_its_statement(policygen, here):
    code, stdout, _ = policygen("prove", "policies/write.json", "--not-granted", "s3:Put*")
    assert code == 1
    first, second, third = stdout.splitlines()
    assert first == "not proved  policies/write.json: `s3:Put*` is not granted"
    assert second.startswith("    such as      s3:PutObject on arn:aws:s3:::")
    assert third == "    allowed by   policies/write.json:4:5 Write"


def test_a_resource_limits_the_claim(policygen, here):
    mine = ("prove", "policies/read.json", "--not-granted", "s3:GetObject", "--resource")
    assert policygen(*mine, "arn:aws:s3:::reports/secret/*").code == 1
    assert policygen(*mine, "arn:aws:s3:::other/*").code == 0
    assert policygen(*mine, "arn:aws:s3:::*/x").code == 1


def test_a_claim_about_a_resource_that_the_action_does_not_take_is_remarked_on(policygen, here):
    claim = ("prove", "policies/read.json", "--not-granted", "s3:GetObject", "--resource")
    assert "does not list `arn:aws:sqs:*:*:q`" in policygen(*claim, "arn:aws:sqs:*:*:q").stderr
    assert policygen(*claim, "arn:aws:s3:::other/*").stderr == ""


def test_each_policy_of_a_folder_is_judged_alone(policygen, here):
    code, stdout, _ = policygen("prove", "policies", "--not-granted", "s3:PutObject")
    assert code == 1
    assert "not proved  policies/write.json:" in stdout
    assert "\nproved  policies/read.json:" in stdout


def test_a_boundary_and_scps_count(policygen, here):
    write(here / "limit.json", READ)
    claim = ("prove", "policies/write.json", "--not-granted", "s3:PutObject")
    assert policygen(*claim, "--boundary", "limit.json").code == 0
    assert policygen(*claim, "--scp", "limit.json").code == 0


def test_what_only_limits_is_judged_on_top_of_everything(policygen, here):
    write(here / "scp.json", {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"})
    assert policygen("prove", "scp.json", "--type", "scp", "--not-granted", "s3:DeleteBucket").code == 0
    assert policygen("prove", "scp.json", "--type", "scp", "--not-granted", "s3:GetObject").code == 1


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "arn:aws:iam::111122223333:root"},
        {"AWS": "arn:aws:iam::123456789012:user/alice"},
        {"Service": "delivery.logs.amazonaws.com"},
    ],
)
def test_a_policy_of_a_resource_grants_what_nobody_could_do_without_it(policygen, here, principal):
    statement = {"Sid": "In", "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject"}
    write(here / "bucket.json", statement | {"Resource": "arn:aws:s3:::reports/*"})
    run = policygen("prove", "bucket.json", "--not-granted", "s3:GetObject")
    assert run.code == 1
    assert "allowed by   bucket.json:4:5 In" in run.stdout
    assert policygen("prove", "bucket.json", "--not-granted", "s3:PutObject").code == 0


@pytest.mark.parametrize(
    ("condition", "code"), [({}, 1), ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}, 0)]
)
def test_a_bucket_is_public_if_strangers_get_in(policygen, here, condition, code):
    statement = {"Sid": "In", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"} | condition
    write(here / "bucket.json", statement | {"Resource": "arn:aws:s3:::reports/*"})
    run = policygen("prove", "bucket.json", "--not-public")
    assert run.code == code
    assert ("allowed by   bucket.json:4:5 In" in run.stdout) is bool(code)


def test_a_user_of_a_snapshot_is_judged_with_all_that_applies(policygen, here):
    user = {"UserName": "alice", "UserId": "AIDA", "Arn": "arn:aws:iam::123456789012:user/alice"}
    own = {"UserPolicyList": [{"PolicyName": "mine", "PolicyDocument": document(WRITE, NO_MFA)}]}
    account = {"UserDetailList": [user | own], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    (here / "now.json").write_text(json.dumps(account))
    arguments = ("prove", "snapshot:user/alice", "--snapshot", "now.json", "--not-granted")
    assert policygen(*arguments, "ec2:*").code == 0
    stdout = policygen(*arguments, "s3:PutObject").stdout
    assert stdout.startswith("not proved  user/alice:")
    assert "aws:MultiFactorAuthPresent = true" in stdout


def test_json_has_the_request_and_matches_its_schema(policygen, here):
    code, stdout, _ = policygen("prove", "policies", "--not-granted", "s3:PutObject", "--format", "json")
    assert code == 1
    data = json.loads(stdout)
    assert [claim["verdict"] for claim in data["claims"]] == ["not proved", "proved"]
    assert data["claims"][0]["witness"]["action"] == "s3:PutObject"
    assert list(violations("claims", data)) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "say what to prove: --not-granted ACTION or --not-public"),
        (["--not-granted", "s3:PutObjekt"], "has no action `s3:PutObjekt`; did you mean `s3:PutObject`?"),
        (["--not-granted", "s3:Zz*"], "`s3:Zz*` matches no AWS action"),
        (["--not-granted", "s3:*", "--resource", "reports"], "`reports` is not an ARN; write one, or `*`"),
        (["--not-public", "--resource", "*"], "--resource goes with --not-granted"),
        (["--not-granted", "iam:CreateUser", "iam:PassRole"], "before each, as in `--not-granted iam:PassRole`"),
        (
            ["--not-granted", "s3:*", "--resource", "*", "arn:aws:s3:::x"],
            "`arn:aws:s3:::x` is not a policy; write --res",
        ),
    ],
)
def test_a_mistake_is_an_error_and_never_proved(policygen, here, arguments, sentence):
    code, stdout, stderr = policygen("prove", "policies/read.json", *arguments)
    assert (code, stdout) == (2, "")
    assert sentence in stderr


def template(*documents):
    types = {"Type": "AWS::IAM::ManagedPolicy"}
    return {"Resources": {f"R{i}": types | {"Properties": {"PolicyDocument": one}} for i, one in enumerate(documents)}}


def test_a_deny_that_a_condition_of_a_template_may_leave_out_proves_nothing(policygen, here):
    deny = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
    every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    maybe = document(every, {"Fn::If": ["C", deny, {"Ref": "AWS::NoValue"}]})
    write(here / "t.json", template(maybe))
    code, stdout, _ = policygen("prove", "t.json", "--not-granted", "iam:PassRole")
    assert (code, stdout.split()[0]) == (1, "unknown")


def test_a_policy_of_a_template_that_is_not_json_proves_nothing(policygen, here):
    write(here / "t.json", template(READ, '{"Statement": ['))
    code, stdout, _ = policygen("prove", "t.json", "--not-granted", "iam:PassRole")
    assert code == 1
    assert "unknown  t.json: `iam:PassRole` is not granted" in stdout
