"""What `lint` calls a risk in the account's own policies and trust policies, told with those who have it."""

from collections.abc import Iterator, Sequence
from functools import cache

from policygen.access.actors import trusted
from policygen.access.stack import HeldPolicy
from policygen.audit.policy_verdicts import wider
from policygen.audit.result import Verdict, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.finding import Entity, Finding, Severity
from policygen.lint.linter import lint
from policygen.lint.rule import Rule
from policygen.lint.rules import registry as linter_rules
from policygen.policy.model import Kind, Policy

_RISKS = (
    *("permissions-management-on-every-resource", "exposes-every-resource", "returns-credentials-of-everything"),
    *("mfa-deny-misses-access-keys", "mfa-allow-passes-access-keys", "mfa-deny-exempts-credentials"),
    *("origin-deny-passes-missing-key", "own-user-matches-others", "username-variable-under-old-version"),
    *("login-profile-on-self", "deactivate-mfa-device-without-mfa", "delete-virtual-mfa-device-without-mfa"),
)
"""The rules about policies that are risks of their own; escalation and full access have rules about accounts."""
_TRUST_RISKS = (
    *("saml-without-audience", "foranyvalue-with-audience-claim-type", "unknown-service-principal"),
    *("invalid-user-reference", "invalid-role-reference"),
)


@rule("policy-with-risk", Severity.SECURITY_WARNING, rulesets=("strategy",), marks="inline")
def policy_with_risk(subject: Subject) -> Iterator[Verdict]:
    """A policy of your own has a risk that `policygen lint` reports.

    Why it matters: the policies in an account are often not the files that `lint` checks: they were changed by hand, or
    belong to somebody else. Among the risks are reading every secret, opening every bucket to the public, removing MFA
    without MFA, and Denies for people without MFA that access keys avoid. AWS's own policies are left out, since you
    cannot change them.

    Instead: change the policy as `policygen explain` says about the rule of `lint` in the message.

    Fires on: {"Policies": [{"PolicyName": "Secrets", "Document":
        {"Statement": {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}}}]}
    Fires on: {"GroupDetailList": [{"GroupName": "Ops", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:DeactivateMFADevice",
        "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}}}]}]}
    Quiet on: {"Policies": [{"PolicyName": "Secrets", "Document": {"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
        "Resource": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"}}}]}
    """
    for item, policy in subject.customer_policies():
        holders = tuple(map(entity, subject.attached.get(item.arn, ())))
        if policy is None:
            yield unknown(entity(item), "the policy is too complex to check")
        else:
            yield _verdict(entity(item), "", policy, _RISKS, holders)
    for holder in subject.holders:
        inline = [held for held in subject.stacks.own(holder) if not held.arn]
        members = tuple(map(entity, subject.account.members(holder.name))) if entity(holder).type == "group" else ()
        yield _of_inline(entity(holder), inline, members)


@rule("trust-policy-with-risk", Severity.SECURITY_WARNING, rulesets=("strategy",), marks="trust")
def trust_policy_with_risk(subject: Subject) -> Iterator[Verdict]:
    """The trust policy of a role has a risk that `policygen lint` reports.

    Why it matters: a trust policy that names a deleted user or role shows its unique id, and nobody can tell whom the
    role was meant for; a SAML trust without an audience accepts answers that were meant for another service; a service
    principal that does not exist is a mistake that somebody may notice too late.

    Instead: change the trust policy as `policygen explain` says about the rule of `lint` in the message.

    Fires on: {"RoleDetailList": [{"RoleName": "old", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Principal": {"AWS": "AIDAEXAMPLEEXAMPLE123"}, "Action": "sts:AssumeRole"}}}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "app"}]}
    """
    for role in subject.account.roles:
        yield _verdict(entity(role), "its trust policy ", subject.actors.trust[role.arn], _TRUST_RISKS, ())


def _of_inline(about: Entity, inline: Sequence[HeldPolicy], members: tuple[Entity, ...]) -> Verdict:
    found = [(held.name, one) for held in inline if held.policy for one in _risks(held.policy, _RISKS)]
    complex_ = next((held.name for held in inline if held.policy is None), None)
    if found:
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(name for name, _ in found))
        evidence = dict.fromkeys(f"`{name}`: {_told(one)}" for name, one in found)
        return fail(about, f"inline policy {names}: {_rules([one for _, one in found])}", *evidence, holders=members)
    if complex_:
        return unknown(about, f"the inline policy `{complex_}` is too complex to check")
    return passed(about, wider(*(held.policy for held in inline if held.policy)))


def _verdict(
    about: Entity, subject: str, policy: Policy, risks: tuple[str, ...], holders: tuple[Entity, ...]
) -> Verdict:
    found = _risks(policy, risks)
    if not found:
        everyone = policy.kind is Kind.TRUST and "*" in trusted(policy, "AWS")
        return passed(about, "trusts everyone, which is worse" if everyone else wider(policy))
    return fail(about, f"{subject}has risks: {_rules(found)}", *dict.fromkeys(map(_told, found)), holders=holders)


def _risks(policy: Policy, risks: tuple[str, ...]) -> list[Finding]:
    return list(lint(policy, _chosen(risks)))


@cache
def _chosen(risks: tuple[str, ...]) -> list[Rule]:
    return [linter_rules()[name] for name in risks]


def _rules(found: Sequence[Finding]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(one.rule for one in found))


def _told(finding: Finding) -> str:
    return f"`{finding.rule}` at {finding.sid or finding.pointer or 'the policy'}: {finding.message}"
