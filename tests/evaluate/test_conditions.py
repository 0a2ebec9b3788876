"""The semantics of conditions, a row a rule, each with where the rule comes from.

Sources: "operators", "multivalued", "variables" and "null" are pages of the IAM User Guide (condition operators;
multivalued context keys; variables and tags; Null operator); "measured" is behaviour that was observed on AWS and
reported; "ours" is a choice where AWS says nothing, made towards what is safe in a Deny or what IAM refuses anyway.
"""

import pytest

from tests.evaluate.ask import holds

K = "aws:SourceIdentity"
ARN = "arn:aws:iam::123456789012:role/app"


def _rows(source, *rows):
    return [pytest.param(*row, id=f"{row[0]} {row[1]!a} against {row[2]!a} ({source})") for row in rows]


ABSENT = None
ROWS = [
    *_rows(
        "operators",
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "a*", "a*", True),
        ("StringEquals", "a", ABSENT, False),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", "a", ABSENT, True),
        ("StringEqualsIgnoreCase", "Straße", "STRASSE", False),
        ("StringEqualsIgnoreCase", "ÉCOLE", "école", True),
        ("StringEqualsIgnoreCase", "a", ABSENT, False),
        ("StringNotEqualsIgnoreCase", "A", "a", False),
        ("StringNotEqualsIgnoreCase", "A", ABSENT, True),
        ("StringLike", "a*c?", "abbbcd", True),
        ("StringLike", "a*", "a", True),
        ("StringLike", "a?", "a", False),
        ("StringLike", "*", "", True),
        ("StringLike", "a*", "A1", False),
        ("StringLike", "a.c", "abc", False),
        ("StringLike", "a[bc]", "ab", False),
        ("StringLike", "a+", "aa", False),
        ("StringLike", "a*b", "a\nb", True),
        ("StringLike", "*", ABSENT, False),
        ("StringNotLike", "a*", "ab", False),
        ("StringNotLike", "*", ABSENT, True),
    ),
    *_rows(
        "operators",
        ("ArnLike", "arn:aws:iam::*:role/*", ARN, True),
        ("ArnEquals", "arn:aws:iam::*:role/*", ARN, True),
        ("ArnLike", "arn:aws:iam::*", ARN, False),
        ("ArnLike", "arn:*:role/app", ARN, False),
        ("ArnLike", "arn:aws:iam::1234?6789012:role/app", ARN, True),
        ("ArnLike", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a:c", True),
        ("ArnLike", "arn:aws:iam::123456789012:role/App", ARN, False),
        ("ArnLike", "arn:aws:iam::*:role/*", "app", False),
        ("ArnLike", "arn:aws:iam::*:role/*", ABSENT, False),
        ("ArnNotLike", "arn:aws:iam::*:role/*", ARN, False),
        ("ArnNotLike", "arn:aws:iam::*:user/*", ARN, True),
        ("ArnNotEquals", "arn:aws:iam::*:role/*", ABSENT, True),
    ),
    *_rows(
        "operators",
        ("NumericEquals", "10", "10.0", True),
        ("NumericEquals", "1e1", "10", True),
        ("NumericEquals", 10, "10", True),
        ("NumericEquals", "0.1", "0.1000000000000000000000000000001", False),
        ("NumericEquals", "9007199254740993", "9007199254740992", False),
        ("NumericNotEquals", "10", "11", True),
        ("NumericNotEquals", "10", ABSENT, True),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "-1", "0", True),
        ("NumericGreaterThan", "43200", "43200", False),
        ("NumericGreaterThanEquals", "10", "9.99", False),
        ("NumericLessThan", ["1", "10"], "9", True),
        ("NumericLessThan", "10", ABSENT, False),
    ),
    *_rows(
        "measured",
        ("NumericEquals", "12abc", "12", False),
        ("NumericNotEquals", "12abc", "12", True),
        ("NumericEquals", "12", "12abc", False),
        ("NumericNotEquals", "12", "12abc", False),
        ("NumericEquals", "0x10", "16", False),
        ("NumericLessThan", " 10", "9", False),
        ("NumericNotEquals", "12", "", False),
    ),
    *_rows(
        "operators",
        ("DateEquals", "2024-01-01", "2024-01-01T00:00:00Z", True),
        ("DateEquals", "2024-01-01T01:00:00+01:00", "2024-01-01T00:00:00Z", True),
        ("DateEquals", "1704067200", "2024-01-01T00:00:00Z", True),
        ("DateLessThan", "2024-01-01T00:00:00Z", "1704067199", True),
        ("DateGreaterThan", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.5Z", True),
        ("DateLessThanEquals", "2024-01-01T00:00:00Z", "2024-01-01", True),
        ("DateGreaterThanEquals", "2024-01-02", "2024-01-01T23:59:59Z", False),
        ("DateNotEquals", "2024-01-01", ABSENT, True),
        ("DateLessThan", "2024-01-01", ABSENT, False),
    ),
    *_rows(
        "ours",
        ("DateEquals", "someday", "2024-01-01", False),
        ("DateNotEquals", "someday", "2024-01-01", True),
        ("DateNotEquals", "2024-01-01", "someday", False),
        ("DateLessThan", "2024-13-01", "2024-01-01", False),
        ("DateLessThan", "9999-12-31T23:59:59-23:59", "2024-01-01", True),
    ),
    *_rows(
        "measured",
        ("Bool", "true", "true", True),
        ("Bool", True, "TRUE", True),
        ("Bool", "false", "no", True),
        ("Bool", "no", "false", True),
        ("Bool", "true", "yes", False),
        ("Bool", "false", ABSENT, False),
        ("BinaryEquals", "YQ==", "YQ==", True),
        ("BinaryEquals", "YQ==", "YQ", False),
    ),
    *_rows(
        "operators",
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", True),
        ("IpAddress", "203.0.113.77/24", "203.0.113.9", True),
        ("IpAddress", "203.0.113.9", "203.0.113.9", True),
        ("IpAddress", "203.0.113.9", "203.0.113.10", False),
        ("IpAddress", "0.0.0.0/0", "203.0.113.9", True),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
        ("IpAddress", "2001:db8::/32", "2001:DB8:0:0:0:0:0:1", True),
        ("IpAddress", "2001:db8::1", "2001:0db8:0:0:0:0:0:1", True),
        ("IpAddress", ["10.0.0.0/9", "10.128.0.0/9", "192.0.2.1"], "10.200.0.1", True),
        ("IpAddress", ["10.0.0.0/9", "10.128.0.0/9", "192.0.2.1"], "192.0.2.2", False),
        ("IpAddress", "10.0.0.0/8", ABSENT, False),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.9", False),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
        ("NotIpAddress", "203.0.113.9", "2001:db8::1", True),
        ("NotIpAddress", "203.0.113.0/24", ABSENT, True),
    ),
    *_rows(
        "ours",
        ("IpAddress", "10.0.0.0/8", "::ffff:10.1.2.3", True),
        ("IpAddress", "San_Francisco_Office_IP_Address", "10.0.0.1", False),
        ("NotIpAddress", "San_Francisco_Office_IP_Address", "10.0.0.1", True),
        ("NotIpAddress", "10.0.0.0/8", "nowhere", False),
        ("IpAddress", "10.0.0.0/33", "10.0.0.1", False),
        ("IpAddress", "10.0.0.0/255.0.0.0", "10.0.0.1", False),
        ("IpAddress", "010.0.0.1", "10.0.0.1", False),
        ("IpAddress", "fe80::1%eth0", "fe80::1", False),
    ),
    *_rows(
        "operators",
        ("StringEqualsIfExists", "a", ABSENT, True),
        ("StringEqualsIfExists", "a", "b", False),
        ("stringequalsifexists", "a", "a", True),
        ("BoolIfExists", "false", ABSENT, True),
        ("BoolIfExists", "false", "true", False),
        ("NumericGreaterThanIfExists", "43200", ABSENT, True),
        ("IpAddressIfExists", "10.0.0.0/8", ABSENT, True),
        ("ArnLikeIfExists", "arn:aws:iam::*:role/*", ABSENT, True),
        ("BinaryEqualsIfExists", "YQ==", ABSENT, True),
        ("DateLessThanIfExists", "2024-01-01", ABSENT, True),
        ("StringNotEqualsIfExists", "a", ABSENT, True),
    ),
    *_rows(
        "null",
        ("Null", "true", ABSENT, True),
        ("Null", "true", "", False),
        ("Null", True, ABSENT, True),
        ("Null", "false", ABSENT, False),
        ("Null", "false", "x", True),
        ("Null", "true", [], True),
        ("Null", ["true", "false"], "x", True),
    ),
    *_rows(
        "multivalued",
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", "a", [], True),
        ("ForAllValues:StringEquals", "a", ABSENT, True),
        ("ForAllValues:StringEquals", "a", "", True),
        ("ForAllValues:StringEquals", "a", ["", "b"], False),
        ("ForAllValues:StringNotEquals", "a", ["b", "c"], True),
        ("ForAllValues:StringNotEquals", "a", ["a", "c"], False),
        ("ForAnyValue:StringEquals", ["a", "b"], ["b", "c"], True),
        ("ForAnyValue:StringEquals", "a", ["b", "c"], False),
        ("ForAnyValue:StringEquals", "a", ABSENT, False),
        ("ForAnyValue:StringEquals", "a", [], False),
        ("ForAnyValue:StringNotEquals", "a", ["a", "c"], True),
        ("ForAnyValue:StringNotEquals", "a", ["a"], False),
        ("ForAnyValue:StringNotEquals", "a", ABSENT, False),
        ("ForAnyValue:NotIpAddress", "10.0.0.0/8", ABSENT, False),
        ("ForAnyValue:StringEqualsIfExists", "a", ABSENT, True),
        ("ForAnyValue:StringEquals", "a", "a", True),
        ("ForAllValues:StringLike", "a*", ["ab", "ac"], True),
    ),
    *_rows(
        "ours",
        ("StringEquals", "a", ["a"], False),
        ("StringNotEquals", "a", ["b", "c"], False),
        ("StringEquals", "a", [], False),
        ("StringNotEquals", "a", [], True),
        ("StringEquals", [], "a", False),
        ("StringNotEquals", [], "a", True),
    ),
]


@pytest.mark.parametrize(("operator", "wanted", "given", "expected"), ROWS)
def test_a_condition_holds_as_iam_says(operator, wanted, given, expected):
    assert holds({operator: {K: wanted}}, {} if given is None else {K: given}) is expected


@pytest.mark.parametrize(
    ("wanted", "context", "expected"),
    [
        ("${aws:username}", {"aws:username": "alice", K: "alice"}, True),
        ("${AWS:UserName}", {"aws:username": "alice", K: "alice"}, True),
        ("${aws:PrincipalTag/my team}", {"aws:PrincipalTag/my team": "x", K: "x"}, True),
        ("${aws:username}", {K: "alice"}, False),
        ("${aws:username}", {"aws:username": ["alice"], K: "alice"}, False),
        ("${aws:username, 'nobody'}", {K: "nobody"}, True),
        ("${aws:username, 'nobody'}", {"aws:username": "alice", K: "nobody"}, False),
        ("a${*}", {K: "a*"}, True),
        ("a${*}", {K: "ab"}, False),
        ("a${?}${$}", {K: "a?$"}, True),
        ("${aws:username", {"aws:username": "alice", K: "${aws:username"}, True),
    ],
)
def test_a_variable_stands_for_its_value_in_strings(wanted, context, expected):
    assert holds({"StringEquals": {K: wanted}}, context) is expected
    assert holds({"StringLike": {K: wanted}}, context) is expected
    assert holds({"StringEqualsIgnoreCase": {K: wanted.upper() if "'" not in wanted else wanted}}, context) is expected


def test_a_wildcard_in_the_value_of_a_variable_is_only_a_character():
    assert not holds({"StringLike": {K: "${aws:username}"}}, {"aws:username": "*", K: "bob"})
    assert holds({"StringLike": {K: "${aws:username}"}}, {"aws:username": "*", K: "*"})


def test_a_variable_without_a_value_meets_a_negated_operator():
    assert holds({"StringNotEquals": {K: "${aws:username}"}}, {K: "x"})
    assert holds({"ArnNotLike": {K: "arn:aws:iam::*:user/${aws:username}"}}, {K: ARN})


def test_an_arn_operator_takes_variables_in_every_segment():
    condition = {"ArnLike": {K: "arn:aws:iam::${aws:PrincipalAccount}:role/*"}}
    assert holds(condition, {"aws:PrincipalAccount": "123456789012", K: ARN})
    assert not holds(condition, {"aws:PrincipalAccount": "*", K: ARN})


@pytest.mark.parametrize("version", ["2008-10-17", ""])
def test_without_version_2012_a_variable_is_literal_text(version):
    assert not holds({"StringEquals": {K: "${aws:username}"}}, {"aws:username": "alice", K: "alice"}, version)
    assert holds({"StringEquals": {K: "${aws:username}"}}, {"aws:username": "alice", K: "${aws:username}"}, version)


def test_all_keys_and_all_operators_must_hold():
    both = {"StringEquals": {K: "a", "aws:UserAgent": "b"}, "Bool": {"aws:SecureTransport": "true"}}
    full = {K: "a", "aws:UserAgent": "b", "aws:SecureTransport": "true"}
    assert holds(both, full)
    for key in full:
        assert not holds(both, full | {key: "other"})


def test_the_case_of_keys_and_operators_does_not_count():
    assert holds({"STRINGEQUALS": {K.upper(): "a"}}, {K.lower(): "a"})
    assert holds({"forallvalues:stringequals": {K: "a"}}, {K: ["a"]})
