"""Which conditions limit what is reached: one answer however it is written, and the evaluator's."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.access.escalation import escalations
from policygen.access.limiting import always_holds, presence
from policygen.evaluate import Layers, Outcome, compile_policy, decide, person_request
from tests.policies import policy

AWS = "arn:aws:iam::aws:policy/"
ADMINISTRATOR, IAM_FULL, READ_ONLY = AWS + "AdministratorAccess", AWS + "IAMFullAccess", AWS + "ReadOnlyAccess"
USER = "arn:aws:iam::123456789012:user/far/away"
TAG, TYPE = "aws:ResourceTag/team", "ec2:InstanceType"


def statement(effect, action, condition, resource="*"):
    body = {"Effect": effect, "Action": action, "Resource": resource}
    return body | ({"Condition": condition} if condition else {})


def open_(*statements, path="attach-user-policy"):
    return path in {found.path.name for found in escalations((policy(*statements),))}


def attach(condition, effect="Allow", action="iam:AttachUserPolicy"):
    return statement(effect, action, condition)


def one(operator, *values, key="iam:PolicyARN"):
    return {operator: {key: list(values)}}


COMPARING = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"]
COMPARING += ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"]
OPERATORS = [
    f"{prefix}{operator}{suffix}"
    for operator in COMPARING
    for prefix in ("", "ForAllValues:", "ForAnyValue:")
    for suffix in ("", "IfExists")
]
VALUES = [ADMINISTRATOR, IAM_FULL, READ_ONLY, AWS + "*", AWS + "*Access", AWS + "I*", "arn:aws:iam::1*:policy/x"]
VALUES += ["arn:*:iam::aws:policy/Admin*", ADMINISTRATOR.lower(), AWS + "${aws:PrincipalTag/p}"]
CONDITION = st.builds(
    lambda operator, values: one(operator, *values),
    st.sampled_from(OPERATORS),
    st.lists(st.sampled_from(VALUES), min_size=1, max_size=3, unique=True),
)
CONDITIONS = st.lists(CONDITION, max_size=2).map(lambda parts: {k: v for part in parts for k, v in part.items()})
DENIES = st.builds(attach, CONDITIONS, st.just("Deny"), st.sampled_from(["iam:AttachUserPolicy", "iam:*"]))


def allowed(statements, arn, tag):
    context = {"iam:PolicyARN": arn, "aws:PrincipalTag/p": tag}
    request = person_request("user/alice", "iam:AttachUserPolicy", USER, account="123456789012", context=context)
    return decide(request, Layers(identity=(compile_policy(policy(*statements)),))).outcome is Outcome.ALLOW


@settings(max_examples=400, deadline=None)
@given(CONDITIONS, st.lists(DENIES, max_size=3))
def test_attaching_is_open_if_somebody_may_attach_what_makes_an_administrator(condition, denies):
    statements = [attach(condition), *denies]
    possible = any(
        allowed(statements, arn, tag)
        for arn in (ADMINISTRATOR, IAM_FULL)
        for tag in ("AdministratorAccess", "IAMFullAccess", "x")
    )
    # what a variable holds is not known beforehand
    found = open_(*statements)
    assert found == possible or (found and "${" in json.dumps(statements))


@pytest.mark.parametrize(
    ("allow", "denies", "is_open"),
    [
        (one("ArnLike", AWS + "*"), [], True),
        (one("StringNotEquals", READ_ONLY), [], True),
        (one("StringNotEquals", ADMINISTRATOR), [], True),
        (one("StringNotEquals", ADMINISTRATOR, IAM_FULL), [], False),
        (one("StringNotEquals", ADMINISTRATOR) | one("ArnNotLike", IAM_FULL), [], False),
        (one("ForAllValues:ArnLike", AWS + "*"), [], True),
        (one("ForAllValues:ArnLike", READ_ONLY), [], False),
        (one("ArnLikeIfExists", "arn:aws:iam::123456789012:policy/team/*"), [], False),
        (one("ArnLike", "arn:aws-cn:iam::aws:policy/Admin*"), [], True),
        (one("Null", "false"), [], True),
        (one("Null", "true"), [], False),
        (one("ArnLike", AWS + "${aws:PrincipalTag/policy}"), [], True),
        (one("StringEquals", AWS + "${aws:PrincipalTag/policy, 'ReadOnlyAccess'}"), [], True),
        (one("ArnLike", "*"), [], True),
        ({}, [{}], False),
        ({}, [one("ArnEquals", ADMINISTRATOR, IAM_FULL)], False),
        ({}, [one("ArnEquals", ADMINISTRATOR), one("StringLike", AWS + "IAMFull*")], False),
        (one("ArnLike", AWS + "*"), [one("ArnEquals", ADMINISTRATOR, IAM_FULL)], False),
        (one("ArnNotEquals", IAM_FULL), [one("ArnEquals", ADMINISTRATOR)], False),
        ({}, [one("ArnEquals", ADMINISTRATOR)], True),
        ({}, [one("ArnEquals", READ_ONLY)], True),
        ({}, [one("ArnNotEquals", READ_ONLY)], False),
        ({}, [one("ArnNotLike", "*")], True),
        ({}, [one("ArnNotEquals", AWS + "${aws:PrincipalTag/policy}")], True),
        ({}, [one("ArnEquals", ADMINISTRATOR, IAM_FULL) | one("Bool", "false", key="aws:SecureTransport")], True),
    ],
)
def test_attaching_is_open_while_some_administrator_policy_gets_through(allow, denies, is_open):
    assert open_(attach(allow), *(attach(deny, "Deny") for deny in denies)) == is_open


def test_a_deny_of_policies_says_nothing_of_requests_that_attach_none():
    deny = attach(one("ArnEquals", ADMINISTRATOR, IAM_FULL), "Deny", "iam:*")
    assert open_(attach({}, action="iam:PutUserPolicy"), deny, path="put-user-policy")
    assert not open_(attach({}), deny)


def test_a_deny_excepts_each_service_that_any_of_its_conditions_excepts():
    key = "iam:PassedToService"
    deny = one("StringNotEquals", "ec2.amazonaws.com", key=key) | one("StringNotLike", "lambda.*", key=key)
    passing = statement("Allow", ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], {})
    assert open_(passing, statement("Deny", "iam:PassRole", deny), path="pass-role-to-lambda")


@pytest.mark.parametrize("key", [TAG, TYPE, "aws:RequestTag/team", "ec2:InstanceProfile", "aws:MultiFactorAuthAge"])
@pytest.mark.parametrize(
    ("conditions", "there"),
    [
        ([("Null", "false"), ("StringLike", "*"), ("StringLike", "?*"), ("StringLike", "a", "**")], True),
        ([("Null", False), ("ForAnyValue:StringLike", "*"), ("ForAnyValue:StringLikeIfExists", "*")], None),
        ([("Null", "true"), ("StringNotLike", "*"), ("StringNotLikeIfExists", "*")], False),
        ([("ForAllValues:StringNotLike", "*"), ("ForAnyValue:StringNotLikeIfExists", "*")], False),
        ([("StringLikeIfExists", "*"), ("ForAllValues:StringLike", "*"), ("Null", "true", "false")], None),
    ],
)
def test_that_a_key_is_there_is_one_fact_however_it_is_written(key, conditions, there):
    answers = []
    for operator, *values in conditions:
        [condition] = policy(attach(one(operator, *values, key=key))).statements[0].conditions
        answers.append((presence(condition), always_holds(condition)))
    if there is None:
        assert all(always or said for said, always in answers)
    else:
        assert answers == [(there, False)] * len(conditions)


@pytest.mark.parametrize(
    ("effect", "conditions", "reaches"),
    [
        ("Allow", [one("Null", "false", key=TAG), one("StringLike", "*", key=TAG)], False),
        ("Allow", [one("Null", "false", key=TYPE), one("StringLike", "*", key=TYPE)], True),
        ("Allow", [one("Bool", "true", "false", key="ec2:EbsOptimized")], True),
        ("Allow", [one("Null", "true", "false", key=TAG), one("StringLikeIfExists", "*", key=TAG)], True),
        ("Deny", [one("Null", "true", key=TAG), one("StringNotLike", "*", key=TAG)], False),
        ("Deny", [one("Null", "true", key=TYPE), one("StringNotLikeIfExists", "*", key=TYPE)], True),
        ("Deny", [one("ForAnyValue:StringNotLike", "*", key=TAG)], True),
        ("Deny", [one("ForAnyValue:StringNotEquals", "web", key=TAG)], True),
        ("Deny", [one("StringLikeIfExists", "*", key=TAG), one("ForAllValues:StringLike", "*", key=TAG)], False),
    ],
)
def test_the_command_line_says_the_same_of_conditions_that_mean_the_same(
    policygen, tmp_path, effect, conditions, reaches
):
    path = tmp_path / "policy.json"
    for condition in conditions:
        terminate = statement(effect, "ec2:TerminateInstances", condition)
        more = [] if effect == "Allow" else [statement("Allow", "ec2:TerminateInstances", {})]
        path.write_text(json.dumps(policy(terminate, *more).document))
        found = json.loads(policygen("lint", str(path), "--format", "json").stdout)["findings"]
        assert ("delete-on-every-resource" in {finding["rule"] for finding in found}) == reaches, condition
