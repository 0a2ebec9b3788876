"""Whatever stands in a snapshot, every rule comes to a result, and every format writes it down."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.audit.example import NOW, subject
from policygen.audit.rules import registry
from policygen.audit.run import audit
from policygen.audit.settings import settings as decide
from policygen.audit.strategy import Category
from policygen.finding import Result
from policygen.report import FORMATS, Report, render

WORDS = st.sampled_from(
    [
        "*",
        "iam:*",
        "iam:PassRole",
        "sts:AssumeRole",
        "arn:aws:iam::123456789012:role/*",
        "arn:::",
        "",
        "${aws:username}",
        "true",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(WORDS | st.sampled_from(["AWS", "Service"]), inner, max_size=2)
    ),
    max_leaves=4,
)
STATEMENTS = st.fixed_dictionaries(
    {},
    optional={
        "Sid": VALUES,
        "Effect": st.sampled_from(["Allow", "Deny", "allow", 1]),
        "Action": VALUES,
        "NotAction": VALUES,
        "Resource": VALUES,
        "NotResource": VALUES,
        "Principal": VALUES,
        "NotPrincipal": VALUES,
        "Condition": st.dictionaries(
            st.sampled_from(["Bool", "StringLike", "ForAllValues:StringEquals", "Null", "IpAddress", "x"]),
            st.dictionaries(st.sampled_from(["aws:SourceIp", "sts:ExternalId", "aws:MultiFactorAuthPresent"]), VALUES)
            | VALUES,
        )
        | VALUES,
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {}, optional={"Version": VALUES, "Statement": st.lists(STATEMENTS) | STATEMENTS | VALUES}
)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1, max_size=12)
ROWS = st.fixed_dictionaries(
    {"user": NAMES | st.just("<root_account>")},
    optional={
        "password_enabled": st.sampled_from(["true", "false", "not_supported", "", "maybe"]),
        "mfa_active": st.sampled_from(["true", "false", ""]),
        "access_key_1_active": st.sampled_from(["true", "false", "N/A"]),
        "access_key_1_last_rotated": st.sampled_from(["2020-01-01T00:00:00Z", "N/A", "2999-01-01T00:00:00Z"]),
        "password_last_used": st.sampled_from(["2020-01-01T00:00:00Z", "no_information"]),
    },
)


@st.composite
def sketches(draw):
    def policies():
        return [{"PolicyName": draw(NAMES), "PolicyDocument": draw(DOCUMENTS)}]

    name = draw(NAMES)
    return {
        "UserDetailList": [{"UserName": name, "GroupList": [draw(NAMES), "g"], "UserPolicyList": policies()}],
        "GroupDetailList": [{"GroupName": "g", "GroupPolicyList": policies()}],
        "RoleDetailList": [{"RoleName": draw(NAMES), "AssumeRolePolicyDocument": draw(DOCUMENTS)}],
        "Policies": [{"PolicyName": draw(NAMES), "Document": draw(DOCUMENTS)}],
        "credentials": [draw(ROWS), {"user": name, "access_key_1_active": "true"}],
    }


@given(sketches())
@settings(max_examples=25)
def test_every_rule_comes_to_a_result_and_every_format_writes_it_down(sketch):
    decided = decide(common_groups=["g"], categories=[Category("h", ("*",))], selected=tuple(registry()))
    account = subject(sketch).account
    outcome = audit(account, decided, now=NOW, passes=True)
    assert {finding.rule for finding in outcome.findings} >= {"user-with-inline-policy", "role-trusted-by-anyone"}
    report = Report(outcome.findings, rules=registry(), audit=outcome)
    for form in FORMATS:
        text = render(report, form)
        text.encode("utf-8")
    assert len(json.loads(render(report, "json"))["findings"]) == len(outcome.findings)


@pytest.mark.parametrize(
    "trust",
    [
        {"Statement": {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "sts:AssumeRole"}},
        {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]},
        {
            "Statement": {
                "Effect": "Allow",
                "NotPrincipal": {"AWS": "arn:aws:iam::999999999999:root"},
                "Action": "sts:*",
            }
        },
        {
            "Statement": {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "sts:AssumeRole",
                "Condition": {"ForAllValues:StringLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/x"}},
            }
        },
        {
            "Statement": {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "sts:AssumeRole",
                "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}},
            }
        },
    ],
)
def test_a_role_that_lets_anyone_in_is_found_however_it_is_written(trust):
    sketch = {"RoleDetailList": [{"RoleName": "r", "AssumeRolePolicyDocument": trust}]}
    (verdict,) = registry()["role-trusted-by-anyone"].check(subject(sketch))
    assert verdict.result is Result.FAIL
