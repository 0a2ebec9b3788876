"""Allow statements whose wildcards reach too much, worst first: one star, one finding."""

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

    Why it matters: whoever holds the policy is an administrator, and so is whoever steals one of their keys. A
    condition about who asks, from where or with which factor changes nothing about that.

    Instead: name the actions that the job needs, or attach AWS's AdministratorAccess to the few who run the account, so
    that a review finds them by its name.

    Fires on: {"Effect": "Allow", "Action": "*", "Resource": "*"}
    Fires on: {…, "Action": ["s3:GetObject", "*:*"], "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    Quiet on: {"Effect": "Deny", "Action": "*", "Resource": "*"}
    Quiet on: {…, "Action": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}}
    """
    for entry in full_access_entries(policy):
        yield entry.pointer, "everything is allowed on every resource; name the actions that are needed"


@rule("wildcard-reaches-permissions-management", Severity.ERROR, group="wildcards", kinds=GRANTING)
def wildcard_reaches_permissions_management(policy: Policy) -> Objections:
    """A wildcard in an action reaches permissions, credentials or roles on every resource.

    Why it matters: whoever may change permissions, make credentials for others or pass any role can take every other
    permission of the account too, so the rest of the policy limits nothing. The access level Permissions management
    counts, and actions such as `iam:PassRole` and `iam:CreateAccessKey`, which AWS's reference calls Write.

    Instead: list the actions that are needed, name the resources, or demand something of them in a condition, such as
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
    """An action on permissions, credentials or roles is allowed on every resource though it could name them.

    Why it matters: `iam:PassRole` on every role hands out the strongest role there is, `iam:CreateAccessKey` on every
    user is the key of every administrator. Naming the account narrows nothing: a policy reaches no other anyway.

    Instead: name the resources, or demand something of them in a condition, such as `aws:ResourceTag/…`,
    `iam:PassedToService` or `iam:PermissionsBoundary`.

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
    """A wildcard in an action reaches writes on every resource.

    Why it matters: the policy allows more changes and deletions than anybody who reads it will think of, and those that
    AWS adds later as well.

    Instead: list the actions that are needed, name the resources, or demand something of them in a condition.
    Wildcards that reach only what lists and reads, such as `ec2:Describe*`, are quiet.

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
    """An action that writes is allowed on every resource though it could name them.

    Why it matters: a mistake or a stolen key changes or deletes whatever there is, not only what the job is about.

    Instead: name the resources, or demand something of them in a condition, such as `aws:ResourceTag/…`. An ARN that
    names the account or the region is narrow enough for this rule; actions that support no resources are quiet.

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
    """A wildcard in an action reaches the permissions or credentials of the resources that the statement names.

    Why it matters: `s3:*` on a bucket allows to make it public, `iam:*AccessKey*` on one's own user to make a second
    key that outlives the first. A wildcard is seldom meant to include that.

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
                yield reach.entry.pointer, OfActions(f"{message}; list the actions that are meant", reach.named)


@rule("service-wildcard", Severity.SUGGESTION, group="wildcards", kinds=GRANTING)
def service_wildcard(policy: Policy) -> Objections:
    """Every action of a service is allowed, those that AWS adds later as well.

    Why it matters: what the policy allows changes without anybody changing the policy.

    Instead: list the actions that are needed. Where such a wildcard reaches permissions or writes today already,
    another rule says so and this one is quiet.

    Fires on: {"Effect": "Allow", "Action": "pricing:*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "pricing:Get*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    """
    for found in reached(policy):
        for reach in _partial(found):
            service, _, name = reach.entry.value.lower().partition(":")
            if set(name) == {"*"} and service in services() and not (reach.power or reach.write or reach.named):
                message = f"`{reach.entry.value}` allows what AWS adds later too; list the actions"
                yield reach.entry.pointer, OfActions(message, [reach.entry.value])


def _partial(found: Reached) -> Iterator[Reach]:
    """The entries that hold a wildcard, without a `*` that allows everything on everything."""
    return (reach for reach in found.wildcards if not reach.full)


def _wide_resource(statement: Statement) -> str:
    """The pointer of the Resource entry that is too wide: `*`, or else the first with a wildcard."""
    texts = statement.resource_texts
    wide = [*filter(is_everything, texts), *filter(is_wild, texts)]
    if not wide:
        return f"{statement.pointer}/NotResource"
    return statement.picked("Resource", [texts.index(wide[0])])[0].pointer
