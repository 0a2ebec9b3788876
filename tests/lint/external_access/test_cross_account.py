"""Accounts that get in beside the one that a policy belongs to."""

import json

import pytest

OWN, OTHER, THIRD = "123456789012", "210987654321", "555566667777"
QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:jobs"


def found(policygen, tmp_path, content):
    (tmp_path / "p.json").write_text(json.dumps(content))
    run = policygen("lint", str(tmp_path / "p.json"), "--select", "cross-account-access", "--format", "json")
    return [finding["pointer"] for finding in json.loads(run.stdout)["findings"]]


def document(principal, **more):
    body = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **more}
    return {"Version": "2012-10-17", "Statement": [body]}


def role(trust):
    return {"Role": {"RoleName": "app", "Arn": f"arn:aws:iam::{OWN}:role/app", "AssumeRolePolicyDocument": trust}}


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (document(OTHER, Action="sqs:SendMessage", Resource=QUEUE), ["/Statement/0/Principal/AWS"]),
        (document([OWN, OTHER], Action="sqs:SendMessage", Resource=QUEUE), ["/Statement/0/Principal/AWS/1"]),
        (document(OWN, Action="sqs:SendMessage", Resource=QUEUE), []),
        (role(document(f"arn:aws:iam::{OTHER}:root")), ["/Statement/0/Principal/AWS"]),
        (role(document(f"arn:aws:iam::{OTHER}:role/deploy")), ["/Statement/0/Principal/AWS"]),
        (role(document(f"arn:aws:iam::{OWN}:root")), []),
        (document(f"arn:aws:iam::{OTHER}:root"), []),
        (document([OTHER, THIRD]), ["/Statement/0/Principal/AWS/0", "/Statement/0/Principal/AWS/1"]),
    ],
)
def test_another_account_is_reported_where_the_own_one_is_known_or_several_are_named(
    policygen, tmp_path, content, reported
):
    assert found(policygen, tmp_path, content) == reported


@pytest.mark.parametrize(
    ("condition", "reported"),
    [
        ({"StringEquals": {"sts:ExternalId": "7f3a"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-example123"}}, False),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"StringLike": {"aws:PrincipalOrgID": "*"}}, True),
        ({"StringEqualsIfExists": {"sts:ExternalId": "7f3a"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, True),
    ],
)
def test_a_condition_that_the_other_account_cannot_meet_by_itself_is_enough(policygen, tmp_path, condition, reported):
    content = role(document(f"arn:aws:iam::{OTHER}:root", Condition=condition))
    assert bool(found(policygen, tmp_path, content)) is reported
