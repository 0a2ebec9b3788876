"""What nobody would call a policy, linted."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.access.budget import MOST, work
from policygen.lint.linter import lint
from policygen.lint.rules import registry
from policygen.policy.model import Kind, Policy

TEXTS = st.sampled_from(
    [
        *(
            "",
            "*",
            "?",
            ":",
            "*:*",
            "${",
            "${}",
            "${aws:username}",
            "iam:PassRole",
            "S3:get*",
            "nope:X",
            "Allow",
            "Deny",
        ),
        *(
            "arn:",
            "arn:aws:s3:::a*/b",
            "arn:aws:iam::aws:role/*",
            "arn:*:*:*:*:*",
            "ARN:AWS:S3:::X",
            "arn:::::",
            "::::::",
        ),
        *(
            "true",
            "10.0.0.0/8",
            "1.2.3.4/99",
            "::1/200",
            "2026-02-30",
            "1e999999999",
            "٣",
            "repo:*",
            "\0",
            "\ud800",
            "é" * 9,
        ),
        *(
            "aws:SourceIp",
            "aws:ResourceTag/",
            "aws:userid",
            "a.b:sub",
            "x.y:aud",
            "dynamodb:Select",
            "s3:prefix",
            "aws:TagKeys",
        ),
        *(
            "StringLike",
            "ForAllValues:StringNotLikeIfExists",
            "Bool",
            "NumericLessThan",
            "IpAddress",
            "DateEquals",
            "Null",
        ),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
CONDITION = st.dictionaries(
    TEXTS, st.dictionaries(TEXTS, TEXTS | st.lists(SCALARS, max_size=3) | ANYTHING, max_size=2), max_size=2
)
ENTRIES = TEXTS | st.lists(TEXTS, max_size=4) | ANYTHING
PRINCIPAL = TEXTS | st.dictionaries(st.sampled_from(["AWS", "Service", "Federated", "aws"]), ENTRIES, max_size=2)
ELEMENTS = {
    "Sid": ANYTHING,
    "Effect": st.sampled_from(["Allow", "Deny"]) | ANYTHING,
    "Principal": PRINCIPAL | ANYTHING,
    "NotPrincipal": PRINCIPAL,
    **dict.fromkeys(("Action", "NotAction", "Resource", "NotResource"), ENTRIES),
    "Condition": CONDITION | ANYTHING,
}
STATEMENT = st.fixed_dictionaries({}, optional=ELEMENTS)
DOCUMENT = st.fixed_dictionaries(
    {"Statement": STATEMENT | st.lists(STATEMENT | ANYTHING, max_size=3) | ANYTHING}, optional={"Version": ANYTHING}
)


@settings(max_examples=150, deadline=None)
@given(DOCUMENT, st.sampled_from(Kind))
def test_no_rule_fails_whatever_the_document_holds(document, kind):
    lint(Policy(document, kind))


@settings(max_examples=60, deadline=None)
@given(DOCUMENT, st.sampled_from(Kind))
def test_the_order_of_keys_changes_no_finding(document, kind):
    def backwards(value):
        if isinstance(value, dict):
            return {key: backwards(value[key]) for key in reversed(value)}
        return [backwards(item) for item in value] if isinstance(value, list) else value

    def places(policy):
        return {(found.rule, found.pointer) for found in lint(policy)}

    duplicates = {"duplicate-keys-with-different-case"}  # which of two is the second one is a matter of order
    before, after = places(Policy(document, kind)), places(Policy(backwards(document), kind))
    assert {place for place in before ^ after if place[0] not in duplicates} == set()


def test_patterns_made_to_blow_up_are_judged_all_the_same():
    names = [f"s3:{'*a' * 40}{letter}*" for letter in "bcdefghijklmnopqrstu"]
    arns = [f"arn:aws:s3:::{'*a?' * 40}{letter}*" for letter in "bcdefghijklmnopqrstu"]
    wider = {"Effect": "Allow", "Action": [*names, "s3:*a*b*"], "Resource": [*arns, "arn:aws:s3:::*a*b*"]}
    rules = [registry()["redundant-action"], registry()["redundant-resource"]]
    found = lint(Policy({"Version": "2012-10-17", "Statement": wider}), rules)
    assert [(finding.rule, finding.pointer) for finding in found] == [
        ("redundant-action", "/Statement/Action/0"),
        ("redundant-resource", "/Statement/Resource/0"),
    ]


def many(entry, count):
    return [entry.format(letter=chr(97 + number % 26), number=number) for number in range(count)]


HOSTILE = {
    "actions of every service": {"Action": many("*:{letter}*{number}*e*", 5_000)},
    "actions of one service": {"Action": many("s3:*{letter}*{number}*", 8_000)},
    "actions left out": {"NotAction": many("*:{letter}*{number}*e*", 5_000)},
    "actions that nobody knows": {"Action": many("s3:Gett{letter}{number}", 8_000)},
    "services that nobody knows": {"Action": many("{letter}{number}:Get", 8_000)},
    "entries that may cover each other": {"Action": many("s3:G*{number}*", 700) + many("s3:G{letter}{number}", 1_500)},
    "resources": {"Action": "*", "Resource": many("arn:aws:iam::*:role/*a*{number}*", 4_000)},
    "resources with question marks": {"Action": "s3:*", "Resource": many("arn:aws:s3:::?{letter}?*{number}?", 4_000)},
    "condition keys": {
        "Action": "s3:*",
        "Condition": {"StringEquals": dict.fromkeys(many("s3:{letter}{number}", 6_000), "x")},
    },
    "one long action": {"Action": "s3:" + "*?a" * 30_000},
    "one long resource": {"Action": "s3:*", "Resource": "arn:aws:s3:::b/" + "${" * 45_000},
    "one long variable": {"Action": "s3:*", "Resource": "arn:aws:s3:::b/" + "${aws:username" * 6_000},
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", [Kind.IDENTITY, Kind.SCP, Kind.BOUNDARY])
def test_what_would_take_minutes_is_refused_with_a_finding(name, kind):
    policy = Policy({"Statement": {"Effect": "Allow", "Resource": "*"} | HOSTILE[name]}, kind)
    assert [finding.rule for finding in lint(policy)] == ["policy-too-complex-to-lint"]


def test_a_policy_that_is_not_judged_is_never_clean(policygen, tmp_path):
    statement = {"Effect": "Allow", "Resource": "*"} | HOSTILE["actions of every service"]
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    result = policygen("lint", str(path), "--select", "full-access")
    assert result.code == 1 and "policy-too-complex-to-lint" in result.stdout


def test_policies_of_aws_are_far_from_the_limit(corpus):
    assert max(work(Policy(line["document"])) for line in corpus) < MOST / 4
