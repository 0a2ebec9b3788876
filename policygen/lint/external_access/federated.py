"""Roles that trust an identity provider: which of its users can assume them."""

from policygen.finding import Severity
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Kind, Policy
from policygen.policy.principals import principals


@rule("federated-access", Severity.ERROR, group="access", kinds=(Kind.TRUST,), decisive=True)
def federated_access(policy: Policy) -> Objections:
    """The conditions on an identity provider's claims let other users of the provider assume the role.

    Why it matters: on GitHub, GitLab.com and the like anyone can get a token. `repo:*` matches every repository on
    GitHub, and `repo:my-org*/…` those of anyone who names an organization `my-org-2`; a condition on a key that may be
    absent, or that the caller chooses, keeps nobody out. Policies without any condition on the provider's keys are
    reported by other rules. A `Deny` in the same policy is taken into account.

    Instead: compare `sub` with your own organization and repository: `repo:my-org/app:ref:refs/heads/main`.

    Fires on: {…, "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}}}
    Fires on: {…, "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:my-org*/app:*"}}}
    Fires on: {…, "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/id.example.com"},
               "Condition": {"Null": {"id.example.com:sub": "false"}}}
    Quiet on: {…, "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
               "StringLike": {"token.actions.githubusercontent.com:sub": "repo:my-org/app:*"}}}
    Quiet on (trust): {"Statement": [
        {"Effect": "Allow",
         "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
         "Action": "sts:AssumeRoleWithWebIdentity",
         "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}}},
        {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity",
         "Condition": {"StringNotLike": {"token.actions.githubusercontent.com:sub": "repo:my-org/*"}}}]}
    Quiet on: {…, "Principal": {"Federated": "cognito-identity.amazonaws.com"},
               "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1234abcd"},
               "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}}
    """
    if _names_provider(policy):
        from policygen.lint.external_access.tokens import others_tokens

        yield from others_tokens(policy)


def _names_provider(policy: Policy) -> bool:
    return any(entry.key == "Federated" for statement in policy.statements for entry in principals(statement))


@rule("saml-without-audience", Severity.SECURITY_WARNING, group="access", kinds=(Kind.TRUST,))
def saml_without_audience(policy: Policy) -> Objections:
    """A SAML provider is trusted for assertions made for any application.

    Why it matters: an assertion that the provider issued for another application can be used to assume the role.

    Instead: compare `SAML:aud` with `https://signin.aws.amazon.com/saml`, the audience of assertions for AWS.

    Fires on: {…, "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/corp"},
               "Action": "sts:AssumeRoleWithSAML"}
    Fires on: {…, "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/corp"},
               "Action": "sts:AssumeRoleWithSAML", "Condition": {"StringLike": {"SAML:aud": "*"}}}
    Quiet on: {…, "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/corp"},
               "Action": "sts:AssumeRoleWithSAML",
               "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}
    """
    if _names_provider(policy):
        from policygen.lint.external_access.tokens import unaddressed_assertions

        yield from unaddressed_assertions(policy)
