"""Policies that exceed a quota on their length."""

from policygen.lint.access_analyzer import IDENTITY, error, warning
from policygen.lint.quotas import place_of
from policygen.lint.rule import Objections
from policygen.policy.model import Kind, Policy
from policygen.reference.quotas import quotas


@warning("policy-size-exceeds-identity-policy-quota", kinds=IDENTITY)
def policy_size_exceeds_identity_policy_quota(policy: Policy) -> Objections:
    """The policy exceeds the quotas of all kinds of identity policies.

    Why it matters: it is too long even for the inline policies of a role, which have the highest quota.
    Instead: write several policies, or fewer and wider entries.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{10240}"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    if place_of(policy) is None:
        yield from _longer(policy, "role-inline")


@warning("policy-size-exceeds-resource-policy-quota", kinds=(Kind.RESOURCE,))
def policy_size_exceeds_resource_policy_quota(policy: Policy) -> Objections:
    """The policy exceeds the quota of resource policies.

    Why it matters: the service rejects it; Amazon S3 accepts 20 KB, and most services less.
    Instead: write fewer and wider statements, or grant access through identity policies.

    Fires on: {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{20480}"}
    Quiet on: {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    yield from _longer(policy, "resource")


@warning("policy-size-exceeds-role-trust-policy-quota", kinds=(Kind.TRUST,))
def policy_size_exceeds_role_trust_policy_quota(policy: Policy) -> Objections:
    """The trust policy exceeds its quota.

    Why it matters: IAM rejects it, unless the quota of the account was raised.
    Instead: trust fewer principals, or compare a tag or the organization instead of listing principals.

    Fires on: {…, "Principal": {"AWS": "arn:aws:iam::123456789012:role/x{2048}"}, "Action": "sts:AssumeRole"}
    Quiet on: {…, "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"}, "Action": "sts:AssumeRole"}
    """
    yield from _longer(policy, "trust")


@error("policy-size-exceeds-scp-quota", kinds=(Kind.SCP,))
def policy_size_exceeds_scp_quota(policy: Policy) -> Objections:
    """The service control policy exceeds its quota.

    Why it matters: AWS Organizations rejects it.
    Instead: write several policies; remove white space outside strings, which the API counts.

    Fires on: {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{10240}"}
    Quiet on: {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    yield from _longer(policy, "scp")


@error("policy-size-exceeds-rcp-quota", kinds=(Kind.RCP,))
def policy_size_exceeds_rcp_quota(policy: Policy) -> Objections:
    """The resource control policy exceeds its quota.

    Why it matters: AWS Organizations rejects it.
    Instead: write several policies; remove white space outside strings, which the API counts.

    Fires on: {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{5120}"}
    Quiet on: {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    """
    yield from _longer(policy, "rcp")


def _longer(policy: Policy, quota: str) -> Objections:
    known = quotas()[quota]
    if length := known.exceeded_by(policy):
        yield "", f"the policy has {length:,} characters, and the quota is {known.limit:,}; split it"
