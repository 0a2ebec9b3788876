"""Actions that return secrets or share resources, allowed on every resource."""

from collections.abc import Collection, Iterator

from policygen.access.grants import grants
from policygen.access.reach import all_actions
from policygen.errors import some
from policygen.finding import Severity
from policygen.lint.rule import Objections, OfActions, rule
from policygen.policy.model import Kind, Policy
from policygen.reference.escalation import exposes_resources, returns_credentials


@rule("returns-credentials-of-everything", Severity.WARNING, group="escalation", kinds=(Kind.IDENTITY,))
def returns_credentials_of_everything(policy: Policy) -> Objections:
    """Secrets, passwords or tokens can be read from every resource.

    Why it matters: AWS classifies most of these actions as Read. What they return gives access to databases, servers
    and other accounts, and none of that shows in a policy.

    Instead: name the secrets, parameters or servers, or require a resource tag in a condition.

    Fires on: {"Effect": "Allow", "Action": "ssm:Get*", "Resource": "*"}
    Fires on: {…, "Action": "secretsmanager:GetSecretValue",
               "Resource": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"}
    Quiet on: {…, "Action": "secretsmanager:GetSecretValue",
               "Resource": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/*"}
    Quiet on: {"Effect": "Allow", "Action": "ssm:Describe*", "Resource": "*"}
    """
    for pointer, names in _on_everything(policy, returns_credentials()):
        message = f"{some(names)} can read credentials or secrets from every resource; name the resources"
        yield pointer, OfActions(message, names)


@rule("exposes-every-resource", Severity.WARNING, group="escalation", kinds=(Kind.IDENTITY,))
def exposes_every_resource(policy: Policy) -> Objections:
    """Every resource of a type can be shared with other accounts or the public.

    Why it matters: one call to `s3:PutBucketPolicy` or `ec2:ModifySnapshotAttribute` shares the data with anyone,
    whatever the other policies of the account say.

    Instead: name the resources that the job needs.

    Fires on: {"Effect": "Allow", "Action": "ec2:ModifySnapshotAttribute", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:PutBucketPolicy", "Resource": "arn:aws:s3:::reports"}
    Quiet on: {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
    """
    for pointer, names in _on_everything(policy, exposes_resources()):
        message = f"{some(names)} can share every resource; name the resources"
        yield pointer, OfActions(message, names)


def _on_everything(policy: Policy, actions: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """The pointer of the first entry of each statement that allows any of the actions on every resource, and which."""
    by_statement: dict[str, tuple[str, list[str]]] = {}
    for action, granted in grants((policy,)).items():
        for grant in granted if action in actions else ():
            everything = "NotAction" in grant.statement.body or all_actions(grant.entry.value)
            if grant.every and not everything:  # which the rules about wildcards report
                by_statement.setdefault(grant.statement.pointer, (grant.entry.pointer, []))[1].append(action)
    yield from by_statement.values()
