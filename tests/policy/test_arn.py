"""ARNs, segment by segment."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.policy.arn import Arn, arn_covers, arn_matches, parse, segments

USER = "arn:aws:iam::123456789012:user/alice"


def test_an_arn_has_its_six_parts():
    assert parse(USER) == Arn("aws", "iam", "", "123456789012", "user/alice")
    assert parse("arn:aws:sns:eu-west-1:1:a:b:c").resource == "a:b:c"


@pytest.mark.parametrize("text", ["", "*", "arn:aws:iam::123456789012", "urn:aws:iam::1:user/a", "arn", "::::::"])
def test_what_has_not_six_parts_is_no_arn(text):
    assert parse(text) is None


def test_a_colon_inside_a_variable_separates_nothing():
    arn = parse("arn:aws:sqs:us-east-1:*:${aws:username}-queue")
    assert (arn.account, arn.resource) == ("*", "${aws:username}-queue")
    assert parse("arn:aws:s3:::${s3:prefix}:x").resource == "${s3:prefix}:x"


@given(st.text("a:${}*\0", max_size=20))
def test_the_segments_of_a_text_put_together_are_the_text(text):
    if "\0" not in text:
        assert ":".join(segments(text)) == text


@given(st.tuples(*[st.text("ab*-/", max_size=3)] * 5))
def test_an_arn_printed_and_parsed_is_the_same_arn(parts):
    assert parse(str(Arn(*parts))) == Arn(*parts)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", True),
        (USER, True),
        ("arn:aws:iam::123456789012:user/*", True),
        ("arn:aws:iam::*:user/alice", True),
        ("arn:*:iam:*:*:*", True),
        ("arn:aws:iam::123456789012:*e", True),
        ("arn:aws:iam::12345678901?:user/alic?", True),
        ("arn:aws:iam::123456789012:user/Alice", False),
        ("arn:aws:iam::123456789012:user/", False),
        ("arn:aws:*:user/alice", False),
        ("arn:aws:iam*", False),
        ("*:user/alice", False),
        ("user/*", False),
    ],
)
def test_wildcards_stay_inside_their_part_of_the_arn(pattern, expected):
    assert arn_matches(pattern, USER) is expected


def test_the_last_part_may_hold_colons_and_slashes():
    assert arn_matches("arn:aws:logs:*:*:log-group:*", "arn:aws:logs:us-east-1:1:log-group:/a/b:log-stream:c")


PARTS = st.text("a*?:", min_size=1, max_size=2)
PATTERNS = st.tuples(PARTS.map(lambda part: part.replace(":", "b")), PARTS).map(
    lambda parts: f"arn:aws:{parts[0]}:::{parts[1]}"
)
ARNS = [
    f"arn:aws:{''.join(service)}:::{''.join(resource)}"
    for n in range(3)
    for service in product("abc", repeat=n)
    for m in range(5)
    for resource in product("a:c", repeat=m)
]


@settings(max_examples=100)
@given(PATTERNS, PATTERNS)
def test_covering_is_what_trying_every_arn_finds(left, right):
    in_left = {arn for arn in ARNS if arn_matches(left, arn)}
    in_right = {arn for arn in ARNS if arn_matches(right, arn)}
    if arn_covers(left, right):
        assert in_right <= in_left
    if not arn_covers(left, right):
        assert not in_right <= in_left


@pytest.mark.parametrize("other", [USER, "arn:aws:s3:::*", "not an arn"])
def test_a_bare_star_covers_everything(other):
    assert arn_covers("*", other)
    assert arn_covers(other, "*") is (other == "*")
