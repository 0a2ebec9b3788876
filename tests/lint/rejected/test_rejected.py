"""What AWS's APIs refuse is an error, with the service's own words; what they take is not."""

import json

import pytest

from policygen.lint.rule import registry
from policygen.reference.data import load
from policygen.reference.refusals import refused_rules

ROLE = {"AWS": "arn:aws:iam::123456789012:role/app"}
KEY_OWNER = {"Effect": "Allow", "Principal": ROLE, "Action": "kms:*", "Resource": "*"}
TOPIC, QUEUE = "arn:aws:sns:eu-west-1:123456789012:jobs", "arn:aws:sqs:eu-west-1:123456789012:jobs"


def allow(action, resource=None, principal=None, **more):
    body = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}
    return {key: value for key, value in body.items() if value is not None}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def found(policygen, tmp_path, content, *options):
    (tmp_path / "p.json").write_text(json.dumps(content), encoding="utf-8")
    run = policygen("lint", str(tmp_path / "p.json"), "--format", "json", *options)
    return run.code, {(f["rule"], f["severity"]): f for f in json.loads(run.stdout)["findings"]}


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (allow([], "*"), "empty-array-action"),
        (allow("s3:GetObject", []), "empty-array-resource"),
        (allow("sts:AssumeRole", principal={}), "empty-object-principal"),
        (allow("sts:AssumeRole", principal={"AWS": []}), "empty-array-principal"),
        (allow("sts:AssumeRole", principal={"Service": "lamda.amazonaws.com"}), "unknown-service-principal"),
        (allow("sts:AssumeRole", principal={"Service": "tagging.amazonaws.com"}), "unknown-service-principal"),
        (allow("sqs:SendMessage", QUEUE, {"Service": "snss.amazonaws.com"}), "unknown-service-principal"),
        (allow("s3:PutObject", "arn:aws:s3:::reports", ROLE), "action-does-not-apply-to-resource"),
        (allow("s3:ListBucket", "arn:aws:s3:::reports/*", ROLE), "action-does-not-apply-to-resource"),
        (allow(["s3:GetObject", "s3:GetBucket*"], "arn:aws:s3:::r/*", ROLE), "action-does-not-apply-to-resource"),
        (allow("s3:ListAllMyBuckets", "arn:aws:s3:::reports", ROLE), "action-does-not-apply-to-resource"),
        (
            allow("sts:AssumeRole", "*", {"Service": "lambda.amazonaws.com"}),
            "role-trust-policy-syntax-error-resource",
        ),
        (
            allow("sts:AssumeRole", None, ROLE, NotResource="arn:aws:s3:::x"),
            "role-trust-policy-syntax-error-resource",
        ),
        (allow(["sts:AssumeRole", "s3:GetObject"], principal=ROLE), "trust-policy-action"),
        (allow("ecr:BatchGetImage", "*", ROLE), "ecr-policy-with-resource"),
        (allow("sns:*", TOPIC, ROLE), "sns-action-out-of-scope"),
        (allow("sns:CreateTopic", TOPIC, ROLE), "sns-action-out-of-scope"),
        (allow("kms:Decrypt", "*", ROLE), "key-policy-locks-out"),
        (allow("s3:GetObject\u200b", "*"), "unsupported-character"),
    ],
)
def test_what_a_service_refuses_is_an_error_that_quotes_the_service(policygen, tmp_path, statement, rule):
    code, findings = found(policygen, tmp_path, document(statement))
    assert code == 1
    said = load("refusals")["refusals"][rule]["says"].partition(':"')[0]
    assert said in findings[rule, "error"]["message"]


@pytest.mark.parametrize(
    "statement",
    [
        allow("sts:AssumeRole", principal={"Service": "lambda.amazonaws.com"}),
        allow("sts:AssumeRole", principal={"Service": "states.eu-west-1.amazonaws.com"}),
        allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::r", "arn:aws:s3:::r/*"], ROLE),
        allow(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], principal=ROLE),
        allow(["ecr:ReplicateImage"], "arn:aws:ecr:eu-west-1:123456789012:repository/*", ROLE),
        allow("elasticfilesystem:ClientMount", principal=ROLE),
        allow(["sns:Publish", "SNS:Subscribe"], TOPIC, ROLE),
        KEY_OWNER,
    ],
)
def test_what_a_service_takes_is_not_said_to_be_refused(policygen, tmp_path, statement):
    _, findings = found(policygen, tmp_path, document(statement))
    assert not {rule for rule, severity in findings if severity == "error"}


def test_a_key_policy_that_somebody_may_change_is_taken(policygen, tmp_path):
    code, findings = found(policygen, tmp_path, document(KEY_OWNER, allow("kms:Decrypt", "*", ROLE)))
    assert (code, findings) == (0, {})


def test_a_principal_in_preview_can_be_vouched_for(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policygen.toml").write_text('[lint]\nextra_services = ["braandnew"]\n', encoding="utf-8")
    statement = allow("sts:AssumeRole", principal={"Service": "braandnew.amazonaws.com"})
    assert found(policygen, tmp_path, document(statement)) == (0, {})


def test_one_fact_gives_one_finding(policygen, tmp_path):
    _, findings = found(policygen, tmp_path, document(allow("s3:GetObject\u200b", "arn:aws:s3:::r/*")))
    assert list(findings) == [("unsupported-character", "error")]
    assert "s3:GetObject<U+200B>" in findings["unsupported-character", "error"]["message"]


def test_every_rule_about_refusals_quotes_an_answer_with_its_source():
    rules = {rule.id for rule in registry().values() if rule.group == "rejected-by-aws"}
    assert rules <= refused_rules() <= registry().keys()
    for entry in load("refusals")["refusals"].values():
        assert entry["service"] and entry["says"] and entry["source"].startswith("https://")
