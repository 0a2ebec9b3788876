"""What conditions about MFA come to without it, against the evaluator's decisions on sessions without MFA."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.evaluate import Layers, Outcome, compile_policy, decide, person_request
from policygen.lint.linter import lint
from policygen.lint.rules import registry
from tests.policies import policy

RULE = registry()["access-key-on-self-without-mfa"]
OWN = ["arn:aws:iam::123456789012:user/${aws:username}", "arn:aws:iam::123456789012:user/*/${aws:username}"]
PRESENT, AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
NO_MFA = {"BoolIfExists": {PRESENT: "false"}}


def allow(condition=None):
    body = {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": OWN}
    return body | ({"Condition": condition} if condition else {})


def deny(condition):
    return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def reported(*statements):
    return bool(lint(policy(*statements), [RULE]))


def works(session, *statements):
    compiled = compile_policy(policy(*statements))
    user = "arn:aws:iam::123456789012:user/ann"
    request = person_request("user/ann", "iam:CreateAccessKey", user, account="123456789012", session=session)
    return decide(request, Layers(identity=(compiled,))).outcome is Outcome.ALLOW


PREFIXES, SUFFIXES = ["", "ForAllValues:", "ForAnyValue:"], ["", "IfExists"]
OF_PRESENT = [
    (f"{prefix}{operator}{suffix}", values)
    for operator in ("Bool", "StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
    for values in (["true"], ["false"], ["true", "false"], *([["*"]] if "Like" in operator else []))
    for prefix in PREFIXES
    for suffix in SUFFIXES
] + [("Null", ["true"]), ("Null", ["false"]), ("Null", ["true", "false"])]
OF_AGE = [
    (f"{operator}{suffix}", ["3600"])
    for operator in ("NumericLessThan", "NumericGreaterThan", "NumericLessThanEquals", "NumericGreaterThanEquals")
    for suffix in SUFFIXES
] + [("Null", ["true"]), ("Null", ["false"])]
CONDITIONS = [{operator: {PRESENT: values}} for operator, values in OF_PRESENT]
CONDITIONS += [{operator: {AGE: values}} for operator, values in OF_AGE]
OTHERS = [{}, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"ArnLike": {"aws:PrincipalArn": "arn:*:*::*:role/*"}}]
OTHERS += [{"StringEquals": {"aws:PrincipalTag/team": "ops"}}]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("statement", ["Allow", "Deny"])
def test_each_way_to_ask_for_mfa_closes_what_the_evaluator_closes(condition, statement):
    statements = [allow(condition)] if statement == "Allow" else [allow(), deny(condition)]
    if not any(works(session, *statements) for session in ("mfa", "no-mfa", "long-term-key")):
        return  # nobody may do it at all, which is more than to demand MFA
    assert reported(*statements) == any(works(session, *statements) for session in ("no-mfa", "long-term-key"))


ASKED = st.tuples(st.sampled_from(CONDITIONS), st.sampled_from(OTHERS))


@settings(max_examples=300, deadline=None)
@given(st.lists(ASKED.map(lambda pair: pair[1] | pair[0]), min_size=1, max_size=3))
def test_what_several_denies_leave_open_without_mfa_is_reported(conditions):
    statements = [allow(), *map(deny, conditions)]
    if any(works(session, *statements) for session in ("no-mfa", "long-term-key")):
        assert reported(*statements)


@pytest.mark.parametrize(
    ("more", "closed"),
    [
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}, False),
        ({"Bool": {"aws:ViaAWSService": "true"}}, False),
        ({"Bool": {PRESENT: "maybe"}}, False),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}, True),
        ({"Bool": {"aws:ViaAWSService": "false"}}, True),
        ({"StringLikeIfExists": {"aws:SourceVpc": "*"}}, True),
    ],
)
def test_a_deny_that_asks_for_more_than_no_mfa_closes_only_for_whom_that_leaves(more, closed):
    assert reported(allow(), deny(NO_MFA | more)) != closed


def test_two_denies_close_together_what_neither_does_alone():
    null, false = deny({"Null": {PRESENT: "true"}}), deny({"Bool": {PRESENT: "false"}})
    assert reported(allow(), null)
    assert reported(allow(), false)
    assert not reported(allow(), null, false)
