"""Whatever a file holds, the linter says something of it: no rule fails, and nothing hangs."""

import copy
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policygen.lint.lint_file import lint_file
from policygen.lint.settings import Settings
from policygen.loader.paths import Input
from policygen.policy.model import Kind

SCOPES = {kind: Settings(kind=kind).scope("f.json") for kind in (None, *Kind)}
RELAXED = settings(max_examples=80, deadline=2000, suppress_health_check=list(HealthCheck))

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
TEXTS = """
* ? iam:* s3:Get* iam:PassRole s3:getobject nosuch:Action : :: arn arn: arn:aws:s3:::b/* arn:aws:iam::*:role/* Service
arn:aws:iam::123456789012:user/${aws:username} ${aws:username} ${ ${} ${aws:PrincipalTag/a,'x'} 2012-10-17 2008-10-17
Allow Deny true false 10.0.0.0/8 0.0.0.0/0 ::/0 300.1.1.1 2027-01-31T00:00:00Z 7 aws:SourceIp aws:PrincipalTag/a AWS
aws:MultiFactorAuthPresent s3:prefix dynamodb:Attributes kms:EncryptionContext:x StringLike StringEquals Bool Null
ForAnyValue:StringLike ForAllValues:ArnLike IpAddress NotIpAddress NumericLessThanIfExists DateGreaterThan Federated
cognito-identity.amazonaws.com token.actions.githubusercontent.com:sub vpc-1
"""
WORDS = st.sampled_from([*TEXTS.split(), "\ud800", "\x00", ""])
VALUES = st.recursive(
    WORDS | SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=8
)
ELEMENTS = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]
STATEMENTS = st.dictionaries(st.sampled_from(ELEMENTS) | WORDS, VALUES, max_size=6)
DOCUMENTS = st.fixed_dictionaries(
    {"Version": VALUES | st.just("2012-10-17"), "Statement": st.lists(STATEMENTS, max_size=3) | STATEMENTS | VALUES},
    optional={"Id": VALUES},
)


def lint(content, kind=None):
    """Everything that was said of a file; a rule that fails is said as a problem."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    outcome = lint_file(Input("f.json", text=data), SCOPES[kind])
    assert all("does not contain a policy" in str(problem) for problem in outcome.problems)
    return outcome.findings


@RELAXED
@given(st.binary(max_size=200))
def test_of_any_bytes_something_is_said(data):
    lint(data)


@RELAXED
@given(VALUES)
def test_of_any_json_something_is_said(value):
    lint(value)


@RELAXED
@given(DOCUMENTS, st.sampled_from([None, *Kind]))
def test_of_anything_like_a_policy_something_is_said(document, kind):
    lint(document, kind)


@RELAXED
@given(
    st.sampled_from(
        ["PolicyVersion", "PolicyDocument", "Policies", "Role", "UserDetailList", "GroupDetailList", "Policy"]
    ),
    VALUES | DOCUMENTS,
)
def test_of_anything_like_what_aws_prints_something_is_said(key, value):
    lint({key: value})
    lint({key: {"Document": value, "PolicyDocument": value, "AssumeRolePolicyDocument": value}})
    lint({key: [{"GroupPolicyList": [{"PolicyName": value, "PolicyDocument": value}]}]})


@RELAXED
@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_no_verdict(document, chance):
    assert verdicts(document) == verdicts(shuffled(document, chance))


def verdicts(document):
    return sorted((f.rule, f.severity, f.pointer) for f in lint(document, Kind.IDENTITY))


def shuffled(value, chance):
    if isinstance(value, dict):
        keys = sorted(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@pytest.mark.proof
def test_of_any_mutated_policy_of_aws_something_is_said(corpus):
    chance = random.Random(7)
    for line in corpus:
        text = json.dumps(mutated(copy.deepcopy(line["document"]), chance))
        lint(text.encode())
        at = chance.randrange(len(text))
        lint((text[:at] + chance.choice(['"', "}", "*", "\\", ",", ""]) + text[at + 1 :]).encode())


def mutated(value, chance):
    """The value with a part here and there replaced, removed or repeated."""
    if chance.random() < 0.03:
        return chance.choice([None, True, 7, "", "*", "${aws:username", [], {}, [value], {"AWS": value}])
    if isinstance(value, dict):
        return {key: mutated(part, chance) for key, part in value.items() if chance.random() > 0.02}
    if isinstance(value, list):
        return [mutated(part, chance) for part in value for _ in range(chance.choice([1] * 20 + [0, 2]))]
    return value
