"""Denies of what is done without MFA: whom they miss, what they exempt, whom they lock out."""

from policygen.access.denies import applies_to
from policygen.access.mfa import (
    ENROLMENT,
    POWERFUL,
    Without,
    blocked_without_mfa,
    demands_mfa,
    denies_access_keys,
    denies_without_mfa,
    grants,
    without_mfa,
)
from policygen.errors import some
from policygen.finding import Severity
from policygen.lint.rule import Objections, OfActions, rule
from policygen.policy.model import Kind, Policy, Statement
from policygen.policy.pattern import matches

_KINDS = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP)
_WHO = ("aws:principalarn", "aws:principaltype", "aws:principaltag", "aws:userid", "aws:username")


@rule("mfa-deny-misses-access-keys", Severity.SECURITY_WARNING, group="credentials", kinds=_KINDS)
def mfa_deny_misses_access_keys(policy: Policy) -> Objections:
    """A deny of what is done without MFA does not hold for access keys.

    Why it matters: requests signed with a long-term access key carry no `aws:MultiFactorAuthPresent` at all. A
    condition on a missing key is not met, the deny does not apply, and the stolen key works without MFA.

    Instead: `BoolIfExists`, which is met where the key is missing; for the age `NumericGreaterThanIfExists`; or a
    second statement with `"Null": {"aws:MultiFactorAuthAge": "true"}`.

    Fires on: {…, "Effect": "Deny", "Action": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    Fires on: {…, "Effect": "Deny", "Action": "*",
               "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "28800"}}}
    Quiet on: {…, "Effect": "Deny", "Action": "*",
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    Quiet on: {"Statement": [
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:MultiFactorAuthAge": "true"}}},
        {"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "28800"}}}]}
    """
    if any(map(denies_access_keys, policy.statements)):
        return
    for statement in policy.statements:
        for condition in statement.conditions if statement.effect == "Deny" else ():
            if without_mfa(condition) is Without.HOLDS_IF_KEY_IS_THERE:
                message = (
                    f"`{condition.text}` on `{condition.key}` is not met by access keys, whose requests lack the key"
                )
                yield condition.pointer, f"{message}; write `{condition.text}IfExists`"


@rule(
    "mfa-allow-passes-access-keys",
    Severity.SECURITY_WARNING,
    group="credentials",
    kinds=(Kind.IDENTITY, Kind.RESOURCE),
)
def mfa_allow_passes_access_keys(policy: Policy) -> Objections:
    """An allow that asks for MFA holds for access keys without MFA.

    Why it matters: `IfExists` is met where the key is missing, and it is missing from every request that is signed
    with a long-term access key.

    Instead: `Bool` without `IfExists` in an `Allow`; `IfExists` belongs into a `Deny`.

    Fires on: {…, "Resource": "arn:aws:s3:::reports/*",
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}}
    Quiet on: {…, "Resource": "arn:aws:s3:::reports/*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    """
    for statement in policy.statements:
        for condition in statement.conditions if statement.allows and not demands_mfa(statement) else ():
            if without_mfa(condition) is Without.FAILS_IF_KEY_IS_THERE:
                message = f"`{condition.text}` on `{condition.key}` is met by access keys, whose requests lack the key"
                yield condition.pointer, f"{message}; write it so that a missing key is not enough"


@rule("mfa-deny-exempts-credentials", Severity.SECURITY_WARNING, group="credentials", kinds=_KINDS)
def mfa_deny_exempts_credentials(policy: Policy) -> Objections:
    """A deny of what is done without MFA exempts actions that defeat it.

    Why it matters: with `iam:DeactivateMFADevice` or `iam:DeleteVirtualMFADevice` exempt, a stolen key removes or
    replaces the device; with `iam:CreateAccessKey` or `iam:UpdateLoginProfile` exempt, it makes itself further
    credentials.

    Instead: exempt only what enrolment needs: create, enable, get, list and resync of MFA devices, and `iam:GetUser`.

    Fires on: {…, "Effect": "Deny", "NotAction": ["iam:EnableMFADevice", "iam:DeleteVirtualMFADevice"],
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    Quiet on: {…, "Effect": "Deny", "NotAction": ["iam:EnableMFADevice", "iam:ListMFADevices"],
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    """
    for statement in filter(denies_without_mfa, policy.statements):
        for entry in statement.not_actions:
            exempt = [action for action in POWERFUL if matches(entry.value.lower(), action.lower())]
            if exempt and not _denied_elsewhere(policy, statement, exempt):
                message = f"{some(exempt)} can be used without MFA; take `{entry.value}` out of `NotAction`"
                yield entry.pointer, OfActions(message, exempt)


@rule("mfa-deny-exempts-change-password", Severity.SUGGESTION, group="credentials", kinds=_KINDS)
def mfa_deny_exempts_change_password(policy: Policy) -> Objections:
    """A deny of what is done without MFA exempts the change of the password.

    Why it matters: AWS advises against it: a stolen password is changed by the thief, and the user is locked out.

    Instead: let new users change their first password before they join the group that demands MFA.

    Fires on: {…, "Effect": "Deny", "NotAction": ["iam:EnableMFADevice", "iam:ChangePassword"],
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    Quiet on: {…, "Effect": "Deny", "NotAction": "iam:EnableMFADevice",
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    """
    for statement in filter(denies_without_mfa, policy.statements):
        for entry in statement.not_actions:
            if matches(entry.value.lower(), "iam:changepassword"):
                yield entry.pointer, "`iam:ChangePassword` is exempt from the need of MFA; take it out of `NotAction`"


@rule("mfa-deny-exempts-enrolment-of-others", Severity.SUGGESTION, group="credentials", kinds=_KINDS)
def mfa_deny_exempts_enrolment_of_others(policy: Policy) -> Objections:
    """A deny of what is done without MFA exempts the enrolment of devices for any user.

    Why it matters: what `NotAction` exempts is exempt on every resource. An administrator's stolen key, used without
    MFA, may enrol a device for somebody who has none, and own the account of that user from then on.

    Instead: a second deny, of `iam:EnableMFADevice` without MFA, with the caller's own user as `NotResource`.

    Fires on: {…, "Effect": "Deny", "NotAction": "iam:EnableMFADevice",
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    Quiet on: {"Statement": [
        {"Effect": "Deny", "NotAction": "iam:EnableMFADevice", "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
        {"Effect": "Deny", "Action": "iam:EnableMFADevice", "NotResource": "arn:aws:iam::*:user/${aws:username}",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}
    """
    for statement in filter(denies_without_mfa, policy.statements):
        for entry in statement.not_actions:
            exempt = matches(entry.value.lower(), "iam:enablemfadevice")
            if exempt and not _denied_elsewhere(policy, statement, ["iam:EnableMFADevice"]):
                message = "`iam:EnableMFADevice` is exempt from the need of MFA for every user"
                yield entry.pointer, f"{message}; deny it with the own user as `NotResource`"


@rule("mfa-deny-blocks-enrolment", Severity.WARNING, group="credentials", kinds=(Kind.IDENTITY,))
def mfa_deny_blocks_enrolment(policy: Policy) -> Objections:
    """The policy lets users enrol MFA and denies part of that until they have enrolled.

    Why it matters: the console's pages fail half-way and a new user never gets a device. AWS's own samples have missed
    `iam:GetMFADevice` here.

    Instead: exempt in `NotAction` of the deny each action that enrolment is granted: create, enable, get, list and
    resync of MFA devices, and `iam:GetUser`.

    Fires on: {"Statement": [
        {"Effect": "Allow", "Action": ["iam:EnableMFADevice", "iam:GetMFADevice"],
            "Resource": "arn:aws:iam::123456789012:user/${aws:username}"},
        {"Effect": "Deny", "NotAction": "iam:EnableMFADevice", "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}
    Quiet on: {"Statement": [
        {"Effect": "Allow", "Action": ["iam:EnableMFADevice", "iam:GetMFADevice"],
            "Resource": "arn:aws:iam::123456789012:user/${aws:username}"},
        {"Effect": "Deny", "NotAction": ["iam:EnableMFADevice", "iam:GetMFADevice"], "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}
    """
    granted = [
        action
        for action in ENROLMENT
        if not all(demands_mfa(grant.statement) for grant in grants(policy).get(action, ()))
    ]
    blocked = [action for action in granted if blocked_without_mfa(policy, action)]
    if "iam:EnableMFADevice" not in granted or not blocked:
        return
    for statement in filter(denies_without_mfa, policy.statements):
        if any(applies_to(statement, action) for action in blocked):
            where = "NotAction" if "NotAction" in statement.body else "Action"
            names = ", ".join(f"`{action}`" for action in blocked)
            yield (
                f"{statement.pointer}/{where}",
                OfActions(f"enrolment is allowed but denied without MFA: {names}; exempt it here", blocked),
            )
            return


@rule("mfa-deny-binds-roles", Severity.WARNING, group="credentials", kinds=_KINDS)
def mfa_deny_binds_roles(policy: Policy) -> Objections:
    """A deny of what is done without MFA binds roles, whose sessions can never show MFA.

    Why it matters: the credentials of an assumed role carry no information about MFA, so the deny holds for ever:
    roles of applications, of services and of people who did sign in with MFA are locked out. In a service control
    policy it binds every role of the account.

    Instead: demand MFA where the role is assumed, in its trust policy, and limit the deny to users, for example with
    `"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}`.

    Fires on (scp): {…, "Effect": "Deny", "Action": "*",
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    Quiet on (scp): {…, "Effect": "Deny", "Action": "*",
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"},
               "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}}
    Quiet on: {…, "Effect": "Deny", "Action": "*",
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    """
    if policy.kind is not Kind.SCP and not policy.name.startswith("role/"):
        return
    for statement in policy.statements:
        limited = any(condition.key.lower().startswith(_WHO) for condition in statement.conditions)
        if denies_access_keys(statement) and not limited:
            yield (
                f"{statement.pointer}/Condition",
                "the deny holds for roles for ever; limit it to users by `aws:PrincipalArn`",
            )


def _denied_elsewhere(policy: Policy, exempting: Statement, actions: list[str]) -> bool:
    """Whether another statement denies the actions without MFA, be it with the own user excepted."""
    others = [other for other in policy.statements if other is not exempting and denies_without_mfa(other)]
    return all(any(applies_to(other, action) for other in others) for action in actions)
