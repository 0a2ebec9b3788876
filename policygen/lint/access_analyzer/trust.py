"""Role trust policies, and the identity providers that they trust.

Source: IAM User Guide, "Create a role for a third-party identity provider", "OIDC federation" (2026-10).
"""

import re
from collections.abc import Iterator

from policygen.lint.access_analyzer import error, security_warning, suggestion, warning
from policygen.lint.access_analyzer.operators import each_condition
from policygen.lint.rule import Objections
from policygen.policy.arn import parse
from policygen.policy.model import Condition, Kind, Policy, Statement
from policygen.policy.pattern import is_wild, matches
from policygen.policy.principals import NamedPrincipal, principals
from policygen.reference.refusals import refusal

_TRUST = (Kind.TRUST,)
GITHUB = "token.actions.githubusercontent.com"
_DOMAIN = re.compile(r"(?=.{4,})[a-z0-9-]+(\.[a-z0-9-]+)+(/.*)?")
# GitHub, and the providers that IAM supports without a provider of your own: they send a single audience
_ONE_AUDIENCE = (
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
    GITHUB,
)
_ROLES_ANYWHERE = ("sts:assumerole", "sts:setsourceidentity", "sts:tagsession")


@error("role-trust-policy-syntax-error-notprincipal", kinds=_TRUST)
def role_trust_policy_syntax_error_notprincipal(policy: Policy) -> Objections:
    """A trust policy has `NotPrincipal`.

    Why it matters: IAM rejects it.
    Instead: use `Principal`.

    Fires on (trust): {"Effect": "Deny", "NotPrincipal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    Quiet on (trust): {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    """
    for statement in policy.statements:
        if "NotPrincipal" in statement.body:
            message = "a trust policy cannot have `NotPrincipal`; list who is trusted in `Principal`"
            yield f"{statement.pointer}/NotPrincipal", message


@error("role-trust-policy-unsupported-wildcard-in-principal", kinds=_TRUST)
def role_trust_policy_unsupported_wildcard_in_principal(policy: Policy) -> Objections:
    """A trust policy trusts everyone.

    Why it matters: anyone in any AWS account could assume the role, unless the conditions prevent it.
    Instead: name accounts, roles or services.

    Fires on (trust): {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    Quiet on (trust): {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    """
    for statement in policy.statements:
        if statement.body.get("Principal") == "*":
            message = "a trust policy cannot trust everyone; name who may assume the role"
            yield f"{statement.pointer}/Principal", message


@error("role-trust-policy-syntax-error-resource", kinds=_TRUST)
def role_trust_policy_syntax_error_resource(policy: Policy) -> Objections:
    """A trust policy names a resource.

    Why it matters: IAM rejects it; the resource is the role that it is attached to.
    Instead: remove the element.

    Fires on: {…, "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole", "Resource": "*"}
    Quiet on (trust): {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    """
    for statement in policy.statements:
        for name in ("Resource", "NotResource"):
            if name in statement.body:
                says = refusal("role-trust-policy-syntax-error-resource")
                yield f"{statement.pointer}/{name}", f"a trust policy applies to its own role; {says}"


@error("invalid-federated-principal-syntax-in-role-trust-policy", kinds=_TRUST)
def invalid_federated_principal_syntax_in_role_trust_policy(policy: Policy) -> Objections:
    """A federated principal is neither a domain nor the ARN of an identity provider.

    Why it matters: IAM rejects the policy.
    Instead: write `cognito-identity.amazonaws.com`, or `arn:aws:iam::123456789012:saml-provider/name`.

    Fires on (trust): {"Effect": "Allow", "Principal": {"Federated": "corp"}, "Action": "sts:AssumeRoleWithSAML"}
    Quiet on: {…, "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/corp"},
               "Action": "sts:AssumeRoleWithSAML"}
    """
    for _, entry in _federated(policy):
        if not _provider_kind(entry.value):
            yield entry.pointer, f"`{entry.value}` is neither a domain nor the ARN of an identity provider"


@error("mismatched-action-for-principal", kinds=_TRUST)
def mismatched_action_for_principal(policy: Policy) -> Objections:
    """A principal is allowed to assume the role with an action that it cannot use.

    Why it matters: nobody can assume the role.
    Instead: use `sts:AssumeRoleWithSAML` for SAML providers, `sts:AssumeRoleWithWebIdentity` for OIDC providers,
    `sts:AssumeRole` for accounts, roles and services.

    Fires on: {…, "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/corp"},
               "Action": "sts:AssumeRoleWithWebIdentity"}
    Fires on: {…, "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRoleWithSAML"}
    Quiet on: {…, "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/corp"},
               "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]}
    """
    for statement in policy.statements:
        wanted = {_assume_action(entry) for entry in principals(statement)} - {""}
        for value, pointer in statement.actions:
            action = value.lower()
            if wanted and action.startswith("sts:assumerole") and not is_wild(action) and action not in wanted:
                yield (
                    pointer,
                    f"the principal cannot use `{value}`; it needs {' or '.join(f'`{w}`' for w in sorted(wanted))}",
                )


def _assume_action(entry: NamedPrincipal) -> str:
    if entry.key == "Federated":
        return {"saml": "sts:assumerolewithsaml", "oidc": "sts:assumerolewithwebidentity"}.get(
            _provider_kind(entry.value), ""
        )
    return "sts:assumerole" if entry.key in {"AWS", "Service"} and entry.value != "*" else ""


@error("missing-action-for-roles-anywhere-trust-policy", kinds=_TRUST)
def missing_action_for_roles_anywhere_trust_policy(policy: Policy) -> Objections:
    """IAM Roles Anywhere is trusted without all the actions that it needs.

    Why it matters: it cannot issue credentials for the role.
    Instead: allow `sts:AssumeRole`, `sts:SetSourceIdentity` and `sts:TagSession`.

    Fires on: {…, "Principal": {"Service": "rolesanywhere.amazonaws.com"}, "Action": "sts:AssumeRole"}
    Quiet on: {…, "Principal": {"Service": "rolesanywhere.amazonaws.com"}, "Action": ["sts:AssumeRole",
               "sts:SetSourceIdentity", "sts:TagSession"]}
    """
    for statement in policy.statements:
        if statement.allows and any(entry.value == "rolesanywhere.amazonaws.com" for entry in principals(statement)):
            given = [action.value.lower() for action in statement.actions]
            missing = [action for action in _ROLES_ANYWHERE if not any(matches(one, action) for one in given)]
            if missing:
                yield f"{statement.pointer}/Action", f"IAM Roles Anywhere also needs {', '.join(missing)}; add them"


@suggestion("redundant-principal-in-role-trust-policy", kinds=_TRUST)
def redundant_principal_in_role_trust_policy(policy: Policy) -> Objections:
    """A session of a role is trusted in addition to the role itself.

    Why it matters: the role includes its sessions; removing the session later will change nothing.
    Instead: remove one of the two.

    Fires on: {…, "Principal": {"AWS": ["arn:aws:iam::123456789012:role/app",
               "arn:aws:sts::123456789012:assumed-role/app/alice"]}, "Action": "sts:AssumeRole"}
    Quiet on: {…, "Principal": {"AWS": ["arn:aws:iam::123456789012:role/app",
               "arn:aws:sts::123456789012:assumed-role/other/alice"]}, "Action": "sts:AssumeRole"}
    """
    for statement in policy.statements:
        arns = [(parse(entry.value), entry) for entry in principals(statement)]
        roles = {
            (arn.account, arn.resource.rpartition("/")[2])
            for arn, _ in arns
            if arn and arn.resource.startswith("role/")
        }
        for arn, entry in arns:
            parts = arn.resource.split("/") if arn else []
            if arn and parts[0] == "assumed-role" and len(parts) > 1 and (arn.account, parts[1]) in roles:
                yield entry.pointer, f"the role `{parts[1]}` is trusted with all its sessions; remove this one"


@security_warning("missing-condition-key-for-oidc-principal", kinds=_TRUST)
def missing_condition_key_for_oidc_principal(policy: Policy) -> Objections:
    """An OIDC provider is trusted without a condition on which of its users may assume the role.

    Why it matters: anyone with an account at the provider can assume the role.
    Instead: compare keys of the provider, such as `accounts.google.com:sub`.

    Fires on: {…, "Principal": {"Federated": "accounts.google.com"}}
    Quiet on: {…, "Principal": {"Federated": "accounts.google.com"},
               "Condition": {"StringEquals": {"accounts.google.com:sub": "1"}}}
    """
    for statement, entry in _federated(policy):
        provider = oidc_provider(entry.value)
        if statement.allows and provider and not any(_keys_of(statement, provider)):
            yield entry.pointer, f"every user of `{provider}` can assume the role; compare `{provider}:sub`"


@security_warning("missing-github-repo-condition-key", kinds=_TRUST)
def missing_github_repo_condition_key(policy: Policy) -> Objections:
    """GitHub Actions is trusted without a condition on the repository.

    Why it matters: a workflow in anyone's repository can assume the role.
    Instead: compare `token.actions.githubusercontent.com:sub` with `repo:my-org/my-repository:…`.

    Fires on: {…, "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}}
    Quiet on (trust): {"Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals":
               {"token.actions.githubusercontent.com:sub": "repo:my-org/app:ref:refs/heads/main"}}}
    """
    for statement, entry in _federated(policy):
        named = any(condition.key.lower() == f"{GITHUB}:sub" for condition in statement.conditions)
        if statement.allows and not named and oidc_provider(entry.value) == GITHUB:
            yield entry.pointer, f"any repository on GitHub can assume the role; compare `{GITHUB}:sub`"


@warning("specific-github-repo-and-branch-recommended", kinds=_TRUST)
def specific_github_repo_and_branch_recommended(policy: Policy) -> Objections:
    """GitHub Actions is trusted for several repositories, or for every branch of one.

    Why it matters: anyone who can push a branch, or create a repository with a matching name, can assume the role.
    Instead: compare `…:sub` with `repo:my-org/my-repository:ref:refs/heads/main`, or the branch in
    `token.actions.githubusercontent.com:ref`.

    Fires on: {…, "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:my-org/*"}}}
    Quiet on (trust): {"Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals":
               {"token.actions.githubusercontent.com:sub": "repo:my-org/app:ref:refs/heads/main"}}}
    """
    for statement in policy.statements:
        by_branch = any(c.key.lower() == f"{GITHUB}:ref" for c in statement.conditions)
        for condition in statement.conditions if statement.allows else ():
            if condition.key.lower() == f"{GITHUB}:sub":
                for value, pointer in condition.values:
                    repository, _, rest = str(value).removeprefix("repo:").partition(":")
                    if is_wild(repository) or (not by_branch and (is_wild(rest) or not rest)):
                        message = f"`{value}` matches more than one branch; name the repository and its branch"
                        yield pointer, message


@security_warning("foranyvalue-with-audience-claim-type", kinds=_TRUST)
def foranyvalue_with_audience_claim_type(policy: Policy) -> Objections:
    """`ForAnyValue` is used on an audience that is a single value.

    Why it matters: set prefixes are meant for multivalued keys.
    Instead: remove the prefix.

    Fires on: {…, "Principal": {"Federated": "accounts.google.com"},
               "Condition": {"ForAnyValue:StringEquals": {"accounts.google.com:aud": "app"}}}
    Quiet on: {…, "Principal": {"Federated": "accounts.google.com"},
               "Condition": {"StringEquals": {"accounts.google.com:aud": "app"}}}
    """
    for condition, known in _audiences(policy):
        if known and condition.qualifier.lower() == "foranyvalue":
            yield condition.pointer, f"`{condition.key}` is single-valued; remove `ForAnyValue:`"


@suggestion("confirm-audience-claim-type", kinds=_TRUST)
def confirm_audience_claim_type(policy: Policy) -> Objections:
    """A set prefix is used on an audience, which may be a single value.

    Why it matters: `ForAllValues` on a single-valued key is also true when the key is missing.
    Instead: ask the identity provider; remove the prefix if it sends a single audience.

    Fires on: {…, "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/id.example.com"},
               "Condition": {"ForAllValues:StringEquals": {"id.example.com:aud": "app"}}}
    Quiet on: {…, "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/id.example.com"},
               "Condition": {"StringEquals": {"id.example.com:aud": "app"}}}
    """
    for condition, known in _audiences(policy):
        if condition.qualifier and not (known and condition.qualifier.lower() == "foranyvalue"):
            message = f"remove `{condition.qualifier}:` unless the provider sends several values of `{condition.key}`"
            yield condition.pointer, message


def _audiences(policy: Policy) -> Iterator[tuple[Condition, bool]]:
    """The conditions on the audience of a provider, and whether the audience is known to be a single value."""
    for condition in each_condition(policy):
        provider, _, claim = condition.key.lower().rpartition(":")
        if claim == "aud" and "." in provider:
            yield condition, provider in _ONE_AUDIENCE


def _federated(policy: Policy) -> Iterator[tuple[Statement, NamedPrincipal]]:
    for statement in policy.statements:
        for entry in principals(statement):
            if entry.key == "Federated":
                yield statement, entry


def _provider_kind(value: str) -> str:
    """`saml`, `oidc`, or "" for anything else."""
    arn = parse(value)
    if not arn:
        return "oidc" if _DOMAIN.fullmatch(value) else ""
    if arn.service != "iam":
        return ""
    return {"saml-provider": "saml", "oidc-provider": "oidc"}.get(arn.resource.partition("/")[0], "")


def oidc_provider(value: str) -> str:
    """The host and path of an OIDC provider; "" for anything else."""
    if _provider_kind(value) != "oidc":
        return ""
    arn = parse(value)
    return arn.resource.partition("/")[2] if arn else value


def _keys_of(statement: Statement, provider: str) -> Iterator[Condition]:
    return (condition for condition in statement.conditions if condition.key.lower().startswith(f"{provider.lower()}:"))
