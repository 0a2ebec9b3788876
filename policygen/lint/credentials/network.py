"""Denies that do not hold: for requests without the key that they ask about, and for actions beyond IAM's control."""

from policygen.finding import Severity
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Kind, Policy

_KINDS = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP, Kind.RCP, Kind.RESOURCE)
_ORIGIN = ("aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip")
_UNCONTROLLABLE = {"sts:getcalleridentity", "sts:getsessiontoken"}


@rule("origin-deny-passes-missing-key", Severity.SECURITY_WARNING, group="credentials", kinds=_KINDS)
def origin_deny_passes_missing_key(policy: Policy) -> Objections:
    """A deny of requests from elsewhere lets through what does not say where it comes from.

    Why it matters: `ForAnyValue` is not met where the key is missing, and `aws:SourceIp` is missing from requests
    through a VPC endpoint. The deny that was meant for everybody outside does not hold for them.

    Instead: `NotIpAddress` or `StringNotEquals` without `ForAnyValue`. These keys have one value, and a negated
    operator is met where the key is missing.

    Fires on: {…, "Effect": "Deny", "Action": "*",
               "Condition": {"ForAnyValue:NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}}
    Quiet on: {…, "Effect": "Deny", "Action": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}}
    """
    for statement in policy.statements:
        for condition in statement.conditions if statement.effect == "Deny" else ():
            operator = condition.operator.lower()
            negated = operator.startswith(("not", "stringnot"))
            if negated and condition.qualifier.lower() == "foranyvalue" and condition.key.lower() in _ORIGIN:
                message = f"`{condition.text}` is not met where `{condition.key}` is missing, so the deny does not hold"
                yield condition.pointer, f"{message}; write `{condition.operator}`"


@rule("deny-beyond-control", Severity.WARNING, group="credentials", kinds=(Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP))
def deny_beyond_control(policy: Policy) -> Objections:
    """An action is denied that no policy can deny.

    Why it matters: AWS answers `sts:GetCallerIdentity` and `sts:GetSessionToken` whatever the policies of the caller
    say, so the statement protects nothing.

    Instead: remove the action; a deny of the other actions without MFA makes a session without MFA useless.

    Fires on: {"Effect": "Deny", "Action": "sts:GetSessionToken", "Resource": "*"}
    Quiet on: {"Effect": "Deny", "NotAction": "sts:GetSessionToken", "Resource": "*"}
    Quiet on: {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}
    """
    for statement in policy.statements:
        for entry in statement.actions if statement.effect == "Deny" else ():
            if entry.value.lower() in _UNCONTROLLABLE:
                yield entry.pointer, f"`{entry.value}` is answered whatever policies say; remove it from this deny"
