"""Policies that name principals, for every kind of caller: also services and the users of identity providers."""

import pytest

from policygen.evaluate import Layers, Outcome, PrincipalType, granted, public
from policygen.evaluate import principal as principals
from policygen.policy.model import Kind
from tests.evaluate.ask import ACCOUNT, OTHER, compiled, new_access, outcome, request, stack
from tests.policies import allow

GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
SUB, AUD = "token.actions.githubusercontent.com:sub", "token.actions.githubusercontent.com:aud"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci"
WEB, WITH_SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"


def trust(principal, action="sts:AssumeRole", effect="Allow", **condition):
    body = {"Effect": effect, "Principal": principal, "Action": action}
    return body | ({"Condition": condition} if condition else {})


def bucket(principal, action="s3:GetObject", effect="Allow", **condition):
    return trust(principal, action, effect, **condition) | {"Resource": "arn:aws:s3:::b/*"}


def queue(principal, **condition):
    return trust(principal, "sqs:SendMessage", **condition) | {"Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"}


def repository(pattern, **more):
    return trust({"Federated": GITHUB}, WEB, StringLike={SUB: pattern}, StringEquals={AUD: "sts.amazonaws.com"}, **more)


def token(provider, **condition):
    return trust({"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"}, WEB, **condition)


def saml():
    return trust({"Federated": SAML}, "sts:AssumeRoleWithSAML", StringEquals={"SAML:aud": "https://signin"})


ALICE, BOB = ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/{name}"} for name in ("alice", "bob"))
APP, OPS = ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/{name}"} for name in ("app", "ops"))
MINE = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
TOPIC = {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{ACCOUNT}:topic"}}
PAIRS = {
    "every action for one": ([trust(APP)], [trust(APP, "*")], "found", "none"),
    "every action for another role": ([trust(APP, "*")], [trust(OPS, "*")], "found", "found"),
    "the same trust, with the statements the other way round": (
        [trust(APP), trust(OPS)],
        [trust(OPS), trust(APP)],
        "none",
        "none",
    ),
    "a role more": ([trust(APP)], [trust({"AWS": [APP["AWS"], OPS["AWS"]]})], "found", "none"),
    "the account for one of its roles": ([trust(APP)], [trust({"AWS": ACCOUNT})], "found", "none"),
    "the account, by id and as its root": (
        [trust({"AWS": ACCOUNT})],
        [trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})],
        "none",
        "none",
    ),
    "one session of a role": (
        [trust({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s"})],
        [trust(APP)],
        "found",
        "none",
    ),
    "an external id taken away": (
        [trust({"AWS": OTHER}, StringEquals={"sts:ExternalId": "x"})],
        [trust({"AWS": OTHER})],
        "found",
        "none",
    ),
    "everyone, as text and as AWS": ([trust("*")], [trust({"AWS": "*"})], "none", "none"),
    "everyone in one organization": ([trust("*", **MINE)], [trust("*")], "found", "none"),
    "a service more": (
        [trust({"Service": "ec2.amazonaws.com"})],
        [trust({"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]})],
        "found",
        "none",
    ),
    "any repository of an owner": ([repository("repo:me/app:*")], [repository("repo:me/*")], "found", "none"),
    "a branch and a tag of it": (
        [repository(["repo:me/app:ref:refs/heads/main", "repo:me/app:*"])],
        [repository("repo:me/app:*")],
        "none",
        "none",
    ),
    "an audience that is not looked at": (
        [repository("repo:me/app:*")],
        [trust({"Federated": GITHUB}, WEB, StringLike={SUB: "repo:me/app:*"})],
        "found",
        "none",
    ),
    "every token has a subject": (
        [trust({"Federated": GITHUB}, WEB)],
        [trust({"Federated": GITHUB}, WEB, Null={SUB: "false"})],
        "none",
        "none",
    ),
    "a claim of another provider": (
        [repository("repo:me/app:*")],
        [repository("repo:me/app:*"), trust({"Federated": GITHUB}, WEB, StringLike={"gitlab.com:sub": "*"})],
        "none",
        "none",
    ),
    "another kind of provider": (
        [trust({"Federated": SAML}, WITH_SAML)],
        [trust({"Federated": GITHUB}, WEB)],
        "found",
        "found",
    ),
    "a call that the provider does not have": (
        [trust({"Federated": GITHUB}, WEB)],
        [trust({"Federated": GITHUB}, [WEB, WITH_SAML])],
        "none",
        "none",
    ),
    "an action that no principal has on a role": (
        [trust(APP)],
        [trust(APP), trust(APP, "s3:GetObject")],
        "none",
        "none",
    ),
    "a Deny of everyone else": (
        [trust({"AWS": ACCOUNT}), trust("*", effect="Deny", ArnNotLike={"aws:PrincipalArn": APP["AWS"]})],
        [trust(APP)],
        "none",
        "none",
    ),
    "one user of two": ([bucket(ALICE)], [bucket(BOB)], "found", "found"),
    "a user's ARN in the principal and as a condition": (
        [bucket(ALICE)],
        [bucket("*", ArnEquals={"aws:PrincipalArn": ALICE["AWS"]})],
        "none",
        "none",
    ),
    "a service for any account": (
        [queue({"Service": "sns.amazonaws.com"}, **TOPIC)],
        [queue({"Service": "sns.amazonaws.com"})],
        "found",
        "none",
    ),
    "a caller without credentials": (
        [bucket("*", Null={"aws:PrincipalArn": "false"})],
        [bucket("*", Null={"aws:PrincipalArn": "false"}), bucket("*", Null={"aws:PrincipalIsAWSService": "true"})],
        "found",
        "none",
    ),
    "an account for which its own policies speak anyway": (
        [queue(ALICE)],
        [queue(ALICE), queue({"AWS": ACCOUNT})],
        "none",
        "none",
    ),
    "another account": ([queue(ALICE)], [queue(ALICE), queue({"AWS": OTHER})], "found", "none"),
    "a Deny less": (
        [bucket({"AWS": OTHER}), bucket("*", effect="Deny", Bool={"aws:SecureTransport": "false"})],
        [bucket({"AWS": OTHER})],
        "found",
        "none",
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_policies_that_name_principals_are_compared(name):
    old, new, forth, back = PAIRS[name]
    kind = Kind.RESOURCE if "Resource" in old[0] else Kind.TRUST
    left, right = [compiled(*old, kind=kind)], [compiled(*new, kind=kind)]
    assert (str(new_access(left, right).verdict), str(new_access(right, left).verdict)) == (forth, back)


def test_the_witness_of_a_trust_policy_is_a_token_of_the_provider():
    old, new = ([compiled(repository(f"repo:{name}"), kind=Kind.TRUST)] for name in ("me/app:*", "me/*"))
    found = new_access(old, new).witness
    assert (found.principal.type, found.principal.arn, found.action) == (PrincipalType.FEDERATED, GITHUB, WEB)
    assert found.context[AUD] == "sts.amazonaws.com"
    assert found.context[SUB].startswith("repo:me/")
    assert not found.context.keys() & {"aws:principalarn", "aws:username"}


@pytest.mark.parametrize(
    ("who", "action", "policy", "context", "expected"),
    [
        (GITHUB, WEB, repository("repo:me/*"), {SUB: "repo:me/app", AUD: "sts.amazonaws.com"}, "allow"),
        (GITHUB, WEB, repository("repo:me/*"), {SUB: "repo:you/app", AUD: "sts.amazonaws.com"}, "implicit-deny"),
        (SAML, WEB, repository("repo:me/*"), {SUB: "repo:me/app", AUD: "sts.amazonaws.com"}, "implicit-deny"),
        (GITHUB, "sts:AssumeRole", trust({"Federated": GITHUB}, "*"), {}, "implicit-deny"),
        (GITHUB, "sts:TagSession", trust({"Federated": GITHUB}, "sts:TagSession"), {}, "allow"),
        (GITHUB, WEB, trust({"AWS": ACCOUNT}, WEB), {}, "implicit-deny"),
        (GITHUB, WEB, trust("*", WEB), {}, "unknown"),
        (GITHUB, WEB, trust("*", WEB, "Deny"), {}, "explicit-deny"),
        (SAML, WITH_SAML, trust({"Federated": SAML}, WITH_SAML), {}, "allow"),
        ("accounts.google.com", WEB, trust({"Federated": "accounts.google.com"}, WEB), {}, "allow"),
        ("*", "sts:AssumeRole", trust("*"), {}, "implicit-deny"),
    ],
)
def test_a_trust_policy_decides_on_the_users_of_an_identity_provider(who, action, policy, context, expected):
    layers = Layers(resource=(compiled(policy, kind=Kind.TRUST),))
    assert outcome(layers, request(action, ROLE, context, who=who)) == expected


def test_no_identity_policy_boundary_or_scp_decides_on_a_service():
    nothing = compiled({"Effect": "Deny", "Action": "*", "Resource": "*"})
    layers = Layers((nothing,), nothing, scps=((nothing,),), resource=(compiled(bucket("*"), kind=Kind.RESOURCE),))
    assert outcome(layers, request(who="s3.amazonaws.com")) == "allow"


def test_what_one_principal_is_granted_is_asked_of_that_one_alone():
    layers = stack([compiled(trust(APP), trust({"Federated": GITHUB}, WEB), kind=Kind.TRUST)])
    app = principals.parse("role/app/s", account=ACCOUNT)
    ops = principals.parse("role/ops/s", account=ACCOUNT)
    assert str(granted(layers, ["sts:AssumeRole"], principal=app).verdict) == "found"
    assert str(granted(layers, ["sts:AssumeRole"], principal=ops).verdict) == "none"
    assert str(granted(layers, [WEB], principal=app).verdict) == "none"
    assert str(granted(layers, [WEB], principal=principals.parse(GITHUB)).verdict) == "found"


def test_a_stack_with_a_policy_of_the_resource_counts_both():
    bucket_policy = (compiled(bucket(ALICE), kind=Kind.RESOURCE),)
    none, some = Layers(resource=bucket_policy), Layers((compiled(allow("s3:*")),), resource=bucket_policy)
    alice = principals.parse("user/alice", account=ACCOUNT)
    assert str(granted(none, ["s3:GetObject"], ["arn:aws:s3:::b/k"], principal=alice).verdict) == "found"
    assert str(granted(some, ["s3:GetObject"], ["arn:aws:s3:::c/k"], principal=alice).verdict) == "found"
    assert str(granted(some, ["iam:*"], principal=alice).verdict) == "none"


OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
UNSIGNED = {"StringEquals": {"aws:PrincipalType": "Anonymous"}}
NOT_A_SERVICE = {"aws:PrincipalIsAWSService": "false"}
EVERYWHERE = {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([bucket("*")], "found"),
        ([bucket({"AWS": "*"})], "found"),
        ([bucket({"AWS": OTHER})], "none"),
        ([bucket({"Service": "sns.amazonaws.com"})], "none"),
        ([bucket("*", **MINE)], "none"),
        ([bucket("*", **OFFICE)], "none"),
        ([bucket("*", **EVERYWHERE)], "found"),
        ([bucket("*", StringEquals={"aws:Referer": "https://example.com"})], "found"),
        ([bucket("*", StringEquals={"aws:PrincipalAccount": ACCOUNT})], "none"),
        ([bucket("*", StringLike={"aws:PrincipalArn": "arn:aws:iam::*:role/admin"})], "found"),
        ([bucket("*", StringNotEquals={"aws:PrincipalOrgID": "o-1"})], "found"),
        ([bucket("*"), bucket("*", effect="Deny", StringNotEquals={"aws:PrincipalOrgID": "o-1"})], "none"),
        ([bucket("*"), bucket("*", effect="Deny", Bool={"aws:PrincipalIsAWSService": "false"})], "found"),
        ([bucket("*", StringEquals={"aws:PrincipalType": "User"})], "found"),
        ([bucket("*", StringEquals={"aws:PrincipalType": "Account"})], "found"),
        ([bucket("*", StringEquals={"aws:PrincipalType": "FederatedUser"})], "found"),
        ([bucket("*", StringLike={"aws:PrincipalArn": "arn:aws:iam::*:root"})], "found"),
        ([bucket("*", StringEquals={"aws:username": "bob"})], "found"),
        (
            [
                bucket(
                    "*", StringEquals={"aws:username": "bob"}, ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:user/e/*"}
                )
            ],
            "found",
        ),
        ([bucket("*", StringLike={"aws:PrincipalAccount": "1*"})], "unknown"),
        ([bucket("*", StringLike={"aws:PrincipalOrgID": "o-a*"})], "unknown"),
        ([bucket("*", StringLike={"aws:SourceVpc": "vpc-1*"})], "unknown"),
        ([bucket("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::1*:role/app"})], "unknown"),
        ([bucket("*", ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"})], "none"),
        ([bucket("*", StringEquals={"aws:FederatedProvider": "accounts.google.com"})], "unknown"),
        ([bucket("*", **{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*/r-ab12/*"}})], "unknown"),
        ([bucket("*", **{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-ab12/*"}})], "none"),
        ([bucket("*"), bucket("*", effect="Deny", StringNotLike={"aws:PrincipalAccount": "1*"})], "unknown"),
        ([bucket("*", **UNSIGNED), bucket("*", effect="Deny", Bool={"aws:PrincipalIsAWSService": "false"})], "found"),
        ([bucket("*", **UNSIGNED), bucket("*", effect="Deny", BoolIfExists=NOT_A_SERVICE)], "none"),
        ([bucket("*", StringEquals={"aws:PrincipalAccount": "anonymous"})], "found"),
        ([bucket("*", StringEquals={"aws:userid": "anonymous"})], "found"),
        ([bucket("*", Null={"aws:PrincipalAccount": "true", "aws:PrincipalServiceName": "true"})], "none"),
        ([trust("*")], "found"),
        ([trust("*", WEB)], "unknown"),
        ([trust({"AWS": OTHER}, "sts:*")], "none"),
        ([trust({"AWS": OTHER})], "none"),
        ([trust({"AWS": "*"}, **MINE)], "none"),
        ([repository("repo:me/app:*")], "none"),
        ([repository("repo:me/*")], "none"),
        ([repository("repo:*")], "found"),
        ([repository("repo:me*/app:*")], "found"),
        ([repository("repo:me")], "unknown"),
        ([token("gitlab.com", StringLike={"gitlab.com:sub": "project_path:me/app:*"})], "none"),
        ([token("gitlab.com", StringEquals={"gitlab.com:aud": "https://gitlab.com"})], "found"),
        ([token("gitlab.com", StringLikeIfExists={"gitlab.com:sub": "project_path:me/app:*"})], "unknown"),
        ([token("gitlab.com", **{"ForAllValues:StringLike": {"gitlab.com:sub": "project_path:me/app:*"}})], "unknown"),
        ([token("oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF")], "none"),
        ([token("id.example.com", StringEquals={"id.example.com:sub": "me"})], "unknown"),
        ([saml()], "none"),
    ],
)
def test_what_is_public_is_what_a_stranger_may_do(statements, verdict):
    kind = Kind.RESOURCE if "Resource" in statements[0] else Kind.TRUST
    found = public(stack([compiled(*statements, kind=kind)]))
    assert (str(found.verdict), bool(found.reason)) == (verdict, verdict == "unknown")
    if found.witness:
        assert found.shown[1].outcome is Outcome.ALLOW
        who = found.witness.principal
        assert who.account not in (ACCOUNT, OTHER) or "stranger" in str(found.witness.context[f"{who.claims}sub"])


def test_an_rcp_keeps_strangers_away_from_a_public_resource():
    others = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*"}
    outside = others | {"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}}
    layers = stack([compiled(bucket("*"), kind=Kind.RESOURCE), compiled(outside, kind=Kind.RCP)])
    assert str(public(layers).verdict) == "none"
    assert str(public(stack([compiled(allow())])).verdict) == "unknown"


def test_a_stranger_is_not_in_an_account_that_an_rcp_names():
    nines = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*"}
    nines |= {"Condition": {"StringEquals": {"aws:PrincipalAccount": "999999999999"}}}
    signed = bucket("*", Null={"aws:PrincipalArn": "false"})
    layers = stack([compiled(signed, kind=Kind.RESOURCE), compiled(nines, kind=Kind.RCP)])
    assert str(public(layers).verdict) == "found"
