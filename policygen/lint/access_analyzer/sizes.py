"""Policies longer than AWS takes them."""

from policygen.lint.access_analyzer import IDENTITY, error, warning
from policygen.lint.rule import Objections
from policygen.policy.model import Kind, Policy
from policygen.reference.quotas import quotas

# the most that services take, which is Amazon S3's 20 KB, and what IAM takes unless the quota was raised
_RESOURCE = 20_480
_TRUST = 2_048


@warning("policy-size-exceeds-identity-policy-quota", kinds=IDENTITY)
def policy_size_exceeds_identity_policy_quota(policy: Policy) -> Objections:
    """The policy is longer than any identity may have it.

    Why it matters: neither a managed policy (6,144 characters) nor the inline policies of a role (10,240) can hold it.
    Instead: write several policies, or fewer and wider entries.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{10240}"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    yield from _longer(policy, "role-inline")


@warning("policy-size-exceeds-resource-policy-quota", kinds=(Kind.RESOURCE,))
def policy_size_exceeds_resource_policy_quota(policy: Policy) -> Objections:
    """The policy is longer than a resource may have it.

    Why it matters: the service refuses it; 20,480 characters is what the most generous ones take (Amazon S3: 20 KB).
    Instead: write fewer and wider statements, or grant access through identity policies.

    Fires on: {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{20480}"}
    Quiet on: {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    yield from _beyond(policy.size, _RESOURCE)


@warning("policy-size-exceeds-role-trust-policy-quota", kinds=(Kind.TRUST,))
def policy_size_exceeds_role_trust_policy_quota(policy: Policy) -> Objections:
    """The trust policy is longer than 2,048 characters.

    Why it matters: IAM refuses it, unless the quota was raised (to 4,096 at most).
    Instead: trust fewer principals, or a tag or an organization instead of a list.

    Fires on: {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/x{2048}"},
               "Action": "sts:AssumeRole"}
    Quiet on: {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"},
               "Action": "sts:AssumeRole"}
    """
    yield from _beyond(policy.size, _TRUST)


@error("policy-size-exceeds-scp-quota", kinds=(Kind.SCP,))
def policy_size_exceeds_scp_quota(policy: Policy) -> Objections:
    """The service control policy is longer than AWS Organizations takes it.

    Why it matters: AWS Organizations refuses it.
    Instead: write several policies; remove white space outside of strings, which the API counts.

    Fires on: {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{10240}"}
    Quiet on: {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    yield from _longer(policy, "scp")


@error("policy-size-exceeds-rcp-quota", kinds=(Kind.RCP,))
def policy_size_exceeds_rcp_quota(policy: Policy) -> Objections:
    """The resource control policy is longer than AWS Organizations takes it.

    Why it matters: AWS Organizations refuses it.
    Instead: write several policies; remove white space outside of strings, which the API counts.

    Fires on: {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{5120}"}
    Quiet on: {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    """
    yield from _longer(policy, "rcp")


def _longer(policy: Policy, quota: str) -> Objections:
    known = quotas()[quota]
    yield from _beyond(known.exceeded_by(policy), known.limit)


def _beyond(length: int, limit: int) -> Objections:
    if length > limit:
        yield "", f"the policy has {length:,} characters and the quota is {limit:,}; split it"
