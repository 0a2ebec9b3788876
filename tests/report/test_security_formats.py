"""OCSF and the AWS Security Finding Format: what Security Hub and security data lakes take."""

import json

import pytest

from tests.audit.sketches import ADMIN, inline, statement, write

SKETCH = {
    "UserDetailList": [
        {"UserName": "ada", "UserPolicyList": inline(statement("iam:CreateAccessKey"))},
        {"UserName": "chief", "AttachedManagedPolicies": [ADMIN]},
    ],
    "RoleDetailList": [{"RoleName": "app"}],
}


@pytest.fixture
def audited(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policygen.toml").write_text(
        '[accounts.prod]\nid = "123456789012"\n[groups.X]\n'
        '[[accept]]\nrule = "administrator"\nwhere = "user/chief"\nreason = "r"\nowner = "o"\n'
    )
    write(tmp_path / "snapshot", SKETCH)
    return lambda form: json.loads(policygen("audit", "snapshot", "--format", form).stdout)


def test_security_hub_would_take_every_finding(audited):
    session = pytest.importorskip("botocore.session", reason="botocore is not installed").get_session()
    shape = session.get_service_model("securityhub").operation_model("BatchImportFindings").input_shape
    from botocore.validate import ParamValidator

    found = audited("asff")
    report = ParamValidator().validate({"Findings": found}, shape)
    assert not report.has_errors(), report.generate_report()
    assert len({finding["Id"] for finding in found}) == len(found)
    assert all(len(f["Title"]) <= 256 and len(f["Description"]) <= 1024 for f in found)
    ada = next(f for f in found if f["GeneratorId"] == "policygen/user-can-escalate")
    assert ada["Severity"] == {"Label": "CRITICAL"}
    assert ada["Compliance"]["Status"] == "FAILED"
    assert ada["Resources"][0]["Id"] == "arn:aws:iam::123456789012:user/ada"
    chief = next(f for f in found if f["GeneratorId"] == "policygen/administrator")
    assert chief["Workflow"] == {"Status": "SUPPRESSED"}
    assert {f["Compliance"]["Status"] for f in found} == {"FAILED", "NOT_AVAILABLE"}


def test_an_ocsf_finding_has_what_its_class_requires(audited):
    found = audited("ocsf")
    for event in found:
        assert event["class_uid"] == 2003
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert {"category_uid", "severity_id", "time", "metadata", "finding_info", "compliance"} <= event.keys()
        assert event["cloud"]["account"] == {
            "uid": "123456789012", "type_id": 10, "type": "AWS Account", "name": "prod"
        }  # fmt: skip
    by_rule = {event["compliance"]["control"]: event for event in found}
    assert by_rule["user-can-escalate"]["compliance"]["status"] == "Fail"
    assert by_rule["administrator"]["status"] == "Suppressed"
    assert by_rule["user-without-mfa"]["compliance"]["status"] == "Unknown"
    assert "Security Hub IAM.5" in by_rule["user-without-mfa"]["compliance"]["standards"]


def test_a_policy_in_a_file_is_an_ocsf_finding_too(policygen):
    text = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    [event, *_] = json.loads(policygen("lint", "-", "--format", "ocsf", stdin=text).stdout)
    assert "cloud" not in event
    assert event["resources"][0]["type"] == "policy"


def test_asff_is_for_accounts(policygen):
    assert policygen("lint", "-", "--format", "asff", stdin="{}").code == 2
