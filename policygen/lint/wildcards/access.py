"""Allow statements whose wildcards match too much; each wildcard is reported by the most serious rule only."""

from collections.abc import Iterator

from policygen.access.reach import GRANTING, Reach, Reached, full_access_entries, reached
from policygen.errors import some
from policygen.finding import Severity
from policygen.lint.rule import Objections, OfActions, rule
from policygen.policy.model import Policy, Statement
from policygen.policy.pattern import is_wild
from policygen.reference.resources import is_everything
from policygen.reference.services import services


@rule("full-access", Severity.ERROR, group="wildcards", kinds=GRANTING)
def full_access(policy: Policy) -> Objections:
    """Every action is allowed on every resource.

    Why it matters: anyone with the policy is an administrator, and so is anyone who steals their keys. A condition on
    the caller, the network or MFA does not change that.

    Instead: name the actions that the job needs, or attach AWS's AdministratorAccess to the few who run the account, so
    that a review finds it by name.

    Fires on: {"Effect": "Allow", "Action": "*", "Resource": "*"}
    Fires on: {…, "Action": ["s3:GetObject", "*:*"], "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    Quiet on: {"Effect": "Deny", "Action": "*", "Resource": "*"}
    Quiet on: {…, "Action": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}}
    """
    for entry in full_access_entries(policy):
        yield entry.pointer, "everything is allowed on every resource; name the actions that are needed"


@rule("wildcard-reaches-permissions-management", Severity.ERROR, group="wildcards", kinds=GRANTING)
def wildcard_reaches_permissions_management(policy: Policy) -> Objections:
    """A wildcard in an action matches actions on permissions, credentials or roles, on every resource.

    Why it matters: anyone who can change permissions, create credentials for others or pass any role can get every
    other permission in the account, so the rest of the policy limits nothing. This covers the access level Permissions
    management, and actions such as `iam:PassRole` and `iam:CreateAccessKey`, which AWS classifies as Write.

    Instead: list the actions that are needed, name the resources, or add a condition on a key such as
    `aws:ResourceTag/…` or `iam:PassedToService`.

    Fires on: {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "iam:Pass*", "Resource": "arn:aws:iam::123456789012:role/*"}
    Fires on: {"Effect": "Allow", "Action": "iam:PassRol?", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}
    Quiet on: {…, "Action": "iam:Pass*", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}
    Quiet on: {"Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
    """
    for found in reached(policy):
        for reach in _partial(found):
            if reach.power:
                message = f"`{reach.entry.value}` can hand out permissions on every resource, by {some(reach.power)}"
                yield reach.entry.pointer, OfActions(f"{message}; list the actions or name the resources", reach.power)


@rule("permissions-management-on-every-resource", Severity.ERROR, group="wildcards", kinds=GRANTING)
def permissions_management_on_every_resource(policy: Policy) -> Objections:
    """An action on permissions, credentials or roles is allowed on every resource instead of named ones.

    Why it matters: `iam:PassRole` on every role passes the most powerful one, and `iam:CreateAccessKey` on every user
    creates keys for administrators. An account id in the ARN does not narrow it: the policy only applies to that
    account anyway.

    Instead: name the resources, or add a condition on a key such as `aws:ResourceTag/…`, `iam:PassedToService` or
    `iam:PermissionsBoundary`.

    Fires on: {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::123456789012:user/*"}
    Fires on: {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutBucketPolicy"], "Resource": "*"}
    Quiet on: {…, "Action": "iam:CreateAccessKey", "Resource": ["arn:aws:iam::123456789012:user/${aws:username}",
               "arn:aws:iam::123456789012:user/*/${aws:username}"]}
    Quiet on: {"Effect": "Allow", "Action": "s3:PutAccountPublicAccessBlock", "Resource": "*"}
    """
    for found in reached(policy):
        if found.power:
            message = f"{some(found.power)} can hand out permissions on every resource; name the resources"
            yield _wide_resource(found.statement), OfActions(message, found.power)


@rule("wildcard-reaches-write", Severity.WARNING, group="wildcards", kinds=GRANTING)
def wildcard_reaches_write(policy: Policy) -> Objections:
    """A wildcard in an action matches write actions, on every resource.

    Why it matters: the policy allows more changes and deletions than its readers will think of, including actions that
    AWS adds later.

    Instead: list the actions that are needed, name the resources, or add a condition on them. Wildcards that match only
    list and read actions, such as `ec2:Describe*`, are not reported.

    Fires on: {"Effect": "Allow", "Action": "sqs:Delete*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": ["ec2:Describe*", "s3:List*"], "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "sqs:Delete*", "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs"}
    """
    for found in reached(policy):
        for reach in _partial(found):
            if reach.write and not reach.power:
                message = f"`{reach.entry.value}` can change every resource, by {some(reach.write)}"
                yield reach.entry.pointer, OfActions(f"{message}; list the actions or name the resources", reach.write)


@rule("write-on-every-resource", Severity.WARNING, group="wildcards", kinds=GRANTING)
def write_on_every_resource(policy: Policy) -> Objections:
    """A write action is allowed on every resource instead of named ones.

    Why it matters: a mistake or a stolen key can change or delete everything, not only what the job needs.

    Instead: name the resources, or add a condition on a key such as `aws:ResourceTag/…`. An ARN that names the account
    or the region is narrow enough for this rule; actions without resource-level permissions are not reported.

    Fires on: {"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": "*"}
    Quiet on: {…, "Action": "ec2:TerminateInstances", "Condition": {"StringEquals": {"ec2:ResourceTag/team": "web"}}}
    Quiet on: {"Effect": "Allow", "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::123456789012:mfa/*"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"}
    """
    for found in reached(policy):
        if found.write:
            message = f"{some(found.write)} can change every resource; name the resources"
            yield _wide_resource(found.statement), OfActions(message, found.write)


@rule("wildcard-reaches-permissions-of-named-resources", Severity.WARNING, group="wildcards", kinds=GRANTING)
def wildcard_reaches_permissions_of_named_resources(policy: Policy) -> Objections:
    """A wildcard in an action matches actions on the permissions or credentials of the named resources.

    Why it matters: `s3:*` on a bucket allows making it public, and `iam:*AccessKey*` on one's own user allows creating
    a second key that outlives the first. A wildcard is seldom meant to include that.

    Instead: list the actions that are needed.

    Fires on: {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::reports"}
    Fires on: {…, "Action": "iam:*AccessKey*", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    Quiet on: {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:PutBucketPolicy", "Resource": "arn:aws:s3:::reports"}
    """
    for found in reached(policy):
        for reach in found.wildcards:
            if reach.named and not reach.power:
                message = (
                    f"`{reach.entry.value}` can hand out permissions on the resources here, by {some(reach.named)}"
                )
                yield reach.entry.pointer, OfActions(f"{message}; list the intended actions", reach.named)


@rule("service-wildcard", Severity.SUGGESTION, group="wildcards", kinds=GRANTING)
def service_wildcard(policy: Policy) -> Objections:
    """Every action of a service is allowed, including those that AWS adds later.

    Why it matters: what the policy allows changes without anyone changing the policy.

    Instead: list the actions that are needed. If the wildcard already matches write actions or actions on permissions,
    another rule reports it instead.

    Fires on: {"Effect": "Allow", "Action": "pricing:*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "pricing:Get*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    """
    for found in reached(policy):
        for reach in _partial(found):
            service, _, name = reach.entry.value.lower().partition(":")
            if set(name) == {"*"} and service in services() and not (reach.power or reach.write or reach.named):
                message = f"`{reach.entry.value}` also allows actions that AWS adds later; list the actions"
                yield reach.entry.pointer, OfActions(message, [reach.entry.value])


def _partial(found: Reached) -> Iterator[Reach]:
    """The entries with a wildcard, except those that allow everything on everything."""
    return (reach for reach in found.wildcards if not reach.full)


def _wide_resource(statement: Statement) -> str:
    """The pointer of the entry of `Resource` that is too wide: `*`, or else the first with a wildcard."""
    texts = statement.resource_texts
    wide = [*filter(is_everything, texts), *filter(is_wild, texts)]
    if not wide:
        return f"{statement.pointer}/NotResource"
    return statement.picked("Resource", [texts.index(wide[0])])[0].pointer
