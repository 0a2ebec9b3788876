"""Requests as people write them: principals, sessions, contexts."""

import pytest

from policygen.errors import PolicygenError
from policygen.evaluate import Layers, compile_policy, decide, person_request
from policygen.policy.model import Policy
from tests.evaluate.ask import ACCOUNT
from tests.policies import allow


def ask(who="user/alice", **more):
    return person_request(who, "s3:GetObject", "arn:aws:s3:::b/k", account=ACCOUNT, **more)


@pytest.mark.parametrize(
    ("who", "arn", "keys"),
    [
        ("user/alice", f"arn:aws:iam::{ACCOUNT}:user/alice", {"aws:username": "alice", "aws:principaltype": "User"}),
        ("user/eng/carol", f"arn:aws:iam::{ACCOUNT}:user/eng/carol", {"aws:username": "carol"}),
        (
            "role/app/session",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session",
            {"aws:principalarn": f"arn:aws:iam::{ACCOUNT}:role/app", "aws:principaltype": "AssumedRole"},
        ),
        (
            "role/ops/app/session",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session",
            {"aws:principalarn": f"arn:aws:iam::{ACCOUNT}:role/ops/app"},
        ),
        ("root", f"arn:aws:iam::{ACCOUNT}:root", {"aws:userid": ACCOUNT, "aws:principaltype": "Account"}),
        (f"arn:aws-cn:iam::{ACCOUNT}:user/x", f"arn:aws-cn:iam::{ACCOUNT}:user/x", {"aws:principalaccount": ACCOUNT}),
        ("ec2.amazonaws.com", "ec2.amazonaws.com", {"aws:principalisawsservice": "true"}),
        ("*", "*", {"aws:principalaccount": "anonymous", "aws:userid": "anonymous", "aws:principaltype": "Anonymous"}),
    ],
)
def test_a_principal_brings_the_keys_that_follow_from_it(who, arn, keys):
    request = ask(who)
    assert request.principal.arn == arn
    assert keys.items() <= request.context.items()
    assert ("aws:username" in request.context) == ("user/" in who)
    assert ("aws:principalisawsservice" in request.context) == (who != "*")


def test_the_partition_of_the_account_is_that_of_its_principals():
    assert ask(partition="aws-cn").principal.arn == f"arn:aws-cn:iam::{ACCOUNT}:user/alice"


@pytest.mark.parametrize(
    "who", ["", "alice", "group/x", "user/", "role/", "arn:aws:iam::12:user/x", "user/a:b/\n" * 0 + "::"]
)
def test_what_cannot_make_a_request_is_refused(who):
    with pytest.raises(PolicygenError, match="principal"):
        ask(who)


@pytest.mark.parametrize(
    ("session", "present", "age"),
    [("mfa", "true", "60"), ("no-mfa", "false", None), ("long-term-key", None, None), (None, None, None)],
)
def test_a_session_sets_the_keys_that_aws_sets_and_no_others(session, present, age):
    context = ask(session=session).context
    assert context.get("aws:multifactorauthpresent") == present
    assert context.get("aws:multifactorauthage") == age


def test_the_age_of_a_session_can_be_given():
    assert ask(session="mfa", context={"aws:MultiFactorAuthAge": 50000}).context["aws:multifactorauthage"] == "50000"


def test_a_role_has_no_long_term_key():
    with pytest.raises(PolicygenError, match="long-term key"):
        ask("role/app/session", session="long-term-key")


def test_a_mistyped_session_is_told_the_right_ones():
    with pytest.raises(PolicygenError, match="did you mean `no-mfa`"):
        ask(session="nomfa")


def test_the_time_is_known_in_both_clocks():
    context = ask(context={"aws:CurrentTime": "2024-01-01T00:00:00Z"}).context
    assert context["aws:epochtime"] == "1704067200"


@pytest.mark.parametrize(
    ("context", "complaint"),
    [
        ({"a": {"b": 1}}, "an object"),
        ({"a": None}, "null"),
        ({"a": [["b"]]}, "a list in a list"),
        ({"aws:SourceIp": "a", "AWS:sourceip": "b"}, "twice"),
    ],
)
def test_a_context_value_is_text_or_a_list_of_texts(context, complaint):
    with pytest.raises(PolicygenError, match=complaint):
        ask(context=context)


@pytest.mark.parametrize("action", ["", "s3", "s3:*", "s3:Get Object", "s3:Get\n", "*"])
def test_only_one_whole_action_can_be_asked_for(action):
    with pytest.raises(PolicygenError, match="not one action"):
        person_request("user/alice", action, account=ACCOUNT)


def _missing(statement, **more):
    policy = compile_policy(Policy({"Version": "2012-10-17", "Statement": [statement]}))
    return decide(ask(**more), Layers(identity=(policy,))).missing_context


def test_keys_that_policies_look_at_and_the_request_leaves_open_are_listed():
    statement = allow(
        resource=["arn:aws:s3:::b/${aws:PrincipalTag/team}", "*"],
        Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringLike": {"aws:UserAgent": "${aws:userid}"}},
    )
    keys = ("aws:PrincipalTag/team", "aws:MultiFactorAuthPresent", "aws:UserAgent", "aws:userid")
    assert _missing(statement) == keys
    assert _missing(statement, session="no-mfa") == tuple(k for k in keys if k != "aws:MultiFactorAuthPresent")


def test_a_key_that_is_known_to_be_absent_is_not_missing():
    statement = allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    assert _missing(statement) == ("aws:SourceIp",)
    assert _missing(statement, context={"aws:SourceIp": []}) == ()
    assert _missing(allow(Condition={"Null": {"aws:MultiFactorAuthAge": "true"}}), session="long-term-key") == ()


def test_keys_of_statements_about_something_else_are_not_missing():
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    assert _missing(allow("iam:*", Condition=condition)) == ()
    assert _missing(allow(resource="arn:aws:s3:::other/*", Condition=condition)) == ()
