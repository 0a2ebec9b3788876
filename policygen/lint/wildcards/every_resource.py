"""Allow statements that reach every resource: one finding for each statement, by the worst that its actions can do."""

from collections.abc import Iterator

from policygen.access.reach import GRANTING, Reach, Reached, full_access_entries, reached
from policygen.errors import some
from policygen.finding import Severity
from policygen.lint.rule import Objections, OfActions, rule
from policygen.policy.model import Policy, Statement
from policygen.policy.pattern import is_wild
from policygen.reference.effects import Effect
from policygen.reference.resources import is_everything
from policygen.reference.services import services

_FAMILY = "every-resource"


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


@rule(
    "permissions-management-on-every-resource",
    Severity.SECURITY_WARNING,
    group="wildcards",
    kinds=GRANTING,
    family=_FAMILY,
)
def permissions_management_on_every_resource(policy: Policy) -> Objections:
    """Permissions, credentials or roles of everybody can be handed out.

    Why it matters: `iam:PassRole` on every role passes the most powerful one, and `iam:CreateAccessKey` on every user
    creates keys for administrators. An account id in the ARN does not narrow it: the policy only applies to that
    account anyway. If the actions are enough to become an administrator, a rule about escalation reports an error, too.

    Instead: list the actions that are needed, name the resources, or add a condition on a key such as
    `aws:ResourceTag/…`, `iam:PassedToService` or `iam:PermissionsBoundary`.

    Fires on: {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::123456789012:user/*"}
    Fires on: {"Effect": "Allow", "Action": "iam:PassRol?", "Resource": "arn:aws:iam::123456789012:role/*"}
    Fires on: {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    Quiet on: {…, "Action": "iam:CreateAccessKey", "Resource": ["arn:aws:iam::123456789012:user/${aws:username}",
               "arn:aws:iam::123456789012:user/*/${aws:username}"]}
    Quiet on: {…, "Action": "iam:Pass*", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}
    Quiet on: {"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}
    Quiet on: {"Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
    """
    yield from _with_effect(policy, Effect.PERMISSIONS, "hand out permissions, credentials or roles on every resource")


@rule("exposes-every-resource", Severity.SECURITY_WARNING, group="escalation", kinds=GRANTING, family=_FAMILY)
def exposes_every_resource(policy: Policy) -> Objections:
    """Every resource of a type can be opened to other accounts, the public or the internet.

    Why it matters: one call to `s3:PutBucketPolicy` or `ec2:ModifySnapshotAttribute` shares the data with anyone,
    whatever the other policies of the account say.

    Instead: name the resources that the job needs.

    Fires on: {"Effect": "Allow", "Action": "ec2:ModifySnapshotAttribute", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:PutBucketPolicy", "Resource": "arn:aws:s3:::reports"}
    Quiet on: {"Effect": "Allow", "Action": "s3:PutAccountPublicAccessBlock", "Resource": "*"}
    """
    yield from _with_effect(policy, Effect.SHARES, "open every resource to other accounts or the public")


@rule(
    "returns-credentials-of-everything", Severity.SECURITY_WARNING, group="escalation", kinds=GRANTING, family=_FAMILY
)
def returns_credentials_of_everything(policy: Policy) -> Objections:
    """Secrets, passwords or tokens can be read from every resource, or everything encrypted can be decrypted.

    Why it matters: AWS classifies most of these actions as Read. What they return gives access to databases, servers
    and other accounts, and none of that shows in a policy. `kms:Decrypt` on every key opens whatever is encrypted with
    them (Security Hub, KMS.1).

    Instead: name the secrets, parameters, servers or keys, or require a resource tag in a condition.

    Fires on: {"Effect": "Allow", "Action": "ssm:Get*", "Resource": "*"}
    Fires on: {…, "Action": "secretsmanager:GetSecretValue",
               "Resource": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"}
    Quiet on: {…, "Action": "secretsmanager:GetSecretValue",
               "Resource": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/*"}
    Quiet on: {"Effect": "Allow", "Action": "ssm:Describe*", "Resource": "*"}
    Quiet on: {…, "Action": "kms:Decrypt",
               "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}
    """
    yield from _with_effect(policy, Effect.SECRETS, "read credentials or secrets from every resource")


@rule("delete-on-every-resource", Severity.WARNING, group="wildcards", kinds=GRANTING, family=_FAMILY)
def delete_on_every_resource(policy: Policy) -> Objections:
    """Data of every resource can be deleted or overwritten, or logging and protection can be switched off everywhere.

    Why it matters: a mistake or a stolen key destroys everything, not only what the job is about. This covers what
    cannot simply be created again: objects, tables, databases, disks, backups, keys, logs, DNS records, and guards such
    as trails and detectors.

    Instead: name the resources, or add a condition on a key such as `aws:ResourceTag/…`.

    Fires on: {"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "arn:aws:dynamodb:*:123456789012:table/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::reports/*"}
    Quiet on: {…, "Action": "ec2:TerminateInstances", "Condition": {"StringEquals": {"ec2:ResourceTag/team": "web"}}}
    Quiet on: {"Effect": "Allow", "Action": "ec2:DeleteTags", "Resource": "*"}
    """
    yield from _with_effect(policy, Effect.DELETES, "delete or overwrite data of every resource")


@rule("write-on-every-resource", Severity.SUGGESTION, group="wildcards", kinds=GRANTING, family=_FAMILY)
def write_on_every_resource(policy: Policy) -> Objections:
    """A write action is allowed on every resource instead of named ones.

    Why it matters: people who need to create or change one resource rarely need to change all of them. This is the
    mildest of the rules about every resource: what hands out permissions, shares, reads secrets or destroys is reported
    by a stricter one.

    Instead: name the resources, or add a condition on a key such as `aws:ResourceTag/…`. An ARN that names the account
    or the region is narrow enough for this rule. Actions without resource-level permissions, and wildcards that match
    only list and read actions, such as `ec2:Describe*`, are not reported.

    Fires on: {"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "sqs:Delete*", "Resource": "*"}
    Quiet on: {…, "Action": "ec2:StopInstances", "Condition": {"StringEquals": {"ec2:ResourceTag/team": "web"}}}
    Quiet on: {"Effect": "Allow", "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::123456789012:mfa/*"}
    Quiet on: {"Effect": "Allow", "Action": ["ec2:Describe*", "s3:List*"], "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "sqs:Delete*", "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs"}
    """
    yield from _with_effect(policy, Effect.WRITES, "create or change every resource")


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
        for reach in _partial(found):
            if reach.named and Effect.PERMISSIONS not in reach.every:
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
            if set(name) == {"*"} and service in services() and not (reach.every or reach.named):
                message = f"`{reach.entry.value}` also allows actions that AWS adds later; list the actions"
                yield reach.entry.pointer, OfActions(message, [reach.entry.value])


def _with_effect(policy: Policy, effect: Effect, can: str) -> Objections:
    """The statements that allow actions with an effect on every resource."""
    for found in reached(policy):
        wild = [reach for reach in _partial(found) if effect in reach.every]
        names = [*found.by_name.get(effect, ()), *(name for reach in wild for name in reach.every[effect])]
        if wild:
            entries = some(reach.entry.value for reach in wild)
            message = f"{entries} can {can}, by {some(names)}; list the actions or name the resources"
            yield wild[0].entry.pointer, OfActions(message, names)
        elif names:
            yield _wide_resource(found.statement), OfActions(f"{some(names)} can {can}; name the resources", names)


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
