"""Denies without effect: on requests that lack the condition key, and on actions that no policy can deny."""

from policygen.finding import Severity
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Kind, Policy

_KINDS = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP, Kind.RCP, Kind.RESOURCE)
_ORIGIN = ("aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip")
_UNCONTROLLABLE = {"sts:getcalleridentity", "sts:getsessiontoken"}


@rule("origin-deny-passes-missing-key", Severity.SECURITY_WARNING, group="credentials", kinds=_KINDS)
def origin_deny_passes_missing_key(policy: Policy) -> Objections:
    """A deny of requests from other networks does not apply to requests that do not include their origin.

    Why it matters: `ForAnyValue` does not match when the key is missing, and `aws:SourceIp` is missing from requests
    through a VPC endpoint, so the deny does not apply to them.

    Instead: use `NotIpAddress` or `StringNotEquals` without `ForAnyValue`. These keys have one value, and a negated
    operator matches when the key is missing.

    Fires on: {…, "Effect": "Deny", "Action": "*",
               "Condition": {"ForAnyValue:NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}}
    Quiet on: {…, "Effect": "Deny", "Action": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}}
    """
    for statement in policy.statements:
        for condition in statement.conditions if statement.effect == "Deny" else ():
            operator = condition.operator.lower()
            negated = operator.startswith(("not", "stringnot"))
            if negated and condition.qualifier.lower() == "foranyvalue" and condition.key.lower() in _ORIGIN:
                message = (
                    f"`{condition.text}` does not match when `{condition.key}` is missing, so the deny does not apply"
                )
                yield condition.pointer, f"{message}; write `{condition.operator}`"


@rule("deny-beyond-control", Severity.WARNING, group="credentials", kinds=(Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP))
def deny_beyond_control(policy: Policy) -> Objections:
    """A statement denies an action that no policy can deny.

    Why it matters: AWS allows `sts:GetCallerIdentity` and `sts:GetSessionToken` whatever the caller's policies say, so
    the statement protects nothing.

    Instead: remove the action; denying the other actions without MFA makes a session without MFA useless.

    Fires on: {"Effect": "Deny", "Action": "sts:GetSessionToken", "Resource": "*"}
    Quiet on: {"Effect": "Deny", "NotAction": "sts:GetSessionToken", "Resource": "*"}
    Quiet on: {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}
    """
    for statement in policy.statements:
        for entry in statement.actions if statement.effect == "Deny" else ():
            if entry.value.lower() in _UNCONTROLLABLE:
                yield entry.pointer, f"`{entry.value}` cannot be denied by any policy; remove it from this deny"
