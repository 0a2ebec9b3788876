"""Placeholders: every common form is found, once, and nothing else is said about its place."""

import gzip
import json
from pathlib import Path

import pytest

from policygen.lint.linter import lint
from policygen.policy.model import Policy

CORPUS = Path(__file__).parents[3] / "shared/corpus/access-analyzer.jsonl.gz"

FORMS = [
    *("<bucket>", "<your-bucket>", "[bucket]", "{{bucket}}", "{{ bucket }}", "%BUCKET%", "%bucket_name%"),
    *("YOUR_BUCKET", "your-bucket", "YourBucketName", "${Bucket}", "${AWS::AccountId}", "${bucket.name}"),
    *("REPLACE_ME", "replace-me", "REPLACEME", "CHANGEME", "change_me", "REPLACE_WITH_BUCKET", "INSERT_BUCKET_HERE"),
    *("xxxx", "XXXXXXXXXXXX", "logs-xxxxxxxx", "ACCOUNT_ID", "AWS_ACCOUNT_ID", "MY-ACCOUNT-ID", "ACCOUNT_NUMBER"),
]
VALUES = [
    *("reports", "${aws:username}", "${*}", "${aws:username, 'nobody'}", "50%25off%25", "a%C3%A9%20b", "maxxxx1"),
    *("yours-truly", "change-media", "accounts", "my-account-id-bucket", "region", "x", "[2001:db8::1]", "a<b"),
]


def _findings(resource="*", action="s3:GetObject", **more):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return lint(Policy({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "resource",
    ["arn:aws:s3:::{}/*", "arn:aws:s3:::logs/{}/*", "arn:aws:sqs:eu-west-1:{}:jobs", "arn:aws:iam::{}:role/a"],
)
def test_a_placeholder_in_a_resource_is_one_finding(form, resource):
    said = [found.rule for found in _findings(resource.replace("{}", form)) if found.pointer == "/Statement/0/Resource"]
    assert said == ["left-over-placeholder"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", ["aws:SourceVpc", "aws:PrincipalOrgID", "aws:SourceAccount", "aws:SourceIp"])
def test_a_placeholder_in_the_value_of_a_condition_is_one_finding(form, key):
    pointer = f"/Statement/0/Condition/StringEquals/{key}"
    found = _findings(Condition={"StringEquals": {key: form}})
    assert [finding.rule for finding in found if finding.pointer == pointer] == ["left-over-placeholder"]


@pytest.mark.parametrize("action", ["<action>", "<service>:GetObject", "s3:{{operation}}", "YOUR_ACTION"])
def test_a_placeholder_in_an_action_is_one_finding(action):
    found = [finding.rule for finding in _findings(action=action) if finding.pointer == "/Statement/0/Action"]
    assert found == ["left-over-placeholder"]


@pytest.mark.parametrize("key", ["<OIDC_PROVIDER>:sub", "aws:ResourceTag/${TagKey}", "aws:PrincipalTag/<key>"])
def test_a_placeholder_in_a_condition_key_is_found(key):
    assert "left-over-placeholder" in {f.rule for f in _findings(Condition={"StringEquals": {key: "a"}})}


@pytest.mark.parametrize(
    "field", ["region:123456789012", "eu-west-1:account-id", "<region>:<account>", "REGION:AccountId"]
)
def test_a_placeholder_in_a_field_of_an_arn_is_found(field):
    assert [f.rule for f in _findings(f"arn:aws:sqs:{field}:jobs", "sqs:SendMessage")] == ["left-over-placeholder"]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_not_a_placeholder(value):
    condition = {"StringEquals": {"aws:PrincipalTag/account-id": value}}
    found = _findings([f"arn:aws:s3:::logs/{value}/*"], Condition=condition, Sid="XXXX")
    assert "left-over-placeholder" not in {finding.rule for finding in found}


def test_the_managed_policies_of_aws_hold_no_placeholder():
    if not CORPUS.exists():
        pytest.skip("the corpus of AWS's managed policies is not here")
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        documents = [json.loads(line)["document"] for line in lines]
    assert len(documents) > 1000
    for document in documents:
        policy = Policy(json.loads(document) if isinstance(document, str) else document)
        assert "left-over-placeholder" not in {finding.rule for finding in lint(policy)}
