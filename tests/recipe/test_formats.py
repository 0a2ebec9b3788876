"""The formats of parameters: what each takes, and that nothing slips into an ARN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.recipe.formats import FORMATS, problem

TAKEN = {
    "account-id": ["123456789012", "000000000000"],
    "partition": ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b"],
    "region": ["eu-central-1", "cn-north-1", "us-gov-west-1"],
    "cidr": ["203.0.113.0/24", "8.8.8.8/32", "2a00:1450::/32", "2001:db8::/48"],
    "arn": ["arn:aws:iam::123456789012:role/ops", "arn:aws-cn:s3:::bucket", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
    "iam-name": ["Developers", "a", "x_+=,.@-"],
    "iam-path": ["/", "/staff/", "/a/b/"],
    "iam-path-pattern": ["/", "/*/", "/staff/*/"],
    "bucket-name": ["example-bucket", "my.bucket.1"],
    "service-prefix": ["s3", "iam"],
    "service-principal": ["codecommit.amazonaws.com", "ec2.amazonaws.com.cn"],
    "action": ["iam:ChangePassword", "s3:GetObject"],
    "vpc-id": ["vpc-0123456789abcdef0", "vpc-12345678"],
    "vpc-endpoint-id": ["vpce-0123456789abcdef0"],
    "date-time": ["2026-01-31T23:59:59Z", "2026-01-31T23:59:59+01:00"],
    "tag-key": ["CostCenter", "team/owner"],
    "tag-value": ["", "Apollo 11"],
    "region-or-any": ["*", "eu-central-1"],
    "org-id": ["o-a1b2c3d4e5"],
    "ou-id": ["ou-ab12-11111111", "r-ab12"],
    "arn-pattern": ["arn:aws:iam::*:role/deploy-*", "arn:*:iam::*:role/x", "arn:aws:s3:::logs-?/*"],
    "principal": [
        *("123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/a/b"),
        *("lambda.amazonaws.com", "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"),
    ],
    "name-pattern": ["AWSReservedSSO_Admin_*", "p5?.large", "x"],
}
REFUSED = {
    "account-id": ["12345678901", "1234567890123", "12345678901a", "١٢٣٤٥٦٧٨٩٠١٢", "123456789012\n", ""],
    "partition": ["aws-moon", "AWS", ""],
    "region": ["eu-central-9", "EU-CENTRAL-1", "*"],
    "cidr": [
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.1.0/24", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *(
            "0.0.0.0/0",
            "::/0",
            "203.0.113.7/24",
            "203.0.113.7",
            "fd00::/8",
            "office",
            "203.0.113.0/33",
            "224.0.0.0/4",
            "",
        ),
    ],
    "arn": [
        *("*", "arn:aws:iam::123456789012:role/*", "arn:aws:iam::123456789012:user/${aws:username}", "arn:aws:iam"),
        *("arn:aws:iam::12:role/x", "arn:moon:iam::123456789012:role/x", "arn:aws:iam::123456789012:", "arn:aws::::x"),
    ],
    "iam-name": ["a/b", "a*", "a?", "${x}", "a b", "", "a" * 129, "ä", "a\n"],
    "iam-path": ["staff", "/staff", "staff/", "/*/", "//", "/a b/"],
    "iam-path-pattern": ["*", "/st*ff/", "/${x}/", "/?/"],
    "bucket-name": ["A", "ab", "Bucket", "a..b", "192.168.0.1", "-ab", "ab-", "a/b", "a*b"],
    "service-prefix": ["S3", "nothing", "*"],
    "service-principal": [
        *("codecommit", "*.amazonaws.com", "example.com", "evil.amazonaws.com.example.org"),
        *("ec3.amazonaws.com", "tagging.amazonaws.com"),
    ],
    "action": ["iam:ChangePasword", "iam:*", "*", "iam", "iam:"],
    "vpc-id": ["vpc-1", "vpce-12345678", "vpc-*"],
    "vpc-endpoint-id": ["vpc-12345678"],
    "date-time": ["2026-01-31", "2026-02-30T00:00:00Z", "2026-01-31T23:59:59", "tomorrow", "${aws:CurrentTime}"],
    "tag-key": ["aws:x", "", "a*", "a?", "${x}", "a" * 129],
    "tag-value": ["a*", "${x}", "a" * 257],
    "region-or-any": ["eu-*", "eu-central-9", ""],
    "org-id": ["o-short", "O-A1B2C3D4E5", "o-a1b2c3d4e*", ""],
    "ou-id": ["ou-ab12", "ou-ab12-1111111*", "o-a1b2c3d4e5", "r-*"],
    "arn-pattern": [
        *("*", "arn:aws:iam::*:*", "arn:aws:*::*:role/x", "arn:aws:iam::1*:role/x", "arn:aws:iam::*:role/${aws:x}"),
        *("arn:aws:iam:eu-north-9:*:role/x", "arn:moon:iam::*:role/x", "role/x", "arn:aws:iam::*:role/a b"),
    ],
    "principal": [
        *("*", "12345678901", "ec3.amazonaws.com", "arn:aws:s3:::bucket", "arn:aws:iam::123456789012:role/*"),
        *("arn:aws:iam::123456789012:group/x", "alice", ""),
    ],
    "name-pattern": ["*", "?*", "", "a b", "${x}", "ä*"],
}


def test_every_format_is_tried():
    assert TAKEN.keys() == REFUSED.keys() == FORMATS.keys()


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name in TAKEN for text in (*TAKEN[name], FORMATS[name].example)]
)
def test_a_format_takes_what_it_is_for(name, text):
    assert problem(name, text) == ""


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in REFUSED for text in REFUSED[name]])
def test_a_format_refuses_what_it_is_not_for(name, text):
    assert problem(name, text)


PATTERNS = ("iam-path-pattern", "arn-pattern", "name-pattern", "region-or-any")
IN_ARNS = [name for name in FORMATS if name not in (*PATTERNS, "cidr", "date-time")]


@given(st.sampled_from(IN_ARNS), st.text(alphabet="ab1:/.-${}*?,@ ", max_size=30))
def test_no_format_lets_a_wildcard_or_a_variable_into_an_arn(name, text):
    if problem(name, text) == "":
        assert not set(text) & set("*?{}$")
        assert "/" not in text or name in ("iam-path", "arn", "principal", "tag-key", "tag-value")
