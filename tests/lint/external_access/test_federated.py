"""Roles that trust an identity provider: whose tokens pass."""

import pytest

from policygen.lint.linter import lint
from policygen.policy.model import Kind, Policy

GITHUB, GITLAB, EKS = "token.actions.githubusercontent.com", "gitlab.com", "oidc.eks.eu-west-1.amazonaws.com/id/ABC123"
AUDIENCE = {f"{GITHUB}:aud": "sts.amazonaws.com"}


def found(provider, condition, principal=None):
    named = principal or f"arn:aws:iam::123456789012:oidc-provider/{provider}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": named},
        "Action": f"sts:AssumeRoleWith{'SAML' if 'saml' in named else 'WebIdentity'}",
        "Condition": condition,
    }
    policy = Policy({"Version": "2012-10-17", "Statement": [statement]}, Kind.TRUST)
    return {f.rule for f in lint(policy) if f.severity in ("error", "security-warning")}


def subject(provider, text, operator="StringLike"):
    return {operator: {f"{provider}:sub": text}}


@pytest.mark.parametrize(
    ("provider", "condition"),
    [
        (GITHUB, subject(GITHUB, "*")),
        (GITHUB, subject(GITHUB, "repo:*")),
        (GITHUB, subject(GITHUB, "repo:*/app:*")),
        (GITHUB, subject(GITHUB, "repo:*:ref:refs/heads/main")),
        (GITHUB, subject(GITHUB, "repo:my-org*")),
        (GITHUB, subject(GITHUB, "repo:my-org*/app:ref:refs/heads/main")),
        (GITHUB, subject(GITHUB, ["repo:my-org/app:*", "repo:*"])),
        (GITHUB, subject(GITHUB, "repo:my-org/app:*", "StringNotLike")),
        (GITHUB, {"Null": {f"{GITHUB}:sub": "false"}}),
        (GITHUB, {"StringEquals": AUDIENCE}),
        (GITHUB, {"StringEquals": AUDIENCE, **subject(GITHUB, "repo:*")}),
        (GITHUB, {}),
        (GITLAB, subject(GITLAB, "project_path:*/app:*")),
        (GITLAB, subject(GITLAB, "project_path:*")),
        (GITLAB, {"StringEquals": {f"{GITLAB}:aud": "https://gitlab.com"}}),
        (EKS, {"StringEquals": {f"{EKS}:aud": "sts.amazonaws.com"}}),
        (EKS, subject(EKS, "system:serviceaccount:*:*")),
        (EKS, subject(EKS, "system:serviceaccount:*:app")),
        ("id.example.com", {"Null": {"id.example.com:aud": "false"}}),
        ("id.example.com", {"StringLike": {"id.example.com:aud": "*"}}),
        ("id.example.com", {}),
    ],
)
def test_a_role_that_anybody_with_a_token_can_assume_is_found(provider, condition):
    assert found(provider, condition)


@pytest.mark.parametrize(
    ("provider", "condition"),
    [
        (GITHUB, subject(GITHUB, "repo:my-org/app:ref:refs/heads/main", "StringEquals")),
        (GITHUB, {"StringEquals": {**AUDIENCE, f"{GITHUB}:sub": "repo:my-org/app:environment:prod"}}),
        (GITHUB, subject(GITHUB, "repo:my-org/*")),
        (GITHUB, subject(GITHUB, "repo:my-org/app:*")),
        (GITLAB, subject(GITLAB, "project_path:my-group/app:ref_type:branch:ref:*")),
        (EKS, subject(EKS, "system:serviceaccount:prod:*")),
        (EKS, subject(EKS, "system:serviceaccount:prod:app", "StringEquals")),
        ("id.example.com", {"StringEquals": {"id.example.com:aud": "app"}}),
        ("id.example.com", {"StringEquals": {"id.example.com:sub": "alice"}}),
    ],
)
def test_a_role_for_ones_own_is_quiet(provider, condition):
    assert not found(provider, condition)


def test_one_fact_gives_one_finding():
    assert found(GITHUB, subject(GITHUB, "repo:*")) == {"federated-access"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, {"saml-without-audience"}),
        ({"StringLike": {"SAML:aud": "*"}}, {"saml-without-audience"}),
        ({"StringEqualsIfExists": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}, {"saml-without-audience"}),
        ({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}, set()),
        ({"StringEquals": {"SAML:iss": "https://idp.example.com"}}, set()),
    ],
)
def test_an_assertion_of_saml_must_be_made_out_to_aws(condition, expected):
    assert found("", condition, "arn:aws:iam::123456789012:saml-provider/corp") == expected


OPEN_TO_GITHUB = {
    "Effect": "Allow",
    "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{GITHUB}"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringEquals": AUDIENCE, **subject(GITHUB, "repo:*")},
}
NOT_MINE = {"StringNotLike": {f"{GITHUB}:sub": "repo:my-org/*"}}


def denied(condition, **more):
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}
    policy = Policy({"Version": "2012-10-17", "Statement": [OPEN_TO_GITHUB, {**deny, **more}]}, Kind.TRUST)
    return "federated-access" in {finding.rule for finding in lint(policy)}


@pytest.mark.parametrize(
    ("condition", "more"),
    [
        (NOT_MINE, {}),
        (NOT_MINE, {"Action": "sts:*"}),
        (NOT_MINE, {"Action": ["sts:AssumeRole", "sts:AssumeRoleWith*"]}),
        (NOT_MINE, {"Principal": {"AWS": "*"}}),
        (NOT_MINE, {"Principal": OPEN_TO_GITHUB["Principal"]}),
        ({"StringNotEquals": {f"{GITHUB}:repository_owner": "my-org"}}, {}),
        ({"StringNotLikeIfExists": {f"{GITHUB}:sub": ["repo:my-org/*", "repo:my-other-org/*"]}}, {}),
        ({"StringLike": {f"{GITHUB}:sub": "repo:*"}, **NOT_MINE}, {}),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {}),
        ({}, {}),
    ],
)
def test_a_deny_that_takes_back_what_strangers_get_closes_the_role(condition, more):
    assert not denied(condition, **more)


@pytest.mark.parametrize(
    ("condition", "more"),
    [
        ({"StringLike": {f"{GITHUB}:sub": "repo:evil/*"}}, {}),
        ({"StringNotEquals": AUDIENCE}, {}),
        ({**NOT_MINE, "StringEquals": {f"{GITHUB}:ref": "refs/heads/main"}}, {}),
        ({**NOT_MINE, "Bool": {"aws:SecureTransport": "false"}}, {}),
        ({"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1", "::/0"]}}, {}),
        (NOT_MINE, {"Action": "sts:TagSession"}),
        (NOT_MINE, {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}),
        (NOT_MINE, {"Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{GITLAB}"}}),
        (subject(GITHUB, "repo:my-org/*", "StringLike"), {}),
    ],
)
def test_a_deny_that_strangers_can_get_around_does_not_close_the_role(condition, more):
    assert denied(condition, **more)


def test_a_condition_on_the_address_holds_strangers_off():
    office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    everywhere = {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}
    assert "federated-access" not in found(GITHUB, {**subject(GITHUB, "repo:*"), **office})
    assert "federated-access" in found(GITHUB, {**subject(GITHUB, "repo:*"), **everywhere})


def test_a_policy_with_more_denies_than_can_be_tried_is_taken_for_open():
    many = {"StringLike": {f"{GITHUB}:claim{number}": "a*" for number in range(30)}}
    assert denied(many)
