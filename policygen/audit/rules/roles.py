"""Roles: whom they trust, when they were last used, and their inline policies."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from policygen.access.limiting import presence
from policygen.access.mfa import Without, without_mfa
from policygen.access.plain_english import describe
from policygen.account.model import Role
from policygen.audit.commands import aws_iam, take_all_policies
from policygen.audit.policy_verdicts import inline_policies
from policygen.audit.result import Verdict, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import LATER, Subject
from policygen.finding import Severity
from policygen.lint.linter import lint
from policygen.lint.rules import registry as linter_rules
from policygen.policy.arn import parse
from policygen.policy.model import Condition, Kind, Policy, Statement
from policygen.policy.principals import named
from policygen.reference.operators import find_operator

_DAY = timedelta(days=1)
_AWS_OWNED = ("/aws-service-role/", "/aws-reserved/")
"""The paths of roles that only AWS's services can change."""


@rule("role-trusted-by-anyone", Severity.ERROR, rulesets=("strategy", "scout2"), marks="trust")
def role_trusted_by_anyone(subject: Subject) -> Iterator[Verdict]:
    """Anyone on the internet can assume a role.

    Why it matters: any AWS account in the world can assume the role and use its permissions. A condition helps only if
    it demands an account, an organization, an ARN or a network, and not with `…IfExists`. Everyone with an account at
    an identity provider such as GitHub can get a token from it, so the token's `sub` has to be compared with a value of
    your own.

    Instead: name the account or role that can assume it. For a third party add `sts:ExternalId`; for an identity
    provider add a condition on `sub`, such as `repo:my-org/app:ref:refs/heads/main`.

    Fires on: {"RoleDetailList": [{"RoleName": "app", "AssumeRolePolicyDocument":
        {"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}}]}
    Fires on: {"RoleDetailList": [{"RoleName": "app", "AssumeRolePolicyDocument":
        {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
        "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}}}]}
    Fires on: {"RoleDetailList": [{"RoleName": "ci", "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}}}}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "ci", "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
            "StringLike": {"token.actions.githubusercontent.com:sub": "repo:my-org/app:*"}}}}}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "app", "AssumeRolePolicyDocument":
        {"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}}}]}
    """
    for role in subject.account.roles:
        statements = Policy(dict(role.trust), Kind.TRUST).statements
        try:
            found = [statement for statement in statements if _internet_accessible(statement)]
            vouched = _vouched_for(role)
        except (AttributeError, TypeError, ValueError):  # policyuniverse, on types that IAM would not accept
            yield unknown(entity(role), "its trust policy has a form that cannot be analysed")
            continue
        if found:
            evidence = (*map(describe_trust, found), *vouched)
            yield fail(entity(role), "anyone can assume it", *evidence, fix=(_new_trust(role),))
        elif vouched:
            message = "anyone with a token from its identity provider can assume it"
            yield fail(entity(role), message, *vouched, fix=(_new_trust(role),))
        else:
            yield passed(entity(role))


@rule("role-trusted-without-external-id-or-mfa", Severity.SECURITY_WARNING, rulesets=("scout2",), marks="trust")
def role_trusted_without_external_id_or_mfa(subject: Subject) -> Iterator[Verdict]:
    """Another account can assume a role without an external id and without MFA.

    Why it matters: a third party that works for many customers can be tricked into using your role for another of them
    (the confused deputy problem), and a person's stolen access key is enough to assume the role.

    Instead: require `sts:ExternalId` from third parties, MFA from people, or `aws:PrincipalOrgID` of your organization.

    Fires on: {"RoleDetailList": [{"RoleName": "partner", "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole"}}}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "partner", "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow",
        "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "d41d8cd98f"}}}}}]}
    """
    demands = ("sts:externalid", "aws:principalorgid", "aws:principalorgpaths", *_MFA)
    yield from _trust(
        subject,
        lambda account: account not in ("*", subject.account.id),
        demands,
        "account {} can assume it without an external id and without MFA",
    )


@rule("role-trusted-without-mfa", Severity.WARNING, default=False, marks="trust")
def role_trusted_without_mfa(subject: Subject) -> Iterator[Verdict]:
    """Users of this account can assume a role without MFA.

    Why it matters: a role usually has more permissions than the user, and a stolen access key is enough to assume it.
    Off by default, since machines cannot use MFA to assume a role.

    Instead: add `"Bool": {"aws:MultiFactorAuthPresent": "true"}` to the trust policy of roles for people.

    Fires on: {"RoleDetailList": [{"RoleName": "admin", "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}}}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "admin", "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}}}]}
    """
    yield from _trust(
        subject, lambda account: account == subject.account.id, _MFA, "account {} can assume it without MFA"
    )


@rule("role-not-used", Severity.WARNING, rulesets=("scout2",), marks="last used")
def role_not_used(subject: Subject, *, days: int = 90) -> Iterator[Verdict]:
    """A role has not been used for a long time.

    Why it matters: its permissions and its trust policy are an open door that nobody watches. IAM tracks the last use
    for 400 days. Roles that only AWS's services can change are not checked.

    Instead: delete it. `days` is how long a role may be unused, and how old a role that was never used may be.

    Fires on: {"RoleDetailList": [{"RoleName": "old", "RoleLastUsed": {"LastUsedDate": "2026-01-01T00:00:00Z"}}]}
    Fires on: {"RoleDetailList": [{"RoleName": "never"}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "new", "CreateDate": "2026-10-20T00:00:00Z"}]}
    Unknown on: {"RoleDetailList": [{"RoleName": "odd", "CreateDate": null}]}
    Unknown on: {"RoleDetailList": [{"RoleName": "listed", "RoleLastUsed": null}]}
    """
    for role in subject.account.roles:
        if role.path.startswith(_AWS_OWNED):
            continue
        since = role.last_used or role.created
        # AWS creates a credential report at most every four hours, so the role may have been used after it
        ago = subject.days(min(since, subject.now) if since < subject.now + _DAY else since) if since else None
        if since is None or not role.use_read:
            yield unknown(entity(role), "the snapshot does not say when it was created or last used")
        elif ago is None:
            yield unknown(entity(role), LATER)
        elif ago > days:
            verb = "was last used" if role.last_used else "was never used and was created"
            yield fail(entity(role), f"{verb} {ago} days ago, on {since:%Y-%m-%d}", fix=_delete(role))
        else:
            yield passed(entity(role))


@rule("role-with-inline-policy", Severity.SUGGESTION, rulesets=("scout2",), marks="inline")
def role_with_inline_policy(subject: Subject) -> Iterator[Verdict]:
    """A role has an inline policy.

    Why it matters: an inline policy has no versions to go back to and does not appear in any list of policies. It may
    be right for the role of a single machine; in roles for people it hides what they can do.

    Instead: turn it into a managed policy and attach that.

    Fires on: {"RoleDetailList": [{"RoleName": "app", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {}}]}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "app"}]}
    """
    for role in subject.account.roles:
        owned = role.path.startswith(_AWS_OWNED)
        yield passed(entity(role)) if owned else inline_policies(role, subject.account)


_PROVIDERS = ("federated-access", "missing-github-repo-condition-key", "missing-condition-key-for-oidc-principal")
"""The linter's rules about identity providers that give tokens to people outside of the organization."""
_MFA = ("aws:multifactorauthpresent", "aws:multifactorauthage")


def _trust(subject: Subject, concerned: Any, demands: tuple[str, ...], message: str) -> Iterator[Verdict]:
    """A failure for each role that a concerned account can assume without a condition on one of the keys."""
    for role in subject.account.roles:
        evidence, accounts = [], []
        statements = Policy(dict(role.trust), Kind.TRUST).statements
        for statement in statements:
            found = [account for account in trusted_accounts(statement) if concerned(account)]
            if statement.allows and found and not any(_demands(c, demands) for c in statement.conditions):
                evidence.append(describe_trust(statement))
                accounts += found
        if evidence:
            listed = ", ".join(f"`{account}`" for account in dict.fromkeys(accounts))
            yield fail(entity(role), message.format(listed), *evidence, fix=(_new_trust(role),))
        else:
            open_ = any(s.allows and "*" in trusted_accounts(s) for s in statements)
            yield passed(entity(role), "its trust policy trusts everyone, which is worse" if open_ else "")


def trusted_accounts(statement: Statement) -> list[str]:
    """The account ids of the AWS principals of a statement; `*` is kept as it is."""
    arns = ((entry, parse(entry)) for entry in named(statement, "AWS"))
    return [arn.account if arn else entry for entry, arn in arns]


def describe_trust(statement: Statement) -> str:
    """A statement of a trust policy in words, with its principal."""
    import json

    principal = json.dumps(statement.body.get("Principal", statement.body.get("NotPrincipal")))
    return f"statement {statement.sid or statement.pointer}, for {principal}: {describe(statement)}"


def _demands(condition: Condition, keys: tuple[str, ...]) -> bool:
    """Whether a condition really demands one of the keys: not if any external id, or no MFA, is enough."""
    key, operator = condition.key.lower(), find_operator(condition.operator)
    if key not in keys or operator is None:
        return False
    if key in _MFA:
        return without_mfa(condition) is Without.FAILS
    passes_without = condition.if_exists or condition.qualifier.lower() == "forallvalues"
    return operator.family != "Null" and not (operator.negated or passes_without) and presence(condition) is None


def _vouched_for(role: Role) -> tuple[str, ...]:
    """The linter's messages about identity providers whose tokens are all trusted."""
    known = linter_rules()
    found = lint(Policy(dict(role.trust), Kind.TRUST), [known[name] for name in _PROVIDERS])
    return tuple(dict.fromkeys(finding.message for finding in found))


def _internet_accessible(statement: Statement) -> bool:
    """Whether policyuniverse calls it internet accessible without the conditions that a missing key passes."""
    from policyuniverse.statement import Statement as Analysed

    if not statement.allows or ("Principal" not in statement.body and "NotPrincipal" not in statement.body):
        return False
    kept: dict[str, dict[str, Any]] = {}
    for condition in statement.conditions:
        if not condition.if_exists and condition.qualifier.lower() != "forallvalues":
            values = [element.value for element in condition.values]
            kept.setdefault(condition.text, {})[condition.key] = values
    return bool(Analysed({**statement.body, "Condition": kept}).is_internet_accessible())


def _new_trust(role: Role) -> str:
    return aws_iam("update-assume-role-policy", role_name=role.name, policy_document="file://trust.json")


def _delete(role: Role) -> tuple[str, ...]:
    name = role.name
    return (
        aws_iam("get-role", role_name=name, query="Role.RoleLastUsed"),  # it may have been used since the snapshot
        *take_all_policies(role),
        *(
            aws_iam("remove-role-from-instance-profile", instance_profile_name=profile, role_name=name)
            for profile in role.instance_profiles
        ),
        aws_iam("delete-role", role_name=name),
    )
