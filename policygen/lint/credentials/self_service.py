"""What users can do to their own credentials, and a thief with a stolen access key can, too."""

from collections.abc import Iterator

from policygen.access.mfa import Grant, closed_without_mfa, demands_mfa, grants
from policygen.access.own_user import own_users
from policygen.finding import Severity
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Element, Kind, Policy

_KINDS = (Kind.IDENTITY,)


@rule("login-profile-on-self", Severity.SECURITY_WARNING, group="credentials", kinds=_KINDS)
def login_profile_on_self(policy: Policy) -> Objections:
    """Users can set their own console password without knowing the old one.

    Why it matters: `iam:UpdateLoginProfile` and `iam:CreateLoginProfile` are meant for administrators and do not ask
    for the old password. They turn a stolen access key into a console login.

    Instead: allow `iam:ChangePassword`, which asks for the old password, or require MFA in a condition.

    Fires on: {…, "Action": "iam:UpdateLoginProfile", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    Quiet on: {…, "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    Quiet on: {…, "Action": "iam:UpdateLoginProfile", "Resource": "arn:aws:iam::123456789012:user/${aws:username}",
               "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    """
    for action in ("iam:UpdateLoginProfile", "iam:CreateLoginProfile"):
        for statement, entry in _open(policy, action):
            if own_users(statement):
                message = f"{_through(entry, action)} sets a password without MFA or the old password"
                yield entry.pointer, f"{message}; allow `iam:ChangePassword` instead"


@rule("access-key-on-self-without-mfa", Severity.WARNING, group="credentials", kinds=_KINDS)
def access_key_on_self_without_mfa(policy: Policy) -> Objections:
    """Users can create access keys for themselves without MFA.

    Why it matters: a thief can use a stolen key to create a second one, which still works after the first is removed.

    Instead: require MFA in a condition, or do not allow keys: `aws login` gives people temporary credentials.

    Fires on: {…, "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    Quiet on: {…, "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::123456789012:user/${aws:username}",
               "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    Quiet on: {"Statement": [
        {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource":
        "arn:aws:iam::123456789012:user/${aws:username}"}, {"Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}
    """
    for statement, entry in _open(policy, "iam:CreateAccessKey"):
        if own_users(statement):
            message = f"{_through(entry, 'iam:CreateAccessKey')} lets a stolen key create another"
            yield entry.pointer, f"{message}; require `aws:MultiFactorAuthPresent`"


@rule("deactivate-mfa-device-without-mfa", Severity.SECURITY_WARNING, group="credentials", kinds=_KINDS)
def deactivate_mfa_device_without_mfa(policy: Policy) -> Objections:
    """Users can deactivate MFA without MFA.

    Why it matters: a second factor that can be removed with the first one alone does not protect anything.

    Instead: give `iam:DeactivateMFADevice` a statement of its own with
    `"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}`. Users who lose their device ask an administrator.

    Fires on: {…, "Action": "iam:*MFADevice*", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    Quiet on: {…, "Action": "iam:DeactivateMFADevice", "Resource": "arn:aws:iam::123456789012:user/${aws:username}",
               "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    """
    for _, entry in _open(policy, "iam:DeactivateMFADevice"):
        message = f"{_through(entry, 'iam:DeactivateMFADevice')} lets a stolen key or password switch MFA off"
        yield entry.pointer, f"{message}; require `aws:MultiFactorAuthPresent`"


@rule("delete-virtual-mfa-device-without-mfa", Severity.SECURITY_WARNING, group="credentials", kinds=_KINDS)
def delete_virtual_mfa_device_without_mfa(policy: Policy) -> Objections:
    """Users can delete virtual MFA devices without MFA.

    Why it matters: it removes the traces of a device that was just deactivated, and devices of other users that are not
    in use yet. AWS's samples omit it on purpose.

    Instead: leave it to administrators, or require MFA in a condition.

    Fires on: {"Effect": "Allow", "Action": "iam:DeleteVirtualMFADevice", "Resource": "arn:aws:iam::123456789012:mfa/*"}
    Quiet on: {…, "Action": "iam:DeleteVirtualMFADevice", "Resource": "arn:aws:iam::123456789012:mfa/*",
               "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}}
    """
    for statement, entry in _open(policy, "iam:DeleteVirtualMFADevice"):
        if not own_users(statement):  # the ARN of a user matches no device
            message = f"{_through(entry, 'iam:DeleteVirtualMFADevice')} works without MFA"
            yield entry.pointer, f"{message}; require `aws:MultiFactorAuthPresent`"


@rule("service-specific-credential-of-any-service", Severity.WARNING, group="credentials", kinds=_KINDS)
def service_specific_credential_of_any_service(policy: Policy) -> Objections:
    """Users can create service-specific credentials for any service.

    Why it matters: the action once created Git passwords only. Today it also creates API keys for Amazon Bedrock and
    CloudWatch Logs, which need not expire, and passwords for Amazon Keyspaces.

    Instead: name the services in `iam:ServiceSpecificCredentialServiceName`.

    Fires on: {…, "Action": "iam:CreateServiceSpecificCredential",
               "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    Quiet on: {…, "Action": "iam:CreateServiceSpecificCredential",
               "Resource": "arn:aws:iam::123456789012:user/${aws:username}",
               "Condition": {"StringEquals": {"iam:ServiceSpecificCredentialServiceName": "codecommit.amazonaws.com"}}}
    """
    action = "iam:CreateServiceSpecificCredential"
    for statement, entry in grants(policy).get(action, ()):
        named = any(
            condition.key.lower() == "iam:servicespecificcredentialservicename"
            and condition.operator.lower() in ("stringequals", "stringlike", "stringequalsignorecase")
            and not condition.if_exists
            and all(str(value.value).strip("*") for value in condition.values)
            for condition in statement.conditions
        )
        if not named:
            message = f"{_through(entry, action)} creates keys for any service, including Amazon Bedrock"
            yield entry.pointer, f"{message}; name the services in `iam:ServiceSpecificCredentialServiceName`"


def _open(policy: Policy, action: str) -> Iterator[Grant]:
    """The grants that allow an action without MFA."""
    for grant in grants(policy).get(action, ()):
        if not demands_mfa(grant.statement) and not closed_without_mfa(policy, action):
            yield grant


def _through(entry: Element, action: str) -> str:
    return f"`{action}`" if entry.value.lower() == action.lower() else f"`{action}` (through `{entry.value}`)"
