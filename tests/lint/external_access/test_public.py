"""Who gets in by a policy of a resource or a role: decided by what a stranger can send, not by how it is written."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.evaluate import Layers, Outcome, Request, allow_all, compile_policy, decide
from policygen.evaluate.principal import parse
from policygen.lint.linter import lint
from policygen.policy.model import Kind, Policy
from tests.policies import policy

ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-example123"}}
OPEN = {
    "nothing": {},
    "every address": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    "every address, of both kinds": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}},
    "two halves": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
    "a block wider than /8": {"IpAddress": {"aws:SourceIp": "52.0.0.0/7"}},
    "neighbours wider than /8": {"IpAddress": {"aws:SourceIp": [f"{n}.0.0.0/8" for n in range(52, 60)]}},
    "all addresses but one": {"NotIpAddress": {"aws:SourceIp": "203.0.113.7/32"}},
    "a range if there is an address": {"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}},
    "TLS": {"Bool": {"aws:SecureTransport": "true"}},
    "a referer": {"StringLike": {"aws:Referer": "https://example.com/*"}},
    "a user agent": {"StringEquals": {"aws:UserAgent": "secret"}},
    "MFA": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    "any organization": {"StringLike": {"aws:PrincipalOrgID": "*"}},
    "any organization id": {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    "some organization": {"Null": {"aws:PrincipalOrgID": "false"}},
    "no organization": {"Null": {"aws:PrincipalOrgID": "true"}},
    "another organization": {"StringNotEquals": {"aws:PrincipalOrgID": "o-example123"}},
    "an organization if there is one": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-example123"}},
    "any principal": {"ArnLike": {"aws:PrincipalArn": "*"}},
    "any principal's ARN": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}},
    "a role's name": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}},
    "a role's name as text": {"StringLike": {"aws:PrincipalArn": "*:role/deploy"}},
    "a tag of the caller's": {"StringEquals": {"aws:PrincipalTag/team": "web"}},
    "any account": {"StringLike": {"aws:PrincipalAccount": "*"}},
    "any account of twelve": {"StringLike": {"aws:PrincipalAccount": "????????????"}},
    "another account": {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}},
    "any VPC": {"StringLike": {"aws:SourceVpc": "*"}},
    "any VPC's id": {"StringLike": {"aws:SourceVpc": "vpc-*"}},
    "some endpoint": {"Null": {"aws:SourceVpce": "false"}},
    "an endpoint if there is one": {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-0123456789abcdef0"}},
    "a private address": {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}},
    "a session's name": {"StringLike": {"aws:userid": "*:alice"}},
    "the principal's own tag": {"StringEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/team}"}},
    "the caller's own account": {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}},
    "a set that may be empty": {"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-example123/r-ab12/"}},
    "people": {"StringEquals": {"aws:PrincipalType": "User"}},
    "no service": {"Bool": {"aws:PrincipalIsAWSService": "false"}},
}
SHUT = {
    "an organization": ORGANIZATION,
    "an organization, in any case": {"StringEqualsIgnoreCase": {"AWS:principalorgid": "O-EXAMPLE123"}},
    "a path of an organization": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-example123/*"}},
    "an account": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}},
    "a role": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}},
    "a user": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/alice"}},
    "a range": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/48"]}},
    "a VPC": {"StringEquals": {"aws:SourceVpc": "vpc-0123456789abcdef0"}},
    "an endpoint": {"StringEquals": {"aws:SourceVpce": ["vpce-0123456789abcdef0"]}},
    "the organization of the resource": {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}},
    "the account of the resource": {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}},
    "an access point": {"StringEquals": {"s3:DataAccessPointAccount": "123456789012"}},
    "a source account": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    "a source owner": {"StringEquals": {"AWS:SourceOwner": "123456789012"}},
    "a source": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::reports"}},
    "sources of an account": {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:123456789012:rule/*"}},
    "a KMS caller": {"StringEquals": {"kms:CallerAccount": "123456789012"}},
    "a role's id": {"StringLike": {"aws:userid": "AROAEXAMPLEID:*"}},
    "an unmeetable pair": {"Null": {"aws:SecureTransport": "true"}, "Bool": {"aws:SecureTransport": "true"}},
}


def allow(condition, principal="*", **more):
    body = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    return {**body, **({"Condition": condition} if condition else {}), **more}


def found(*statements, kind=Kind.RESOURCE, rule="public-access"):
    return [finding for finding in lint(policy(*statements, kind=kind)) if finding.rule == rule]


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["123456789012", "*"]}], ids=["text", "AWS", "list"])
@pytest.mark.parametrize(
    ("condition", "opened"),
    [(c, True) for c in OPEN.values()] + [(c, False) for c in SHUT.values()],
    ids=[*OPEN, *SHUT],
)
def test_a_condition_counts_if_a_stranger_cannot_meet_it(condition, opened, principal):
    assert [f.pointer for f in found(allow(condition, principal))] == (["/Statement/0/Principal"] if opened else [])


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
@pytest.mark.parametrize(
    ("condition", "opened"),
    [
        *((OPEN[name], True) for name in ("nothing", "every address", "a role's name", "any organization")),
        ({"StringEquals": {"sts:ExternalId": "7f3a"}}, True),
        *((SHUT[name], False) for name in ("an organization", "an account", "a role", "a range")),
    ],
)
def test_a_trust_policy_is_judged_alike(principal, condition, opened):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    assert bool(found(statement | ({"Condition": condition} if condition else {}), kind=Kind.TRUST)) is opened


@pytest.mark.parametrize(
    ("deny", "opened"),
    [
        ({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-example123"}}}, False),
        ({"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example123"}}}, False),
        ({"Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, False),
        ({"Condition": {"NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}}}, False),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}}, False),
        ({"Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}}, False),
        ({"Principal": None, "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}}, False),
        ({"Action": "*"}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, True),
        ({"Condition": {"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, True),
        ({"Condition": {"StringNotEqualsIfExists": {"aws:UserAgent": "secret"}}}, True),
        ({"Action": "s3:PutObject", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-example123"}}}, True),
        ({"Resource": "arn:aws:s3:::b/private/*"}, True),
        ({"Principal": {"AWS": "123456789012"}}, True),
    ],
)
def test_a_deny_of_everybody_else_closes_the_policy(deny, opened):
    statement = {k: v for k, v in {**allow({}, Action="s3:*"), "Effect": "Deny", **deny}.items() if v is not None}
    assert bool(found(allow({}), statement)) is opened


@pytest.mark.parametrize(
    "statement",
    [
        allow({}, {"AWS": "123456789012"}),
        allow({}, {"Service": "cloudfront.amazonaws.com"}),
        allow({}, Effect="Deny"),
        allow({}, {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABCDEF"}),
    ],
)
def test_who_is_named_is_not_everybody(statement):
    assert not found(statement)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def test_both_ways_to_write_everybody_give_the_same_finding(principal):
    trust = Policy({"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}}, Kind.TRUST)
    assert {f.rule for f in lint(trust) if f.severity == "error"} == {"public-access"}


def test_one_statement_gives_one_finding_that_names_who_and_what():
    [finding] = found(allow({}, Action=["s3:GetObject", "s3:PutObject", "s3:List*"]))
    assert "anyone with an AWS account can `s3:GetObject`" in finding.message
    [finding] = found(allow({"StringEquals": {"aws:PrincipalAccount": "anonymous"}}))
    assert "without signing in" in finding.message
    [finding] = found(allow({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}}, Action="sns:Publish"))
    assert "an AWS service that acts for any account" in finding.message


DEFAULT_OF_ENDPOINTS = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def test_what_may_be_the_policy_of_an_endpoint_is_said_to_be_unknown():
    for statements in (
        [DEFAULT_OF_ENDPOINTS],
        [allow({}, Action=["s3:GetObject", "sqs:SendMessage"], Resource="*")],
        [allow({}), allow({}, Action="sqs:SendMessage", Resource="arn:aws:sqs:eu-west-1:123456789012:jobs")],
    ):
        assert all("unless this is a VPC endpoint policy" in f.message for f in found(*statements))
        assert found(*statements)


def test_what_is_about_several_buckets_is_the_policy_of_an_endpoint():
    buckets = ["arn:aws:s3:::reports/*", "arn:aws:s3:::packages.*.amazonaws.com/*"]
    assert not found(allow({}, Resource=buckets))
    assert not found(allow({}, Resource=buckets[0]), allow({}, Resource=buckets[1]), DEFAULT_OF_ENDPOINTS)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:*", ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]),
        ("s3:*", ["arn:aws:s3:::b*"]),
        ("s3:*", ["arn:aws:s3:::b", "arn:aws:s3:::*/*"]),
        ("kms:*", "*"),
        ("kms:*", ["arn:aws:s3:::a", "arn:aws:s3:::b"]),
        ("*", "arn:aws:sqs:eu-west-1:123456789012:jobs"),
    ],
)
def test_what_is_about_one_resource_is_its_policy(action, resource):
    [finding] = found(allow({}, Action=action, Resource=resource))
    assert "endpoint" not in finding.message


def test_the_policy_of_an_endpoint_is_told_by_the_output_that_it_is_in(policygen, tmp_path):
    bucket = allow({}, Resource=["arn:aws:s3:::b", "arn:aws:s3:::b/*"])
    document = {"Version": "2012-10-17", "Statement": [bucket, DEFAULT_OF_ENDPOINTS]}
    endpoint = {"VpcEndpointId": "vpce-0123456789abcdef0", "PolicyDocument": json.dumps(document)}
    run = policygen("lint", "-", "--format", "json", stdin=json.dumps({"VpcEndpoints": [endpoint]}))
    assert "public-access" not in run.stdout and '"policies": 1' in run.stdout.replace("\n", "")
    bare = policygen("lint", "-", "--format", "json", stdin=json.dumps(document))
    assert bare.stdout.count('"rule": "public-access"') == 2


def test_a_policy_that_is_slow_to_search_is_taken_for_open():
    keys = {f"s3:key{n}": [f"v{m}" for m in range(9)] for n in range(9)}
    deny = allow({"StringNotEquals": {"aws:PrincipalOrgID": "o-example123"}, "StringEquals": keys}, Effect="Deny")
    assert found(allow({"StringLike": dict.fromkeys(keys, "*")}), deny)


CONDITIONS = st.sampled_from([*OPEN.values(), *SHUT.values()]).flatmap(
    lambda first: st.sampled_from([{}, *OPEN.values(), *SHUT.values()]).map(lambda second: {**second, **first})
)
STATEMENTS = st.builds(
    lambda effect, principal, action, resource, condition: allow(
        condition, principal, Effect=effect, Action=action, Resource=resource
    ),
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["*", {"AWS": "*"}, {"AWS": "123456789012"}]),
    st.sampled_from(["s3:GetObject", "s3:*", ["s3:Put*", "s3:GetObject"], "s3:NoSuchAction"]),
    st.sampled_from(["arn:aws:s3:::b/*", "arn:aws:s3:::b/a", ["arn:aws:s3:::b", "arn:aws:s3:::b/a*"]]),
    CONDITIONS,
)


def others(draw_from):
    """A request of somebody whom no policy above names."""
    account = "444455556666"
    signed = draw_from(["role/deploy", "user/alice", None])
    keys = {
        "aws:securetransport": draw_from(["true", "false"]),
        "aws:useragent": draw_from(["secret", "x"]),
        "aws:referer": draw_from(["https://example.com/a", None]),
        "aws:principaltype": "Anonymous",
        "aws:principalaccount": "anonymous",
        "aws:userid": "anonymous",
    }
    if draw_from([True, False]):
        keys |= {
            "aws:sourcevpc": "vpc-0aaaabbbbccccdddd",
            "aws:sourcevpce": "vpce-0aaaabbbbccccdddd",
            "aws:vpcsourceip": "10.1.2.3",
        }
    else:
        keys["aws:sourceip"] = draw_from(["52.1.2.3", "198.51.100.9", "200.1.1.1"])
    if signed:
        keys |= {
            "aws:principalaccount": account,
            "aws:principalarn": f"arn:aws:iam::{account}:{signed}",
            "aws:principaltype": "AssumedRole" if "role" in signed else "User",
            "aws:userid": "AROAOTHEROTHER:alice" if "role" in signed else "AIDAOTHEROTHER",
            "aws:principalorgid": draw_from(["o-otherother", None]),
            "aws:multifactorauthpresent": draw_from(["true", "false", None]),
            "aws:principaltag/team": draw_from(["web", None]),
            "aws:principalisawsservice": "false",
        }
    who = parse(keys["aws:principalarn"]) if signed else parse("*")
    context = {key: value for key, value in keys.items() if value is not None}
    action, resource = draw_from(["s3:GetObject", "s3:PutObject", "s3:NoSuchAction"]), "arn:aws:s3:::b/a"
    return Request(who, action, resource, context, resource_account="123456789012")


@settings(max_examples=400, deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_a_policy_that_the_evaluator_lets_a_stranger_through_is_never_quiet(statements, random):
    policy = compile_policy(Policy({"Version": "2012-10-17", "Statement": statements}, Kind.RESOURCE))
    layers = Layers(identity=(allow_all(),), resource=(policy,))
    for _ in range(30):
        decision = decide(others(random.choice), layers)
        if decision.outcome is Outcome.ALLOW:
            assert found(*statements), decision.request
            return
