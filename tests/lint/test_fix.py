import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.evaluate import Layers, compile_policy, decide, person_request
from policygen.lint.fix import fix, fix_text
from policygen.lint.linter import lint
from policygen.policy.model import Policy
from policygen.policy.source import Source


def statement(**more):
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | more


def fixed(**more):
    """The one statement after it was mended as far as the linter asks for it."""
    document = {"Version": "2012-10-17", "Statement": [statement(**more)]}
    return fix(document, lint(Policy(document)))["Statement"][0]


@pytest.mark.parametrize(
    ("entries", "kept"),
    [
        (["s3:GetObject", "s3:*", "s3:Put*"], ["s3:*"]),
        (["s3:GetObject", "S3:getobject", "s3:GetObject"], ["s3:GetObject"]),
        (["s3:Get*", "s3:Get**"], ["s3:Get*"]),
        (["s3:Get*", "s3:Put*"], ["s3:Get*", "s3:Put*"]),
    ],
)
def test_an_action_that_another_one_covers_is_dropped(entries, kept):
    assert fixed(Action=entries)["Action"] == kept


@pytest.mark.parametrize(
    ("entries", "kept"),
    [
        (["arn:aws:s3:::b/*", "arn:aws:s3:::*"], ["arn:aws:s3:::*"]),
        (["arn:aws:s3:::b/*", "arn:aws:s3:::B/*"], ["arn:aws:s3:::b/*", "arn:aws:s3:::B/*"]),
        (["arn:aws:s3:::b/${a:b}/*", "arn:aws:s3:::b/*"], ["arn:aws:s3:::b/${a:b}/*", "arn:aws:s3:::b/*"]),
        (["arn:aws:s3:::${a:b}", "arn:aws:s3:::${a:b}"], ["arn:aws:s3:::${a:b}"]),
    ],
)  # fmt: skip
def test_a_resource_that_another_one_covers_is_dropped_where_no_variable_is_in_it(entries, kept):
    assert fixed(Resource=entries)["Resource"] == kept


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"StringLike": {"aws:PrincipalTag/a": "*"}}, {"Null": {"aws:PrincipalTag/a": "false"}}),
        ({"StringNotLike": {"aws:PrincipalTag/a": "*"}}, {"Null": {"aws:PrincipalTag/a": "true"}}),
        (
            {"StringLike": {"aws:userid": ["x", "*"], "aws:username": "y*"}, "Null": {"aws:PrincipalTag/b": "false"}},
            {"StringLike": {"aws:username": "y*"}, "Null": {"aws:PrincipalTag/b": "false", "aws:userid": "false"}},
        ),
    ],
)  # fmt: skip
def test_likening_a_key_to_everything_becomes_null(before, after):
    assert fixed(Condition=before)["Condition"] == after


@pytest.mark.parametrize(
    "block",
    [
        {"ForAnyValue:StringLike": {"aws:TagKeys": "*"}},
        {"StringLikeIfExists": {"aws:PrincipalTag/a": "*"}},
        {"StringLike": {"aws:PrincipalTag/a": "*"}, "Null": {"AWS:principaltag/A": "true"}},
        {"StringLike": {"aws:PrincipalTag/a": "*"}, "null": {"aws:PrincipalTag/b": "true"}},
    ],
)
def test_what_is_not_sure_to_mean_the_same_is_left_alone(block):
    assert fixed(Condition=block)["Condition"] == block


def test_nothing_is_mended_that_no_finding_objects_to():
    document = {"Version": "2012-10-17", "Statement": [statement(Action=["s3:*", "s3:Get*"])]}
    assert fix(document, []) == document


def test_the_text_is_laid_out_as_aws_does_and_stays_so():
    text = '{"Statement":{"Resource":"*","Action":"s3:GetObject","Effect":"Allow"},"Version":"2012-10-17"}'
    once = fix_text(Source(text, "f"), [])
    assert list(json.loads(once)) == ["Version", "Statement"]
    assert once.count("\n") == 8
    assert fix_text(Source(once, "f"), []) == once


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"PolicyVersion": {"Document": {"Statement": []}}}'])
def test_a_text_that_is_no_bare_policy_is_left_alone(text):
    assert fix_text(Source(text, "f"), []) is None


ACTIONS = st.sampled_from(
    ["s3:*", "s3:Get*", "s3:GetObject", "S3:getobject", "s3:*Object", "s3:PutObject", "iam:*", "*", "s3:Get?bject"]
)
TAGGED = "arn:aws:s3:::b/${aws:PrincipalTag/a}"
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::?/*", TAGGED])
CONDITIONS = st.dictionaries(
    st.sampled_from(["StringLike", "StringNotLike", "StringLikeIfExists", "Null"]),
    st.dictionaries(
        st.sampled_from(["aws:PrincipalTag/a", "aws:PrincipalTag/b"]),
        st.sampled_from(["*", ["x", "*"], "x"]),
        max_size=2,
    ),
    max_size=2,
).map(lambda block: {k: dict.fromkeys(v, "true") if k == "Null" else v for k, v in block.items()})
STATEMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(["Allow", "Deny"]),
            "Action": st.lists(ACTIONS, min_size=1, max_size=4),
            "Resource": st.lists(RESOURCES, min_size=1, max_size=4),
            "Condition": CONDITIONS,
        }
    ),
    min_size=1,
    max_size=2,
)
REQUESTS = [
    (action, resource, tags)
    for action in ("s3:GetObject", "s3:PutObject", "iam:GetUser")
    for resource in ("arn:aws:s3:::b/k", "arn:aws:s3:::b/x", "arn:aws:s3:::other")
    for tags in ({}, {"aws:PrincipalTag/a": "x"}, {"aws:PrincipalTag/a": "k", "aws:PrincipalTag/b": "x"})
]


@settings(max_examples=60, deadline=None)
@given(STATEMENTS)
def test_a_mended_policy_decides_every_request_as_before(statements):
    document = {"Version": "2012-10-17", "Statement": statements}
    mended = fix(document, lint(Policy(document)))
    before, after = (Layers(identity=(compile_policy(Policy(d)),)) for d in (document, mended))
    for action, resource, tags in REQUESTS:
        request = person_request("user/alice", action, resource, account="123456789012", session="mfa", context=tags)
        assert decide(request, before).outcome == decide(request, after).outcome


def test_what_is_not_a_bare_json_document_is_left_alone_and_named(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (
        'Version: "2012-10-17"\nStatement:\n  - {Effect: Allow, Action: ["s3:GetObject", "s3:Get*"], Resource: "*"}\n'
    )
    (tmp_path / "policy.yaml").write_text(text)
    run = policygen("lint", "--fix", "policy.yaml", "--select", "redundant-action")
    assert (run.code, (tmp_path / "policy.yaml").read_text()) == (1, text)
    assert "policy.yaml: not fixed: only policy documents in JSON are" in run.stderr
    assert policygen("lint", "--diff", "policy.yaml", "--select", "redundant-action").stdout == ""
