"""What AWS's APIs refuse is an error, with the service's own words; what they take is not."""

import json

import pytest

from policygen.lint.rules import registry
from policygen.reference.data import load
from policygen.reference.refusals import refused_rules
from tests.policies import document

ROLE = {"AWS": "arn:aws:iam::123456789012:role/app"}
KEY_OWNER = {"Effect": "Allow", "Principal": ROLE, "Action": "kms:*", "Resource": "*"}
TOPIC, QUEUE = "arn:aws:sns:eu-west-1:123456789012:jobs", "arn:aws:sqs:eu-west-1:123456789012:jobs"
ACCOUNTS = [f"{number:012}" for number in range(1400)]
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:app"
PREFIX = {"StringLike": {"s3:prefix": "2026/*"}}


def allow(action, resource=None, principal=None, **more):
    body = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}
    return {key: value for key, value in body.items() if value is not None}


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
        (allow([f"sqs:Action{n}" for n in range(8)], QUEUE, ROLE), "sqs-too-many-actions"),
        (allow("sqs:SendMessage", QUEUE, {"AWS": ACCOUNTS}), "sqs-policy-too-long"),
        (
            allow("lambda:InvokeFunction", FUNCTION, {"AWS": [f"{n:012}" for n in range(1400)]}),
            "lambda-policy-too-long",
        ),
        (
            allow(["s3:ListBucket", "s3:ListBucketMultipartUploads"], "arn:aws:s3:::r", ROLE, Condition=PREFIX),
            "conditions-do-not-apply",
        ),
        (allow("s3:GetObject", "arn:aws:s3:::r/*", ROLE, Condition=PREFIX), "conditions-do-not-apply"),
        (
            allow(
                ["s3:GetObject", "s3:GetObjectRetention"],
                "arn:aws:s3:::r/*",
                ROLE,
                Effect="Deny",
                Condition={"StringNotEquals": {"S3:existingObjectTag/team": "blue"}},
            ),
            "conditions-do-not-apply",
        ),
    ],
)
def test_what_a_service_refuses_is_an_error_that_quotes_the_service(policygen, tmp_path, statement, rule):
    code, findings = found(policygen, tmp_path, document(statement))
    assert code == 1
    said = load("refusals")["refusals"][rule]["says"].partition(':"')[0]
    assert all(piece in findings[rule, "error"]["message"] for piece in said.split("…"))


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
        allow([f"sqs:{name}" for name in ("SendMessage", "ReceiveMessage", "Get*", "TagQueue")], QUEUE, ROLE),
        allow(["s3:ListBucket", "s3:ListBucketVersions"], "arn:aws:s3:::r", ROLE, Condition=PREFIX),
        allow("s3:List*", "arn:aws:s3:::r", ROLE, Condition=PREFIX),
        allow("s3:GetObject", "arn:aws:s3:::r/*", ROLE, Condition={"StringEquals": {"s3:TlsVersion": "1.3"}}),
        allow("s3:GetObject", "arn:aws:s3:::r/*", ROLE, Condition={"StringEquals": {"s3:DataAccessPointAccount": "1"}}),
        allow(
            ["s3:GetObject", "s3:GetObjectAttributes", "s3:DeleteObjectTagging"],
            "arn:aws:s3:::r/*",
            ROLE,
            Condition={"StringEquals": {"s3:ExistingObjectTag/team": "blue"}},
        ),
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


def test_a_queue_may_have_twenty_statements(policygen, tmp_path):
    statements = [allow("sqs:SendMessage", QUEUE, {"AWS": f"{number:012}"}) for number in range(21)]
    assert ("sqs-too-many-statements", "error") not in found(policygen, tmp_path, document(*statements[:20]))[1]
    _, findings = found(policygen, tmp_path, document(*statements))
    assert "21 statements were found" in findings["sqs-too-many-statements", "error"]["message"]


def test_the_policy_of_an_endpoint_is_not_held_to_what_s3_and_sqs_refuse(policygen, tmp_path):
    statements = [
        allow("s3:GetObject", "arn:aws:s3:::r", ROLE),
        allow("s3:GetObject", "arn:aws:s3:::r/*", ROLE, Condition=PREFIX),
    ]
    endpoint = {"VpcEndpointId": "vpce-0123456789abcdef0", "PolicyDocument": json.dumps(document(*statements))}
    assert found(policygen, tmp_path, {"VpcEndpoints": [endpoint]}) == (0, {})
