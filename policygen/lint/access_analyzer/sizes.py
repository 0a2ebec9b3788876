"""Policies that exceed a quota on their length."""

from policygen.finding import Severity
from policygen.lint.access_analyzer import IDENTITY
from policygen.lint.access_analyzer.family import Row, family
from policygen.lint.quotas import place_of
from policygen.lint.rule import Objections
from policygen.policy.model import Kind, Policy
from policygen.reference.quotas import quotas


def _longer(policy: Policy, quota: str) -> Objections:
    if quota == "role-inline" and place_of(policy) is not None:
        return  # the rules of the group `quotas` know the quota of the place
    known = quotas()[quota]
    if length := known.exceeded_by(policy):
        yield "", f"the policy has {length:,} characters, and the quota is {known.limit:,}; split it"


family(
    _longer,
    Row(
        "policy-size-exceeds-identity-policy-quota",
        Severity.WARNING,
        "The policy exceeds the quotas of all kinds of identity policies.",
        "it is too long even for the inline policies of a role, which have the highest quota.",
        "write several policies, or fewer and wider entries.",
        fires='{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{10240}"}',
        quiet='{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}',
        data="role-inline",
        kinds=IDENTITY,
    ),
    Row(
        "policy-size-exceeds-resource-policy-quota",
        Severity.WARNING,
        "The policy exceeds the quota of resource policies.",
        "the service rejects it; Amazon S3 accepts 20 KB, and most services less.",
        "write fewer and wider statements, or grant access through identity policies.",
        fires='{…, "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{20480}"}',
        quiet='{…, "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}',
        data="resource",
        kinds=(Kind.RESOURCE,),
    ),
    Row(
        "policy-size-exceeds-role-trust-policy-quota",
        Severity.WARNING,
        "The trust policy exceeds its quota.",
        "IAM rejects it, unless the quota of the account was raised.",
        "trust fewer principals, or compare a tag or the organization instead of listing principals.",
        fires='{…, "Principal": {"AWS": "arn:aws:iam::123456789012:role/x{2048}"}, "Action": "sts:AssumeRole"}',
        quiet='{…, "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"}, "Action": "sts:AssumeRole"}',
        data="trust",
        kinds=(Kind.TRUST,),
    ),
    *(
        Row(
            f"policy-size-exceeds-{kind}-quota",
            Severity.ERROR,
            f"The {name} control policy exceeds its quota.",
            "AWS Organizations rejects it.",
            "write several policies; remove white space outside strings, which the API counts.",
            fires=f'{{"Effect": "Deny", {principal}"Action": "s3:GetObject", "Resource": "arn:aws:s3:::x{{{limit}}}"}}',
            quiet=f'{{"Effect": "Deny", {principal}"Action": "s3:GetObject", "Resource": "*"}}',
            data=str(kind),
            kinds=(kind,),
        )
        for kind, name, principal, limit in (
            (Kind.SCP, "service", "", quotas()["scp"].limit),
            (Kind.RCP, "resource", '"Principal": "*", ', quotas()["rcp"].limit),
        )
    ),
)
