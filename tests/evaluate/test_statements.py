"""Which requests a statement is about: actions, resources, their Not twins, variables, versions."""

import pytest

from policygen.evaluate import Layers, decide
from tests.evaluate.ask import ACCOUNT, ALICE, OBJECT, compiled, outcome, request
from tests.policies import allow, deny


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("s3:GetObject", "s3:GetObject", True),
        ("S3:getOBJECT", "s3:GetObject", True),
        ("s3:GetObject", "S3:GETOBJECT", True),
        ("*", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:*Object", "s3:GetObject", True),
        ("s3:G?tObject", "s3:GetObject", True),
        ("s?:GetObject", "s3:GetObject", True),
        ("*:GetObject", "s3:GetObject", True),
        ("s3:Get", "s3:GetObject", False),
        ("s3:Get?", "s3:GetObject", False),
        ("s3:Get.bject", "s3:GetObject", False),
        ("s3:Get[O]bject", "s3:GetObject", False),
        ("iam:*", "s3:GetObject", False),
        ("s3", "s3:GetObject", False),
        ("", "s3:GetObject", False),
    ],
)
def test_an_action_entry_ignores_case_and_knows_only_two_wildcards(pattern, action, expected):
    asked = request(action)
    assert outcome(allow(pattern), asked) == ("allow" if expected else "implicit-deny")
    negated = {"Effect": "Allow", "NotAction": pattern, "Resource": "*"}
    assert outcome(negated, asked) == ("implicit-deny" if expected else "allow")


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", OBJECT, True),
        ("**", OBJECT, True),
        (OBJECT, OBJECT, True),
        ("arn:aws:s3:::b/*", OBJECT, True),
        ("arn:aws:s3:::b/?", OBJECT, True),
        ("arn:aws:s3:::B/k", OBJECT, False),
        ("arn:*:s3:::b/k", OBJECT, True),
        ("arn:aws:*:::b/k", OBJECT, True),
        ("arn:aws:s3:*", OBJECT, True),
        ("arn:aws:s3", OBJECT, None),
        ("arn:aws:s3:::*", "arn:aws:s3:::b/a:c/d", True),
        ("arn:aws:*:k", OBJECT, False),
        ("arn:*b/k", OBJECT, None),
        ("arn:aws:sqs:*:123456789012:q", "arn:aws:sqs:us-east-1:123456789012:q", True),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:us-east-1:123456789012:q", None),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:us-east-1:123456789012:other", False),
        ("arn:aws:iam:*:role/admin", "arn:aws:iam::123456789012:role/admin", None),
        ("arn:aws:sqs:us-east-1:q", "arn:aws:sqs:us-east-1:123456789012:q", False),
        ("arn:aws:rds:*:*:prod", "arn:aws:rds:us-east-1:123456789012:db:prod", None),
        ("arn:aws:rds:us-*-1:123456789012:prod", "arn:aws:rds:us-east-1:123456789012:db:prod", False),
        ("arn:aws:rds:*:*:db:prod", "arn:aws:rds:us-east-1:123456789012:db:prod", True),
        ("arn:aws:ec2:us-east-1:123456789012:*/*", "arn:aws:ec2:us-east-1:123456789012:instance/i-1", True),
        ("arn:aws:s3:::b/k.", "arn:aws:s3:::b/kx", False),
        ("*", "*", True),
        ("arn:aws:s3:::*", "*", False),
        ("arn:*:*:*:*:*", "*", False),
    ],
)
def test_a_resource_entry_matches_segment_by_segment_and_is_unknown_where_a_wildcard_might_reach_further(
    pattern, resource, expected
):
    asked = request(resource=resource)
    words = {True: "allow", False: "implicit-deny", None: "unknown"}
    assert outcome(allow(resource=pattern), asked) == words[expected]
    negated = {"Effect": "Allow", "Action": "*", "NotResource": pattern}
    assert outcome(negated, asked) == words[None if expected is None else not expected]
    denied = Layers(identity=(compiled(allow(), allow(resource=pattern) | {"Effect": "Deny"}),))
    assert outcome(denied, asked) == {True: "explicit-deny", False: "allow", None: "unknown"}[expected]


def test_where_it_makes_no_difference_how_far_a_wildcard_reaches_the_request_is_decided():
    asked = request("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")
    short = allow(resource="arn:aws:sqs:*:q")
    assert outcome(Layers(identity=(compiled(short, allow()),)), asked) == "allow"
    assert outcome(Layers(identity=(compiled(short, deny()),)), asked) == "explicit-deny"
    assert outcome(Layers(identity=(compiled(short | {"Effect": "Deny"}, allow(), deny()),)), asked) == "explicit-deny"
    boundary = Layers(identity=(compiled(allow()),), boundary=compiled(short))
    decision = decide(asked, boundary)
    assert str(decision.outcome) == "unknown"
    assert "beyond the colon" in decision.reason
    assert decision.statements[0].policy is boundary.boundary.policy


@pytest.mark.parametrize(
    ("pattern", "resource", "context", "expected"),
    [
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/alice/k", {"aws:username": "alice"}, True),
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/bob/k", {"aws:username": "alice"}, False),
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/bob/k", {"aws:username": "*"}, False),
        ("arn:aws:s3:::b/${aws:username}*", "arn:aws:s3:::b/", {}, False),
        ("arn:aws:s3:::b/${aws:username, 'all'}/*", "arn:aws:s3:::b/all/k", {}, True),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", {}, True),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/k", {}, False),
        (
            "arn:aws:sqs:us-east-2:*:${aws:username}-queue",
            "arn:aws:sqs:us-east-2:123456789012:a-queue",
            {"aws:username": "a"},
            True,
        ),
        (
            "arn:aws:iam::${aws:PrincipalAccount}:role/x",
            f"arn:aws:iam::{ACCOUNT}:role/x",
            {"aws:PrincipalAccount": ACCOUNT},
            False,
        ),
        ("${aws:username}", "alice", {"aws:username": "alice"}, False),
    ],
)
def test_variables_count_behind_the_fifth_colon_of_a_resource(pattern, resource, context, expected):
    asked = request(resource=resource, context=context)
    assert outcome(allow(resource=pattern), asked) == ("allow" if expected else "implicit-deny")


def test_in_version_2008_a_variable_in_a_resource_is_literal_text():
    policy = compiled(allow(resource="arn:aws:s3:::b/${aws:username}"), version="2008-10-17")
    asked = request(resource="arn:aws:s3:::b/alice", context={"aws:username": "alice"})
    assert outcome(Layers(identity=(policy,)), asked) == "implicit-deny"


def test_a_not_resource_with_a_variable_that_has_no_value_leaves_nothing_out():
    statement = {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:iam::*:user/${aws:username}"}
    assert outcome(statement, request(resource=ALICE)) == "explicit-deny"
    assert outcome(statement, request(resource=ALICE, context={"aws:username": "alice"})) == "implicit-deny"


def test_one_statement_needs_no_list_and_lists_need_not_be_lists():
    document = {"Version": "2012-10-17", "Statement": allow(["s3:Get*"], [OBJECT])}
    from policygen.evaluate import compile_policy
    from policygen.policy.model import Policy

    assert outcome(Layers(identity=(compile_policy(Policy(document)),))) == "allow"


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "allow", "Action": "*", "Resource": "*"},
        {"Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Resource": "*"},
        {"Effect": "Allow", "Action": "*"},
        {"Effect": "Allow", "Action": [1], "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": {"a": 1}},
        {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"},
        allow(Principal="*"),
        allow(Condition=[]),
        allow(Condition={"StringEquals": "a"}),
        allow(Condition={"StringLikes": {"a": "b"}}),
        allow(Condition={"": {"a": "b"}}),
        allow(Condition={"NullIfExists": {"a": "true"}}),
        allow(Condition={"StringEquals": {"a": [["b"]]}}),
        allow(Condition={"StringEquals": {"a": None}}),
        "Allow",
    ],
)
def test_what_iam_would_refuse_is_unknown_but_a_deny_beside_it_still_denies(statement):
    policy = compiled(statement)
    decision = decide(request(), Layers(identity=(policy, compiled(allow()))))
    assert str(decision.outcome) == "unknown"
    assert decision.reason.startswith("IAM would reject ")
    assert outcome(Layers(identity=(policy, compiled(allow() | {"Effect": "Deny"})))) == "explicit-deny"


def test_a_version_that_iam_does_not_know_is_unknown():
    assert outcome(Layers(identity=(compiled(allow(), version="2024-01-01"),))) == "unknown"
