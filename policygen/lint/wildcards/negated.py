"""Allow statements that say what is left out and so grant whatever else there is."""

from policygen.finding import Severity
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Kind, Policy

_GRANTING = (Kind.IDENTITY, Kind.RESOURCE)


@rule("allow-not-action", Severity.SECURITY_WARNING, group="wildcards", kinds=_GRANTING)
def allow_not_action(policy: Policy) -> Objections:
    """Everything is allowed but the actions that are listed.

    Why it matters: `NotAction` with `Allow` is a wildcard over every service there is and will be. It denies nothing: a
    second statement may still allow what this one leaves out.

    Instead: list what is allowed in `Action`, and put what must never happen into a `Deny`.

    Fires on: {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    Quiet on: {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
    """
    for statement in policy.statements:
        if statement.allows and "NotAction" in statement.body:
            yield (
                f"{statement.pointer}/NotAction",
                "`NotAction` with `Allow` grants every action that is not listed; list the allowed ones in `Action`",
            )


@rule("allow-not-resource", Severity.SECURITY_WARNING, group="wildcards", kinds=_GRANTING)
def allow_not_resource(policy: Policy) -> Objections:
    """Everything may be acted on but the resources that are listed.

    Why it matters: `NotResource` with `Allow` covers every resource that exists or will be created, of other accounts
    too. It protects nothing: a second statement may still allow what this one leaves out.

    Instead: list the resources in `Resource`, and put the protected ones into a `Deny`.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secrets/*"}
    Quiet on: {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::public/*"}
    """
    for statement in policy.statements:
        if statement.allows and "NotResource" in statement.body:
            yield (
                f"{statement.pointer}/NotResource",
                "`NotResource` with `Allow` reaches every resource not listed; list the allowed ones in `Resource`",
            )
