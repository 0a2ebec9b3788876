"""Allow statements that list exceptions and so grant everything else."""

from policygen.finding import Severity
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Kind, Policy

_GRANTING = (Kind.IDENTITY, Kind.RESOURCE)


@rule("allow-not-action", Severity.SECURITY_WARNING, group="wildcards", kinds=_GRANTING)
def allow_not_action(policy: Policy) -> Objections:
    """Every action is allowed except those listed.

    Why it matters: `NotAction` with `Allow` matches every other action of every service, present and future. It denies
    nothing: another statement can still allow the actions listed.

    Instead: list the allowed actions in `Action`, and put those that must never be used in a `Deny`.

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
    """Actions are allowed on every resource except those listed.

    Why it matters: `NotResource` with `Allow` matches every other resource, present and future, including those of
    other accounts. It protects nothing: another statement can still allow actions on the resources listed.

    Instead: list the resources in `Resource`, and put the protected ones in a `Deny`.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secrets/*"}
    Quiet on: {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::public/*"}
    """
    for statement in policy.statements:
        if statement.allows and "NotResource" in statement.body:
            yield (
                f"{statement.pointer}/NotResource",
                "`NotResource` with `Allow` matches every resource not listed; list the allowed ones in `Resource`",
            )
