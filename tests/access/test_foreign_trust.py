"""Whom outside the account the trust policy of a role lets in."""

import pytest

from policygen.access.foreign_trust import outsiders
from policygen.policy.model import Kind, Policy

GITHUB = {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}
SUB = "token.actions.githubusercontent.com:sub"
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def names(principal, action="sts:AssumeRole", **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return [one.name for one in outsiders(Policy({"Statement": statement}, Kind.TRUST), "123456789012")]


@pytest.mark.parametrize(
    ("principal", "more", "wanted"),
    [
        ({"AWS": "arn:aws:iam::999999999999:root"}, {}, ["account `999999999999`"]),
        ({"AWS": "999999999999"}, {}, ["account `999999999999`"]),
        ({"AWS": "arn:aws:iam::999999999999:role/ci"}, {}, ["`arn:aws:iam::999999999999:role/ci`"]),
        ({"AWS": "arn:aws:iam::123456789012:root"}, {}, []),
        ("*", {}, ["anyone"]),
        ({"AWS": "*"}, {"Condition": ORGANIZATION}, ["any account of organization `o-a1b2c3d4e5`"]),
        ({"AWS": "*"}, {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}, ["anyone"]),
        ({"AWS": "*"}, {"Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}}, ["anyone"]),
        ({"AWS": "*"}, {"Condition": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}}, []),
        ({"Service": "ec2.amazonaws.com"}, {}, []),
    ],
)  # fmt: skip
def test_accounts_and_everybody(principal, more, wanted):
    assert names(principal, **more) == wanted


@pytest.mark.parametrize(
    ("principal", "condition", "wanted"),
    [
        (GITHUB, {"StringLike": {SUB: "repo:my-org/app:*"}}, ["`repo:my-org/app:*` on GitHub"]),
        (GITHUB, {}, ["any repository on GitHub"]),
        ({"Federated": "accounts.google.com"}, {}, ["anyone with a token from `accounts.google.com`"]),
        ({"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"}, {}, []),
    ],
)
def test_identity_providers(principal, condition, wanted):
    assert names(principal, "sts:AssumeRoleWithWebIdentity", Condition=condition) == wanted


def test_people_of_the_companys_saml_provider_are_not_outsiders():
    assert names({"Federated": "arn:aws:iam::123456789012:saml-provider/Okta"}, "sts:AssumeRoleWithSAML") == []


def test_everybody_but_some_is_everybody():
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    assert [one.name for one in outsiders(Policy({"Statement": statement}, Kind.TRUST), "1")] == ["anyone"]
