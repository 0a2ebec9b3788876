"""What nobody would call a policy, linted."""

from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.lint.linter import lint
from policygen.lint.rule import registry
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
