"""Input made to hurt: it is decided, or unknown, and soon."""

import time

import pytest

from policygen.evaluate import Layers, compile_policy, decide
from policygen.policy.model import Policy
from tests.evaluate.ask import compiled, holds, outcome, request
from tests.policies import allow

SECONDS = 10
"""Of CPU time: far more than any of it takes, and far less than backtracking would."""


@pytest.fixture(autouse=True)
def _soon():
    start = time.process_time()
    yield
    assert time.process_time() - start < SECONDS


def test_patterns_made_to_backtrack_take_no_time():
    stars, text = "*a" * 500 + "*b", "a" * 20_000
    assert not holds({"StringLike": {"aws:UserAgent": stars}}, {"aws:UserAgent": text})
    assert not holds(
        {"StringLike": {"aws:UserAgent": stars + "${aws:username}"}}, {"aws:UserAgent": text, "aws:username": "b"}
    )
    assert not holds(
        {"ArnLike": {"aws:SourceArn": ":".join(["*a*a*a*a*a*b"] * 6)}}, {"aws:SourceArn": ":".join(["a" * 2_000] * 6)}
    )
    assert outcome(allow("s3:" + stars), request("s3:" + "a" * 20_000)) == "implicit-deny"
    assert outcome(allow(resource="arn:aws:s3:::" + stars), request(resource="arn:aws:s3:::" + text)) == "implicit-deny"
    assert (
        outcome(allow(resource="arn:aws:s3:::" + "?*" * 500 + "b"), request(resource="arn:aws:s3:::" + text))
        == "implicit-deny"
    )


def test_a_megabyte_of_policy_is_decided():
    actions = [f"s3:Get{number}*" for number in range(70_000)]
    assert outcome(allow([*actions, "s3:*Object"])) == "allow"
    resources = [f"arn:aws:s3:::bucket-{number}/*" for number in range(30_000)]
    assert outcome(allow(resource=resources)) == "implicit-deny"


def test_a_text_longer_than_any_policy_is_refused():
    assert outcome(allow("s3:" + "*a" * 500_000)) == "unknown"
    assert outcome(allow(Condition={"StringLike": {"aws:UserAgent": "*a" * 500_000}})) == "unknown"


def test_many_services_and_many_wildcard_prefixes_do_not_multiply():
    statements = [allow(f"svc{number}:Get") for number in range(5_000)]
    assert outcome(Layers(identity=(compiled(*statements, *[allow("*:Foo")] * 5_000),))) == "implicit-deny"


def test_ten_thousand_values_are_decided():
    numbers = list(range(10_000))
    assert holds({"NumericEquals": {"n": numbers}}, {"n": "9999"})
    assert holds({"StringLike": {"n": [f"{n}*x" for n in numbers]}}, {"n": "9999-x"})
    assert holds({"IpAddress": {"n": [f"10.{n // 256}.{n % 256}.0/25" for n in numbers]}}, {"n": "10.39.15.1"})
    assert not holds({"IpAddress": {"n": [f"10.{n // 256}.{n % 256}.0/25" for n in numbers]}}, {"n": "10.39.15.200"})
    assert holds({"ForAllValues:StringEquals": {"n": numbers}}, {"n": list(map(str, numbers))})


@pytest.mark.parametrize(
    "value",
    ["1e999999999", "1e9999999999999999999", "-", "9" * 100_000, "٣", "1_000", "NaN", "Infinity", "\x00", "\ud800"],
)
def test_numbers_made_to_hurt_are_decided(value):
    holds({"NumericLessThan": {"n": value}}, {"n": "1"})
    holds({"NumericLessThan": {"n": "1"}}, {"n": value})


@pytest.mark.parametrize(
    "value",
    [
        "0000-00-00",
        "2024-02-30",
        "99999-01-01",
        "2024-01-01T25:00Z",
        "9" * 10_000,
        "",
        "-",
        "2024-01-01T00:00:00+99:99",
    ],
)
def test_broken_dates_are_decided(value):
    holds({"DateLessThan": {"d": value}}, {"d": "2024-01-01"})
    holds({"DateNotEquals": {"d": "2024-01-01"}}, {"d": value})


@pytest.mark.parametrize(
    "value",
    [
        "/",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/99999999",
        "::/129",
        "1.2.3.4.5",
        "",
        "٣.0.0.1",
        "0x7f.1",
        "::ffff:0:0/96",
    ],
)
def test_broken_addresses_are_decided(value):
    holds({"IpAddress": {"i": value}}, {"i": "10.0.0.1"})
    holds({"NotIpAddress": {"i": "10.0.0.0/8"}}, {"i": value})


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Statement": None},
        {"Statement": []},
        {"Statement": [None, 1, "x", []]},
        {"Version": 2012, "Statement": allow()},
        {"Statement": {"Effect": ["Allow"], "Action": {}, "Resource": 1, "Condition": 3, "Sid": {}}},
        {"Statement": allow(Condition={"StringEquals": {"k": 10**5000}})},
        {"Statement": allow(Condition={"StringEquals": {"k": float("inf")}})},
    ],
)
def test_whatever_a_document_is_the_decision_is_one(document):
    decision = decide(request(), Layers(identity=(compile_policy(Policy(document)),)))
    assert str(decision.outcome) in ("allow", "implicit-deny", "unknown")


def test_many_different_values_of_a_variable_do_not_pile_up():
    policy = compiled(allow(resource="arn:aws:s3:::b/${aws:username}/*"))
    layers = Layers(identity=(policy,))
    for number in range(3_000):
        asked = request(resource=f"arn:aws:s3:::b/{number}/k", context={"aws:username": str(number)})
        assert outcome(layers, asked) == "allow"
