"""Denies of requests without MFA: which requests they miss, what they exempt, who gets locked out."""

from collections.abc import Iterable, Iterator

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
from policygen.policy.model import Element, Kind, Policy, Statement
from policygen.policy.pattern import matches

_KINDS = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP)
_WHO = ("aws:principalarn", "aws:principaltype", "aws:principaltag", "aws:userid", "aws:username")


@rule("mfa-deny-misses-access-keys", Severity.SECURITY_WARNING, group="credentials", kinds=_KINDS)
def mfa_deny_misses_access_keys(policy: Policy) -> Objections:
    """A deny of requests without MFA does not apply to access keys.

    Why it matters: requests signed with a long-term access key do not include `aws:MultiFactorAuthPresent`. A
    condition on a missing key does not match, so the deny does not apply and a stolen key works without MFA.

    Instead: use `BoolIfExists`, or `NumericGreaterThanIfExists` for the age, which match when the key is missing; or
    add a second statement with `"Null": {"aws:MultiFactorAuthAge": "true"}`.

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
                what = (
                    f"`{condition.text}` on `{condition.key}` never matches requests with an access key, which lack it"
                )
                yield condition.pointer, f"{what}; write `{condition.text}IfExists`"


@rule(
    "mfa-allow-passes-access-keys",
    Severity.SECURITY_WARNING,
    group="credentials",
    kinds=(Kind.IDENTITY, Kind.RESOURCE),
)
def mfa_allow_passes_access_keys(policy: Policy) -> Objections:
    """An allow that is meant to require MFA also applies to access keys without MFA.

    Why it matters: `IfExists` matches when the key is missing, and it is missing from every request signed with a
    long-term access key.

    Instead: use `Bool` without `IfExists` in an `Allow`; `IfExists` belongs in a `Deny`.

    Fires on: {…, "Resource": "arn:aws:s3:::reports/*",
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}}
    Quiet on: {…, "Resource": "arn:aws:s3:::reports/*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    """
    for statement in policy.statements:
        for condition in statement.conditions if statement.allows and not demands_mfa(statement) else ():
            if without_mfa(condition) is Without.FAILS_IF_KEY_IS_THERE:
                what = f"`{condition.text}` on `{condition.key}` matches all requests with an access key, which lack it"
                yield condition.pointer, f"{what}; use a condition that a missing key does not satisfy"


@rule("mfa-deny-exempts-credentials", Severity.SECURITY_WARNING, group="credentials", kinds=_KINDS)
def mfa_deny_exempts_credentials(policy: Policy) -> Objections:
    """A deny of requests without MFA exempts actions that defeat it.

    Why it matters: with `iam:DeactivateMFADevice` or `iam:DeleteVirtualMFADevice` exempt, a stolen key can remove or
    replace the device; with `iam:CreateAccessKey` or `iam:UpdateLoginProfile` exempt, it can create more credentials.

    Instead: exempt only what enrolment needs: creating, enabling, getting, listing and resyncing MFA devices, and
    `iam:GetUser`.

    Fires on: {…, "Effect": "Deny", "NotAction": ["iam:EnableMFADevice", "iam:DeleteVirtualMFADevice"],
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    Quiet on: {…, "Effect": "Deny", "NotAction": ["iam:EnableMFADevice", "iam:ListMFADevices"],
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    """
    for statement, entry, exempt in _exempting(policy, POWERFUL):
        if not _denied_elsewhere(policy, statement, exempt):
            message = f"{some(exempt)} can be used without MFA; remove `{entry.value}` from `NotAction`"
            yield entry.pointer, OfActions(message, exempt)


@rule("mfa-deny-exempts-change-password", Severity.SUGGESTION, group="credentials", kinds=_KINDS)
def mfa_deny_exempts_change_password(policy: Policy) -> Objections:
    """A deny of requests without MFA exempts changing the password.

    Why it matters: AWS advises against it: a thief with a stolen password can change it and lock the user out.

    Instead: let new users change their first password before they are added to the group that requires MFA.

    Fires on: {…, "Effect": "Deny", "NotAction": ["iam:EnableMFADevice", "iam:ChangePassword"],
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    Quiet on: {…, "Effect": "Deny", "NotAction": "iam:EnableMFADevice",
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    """
    for _, entry, _ in _exempting(policy, ("iam:ChangePassword",)):
        yield entry.pointer, "`iam:ChangePassword` can be used without MFA; remove it from `NotAction`"


@rule("mfa-deny-exempts-enrolment-of-others", Severity.SUGGESTION, group="credentials", kinds=_KINDS)
def mfa_deny_exempts_enrolment_of_others(policy: Policy) -> Objections:
    """A deny of requests without MFA exempts enrolling a device for any user.

    Why it matters: an action in `NotAction` is exempt on every resource. With an administrator's stolen key and no
    MFA, a thief can enrol a device for a user who has none, and controls that user from then on.

    Instead: add a second deny of `iam:EnableMFADevice` without MFA, with the caller's own user in `NotResource`.

    Fires on: {…, "Effect": "Deny", "NotAction": "iam:EnableMFADevice",
               "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    Quiet on: {"Statement": [
        {"Effect": "Deny", "NotAction": "iam:EnableMFADevice", "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
        {"Effect": "Deny", "Action": "iam:EnableMFADevice", "NotResource": "arn:aws:iam::*:user/${aws:username}",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}
    """
    for statement, entry, exempt in _exempting(policy, ("iam:EnableMFADevice",)):
        if not _denied_elsewhere(policy, statement, exempt):
            message = "`iam:EnableMFADevice` can be used on every user without MFA"
            yield entry.pointer, f"{message}; deny it with the caller's own user in `NotResource`"


@rule("mfa-deny-blocks-enrolment", Severity.WARNING, group="credentials", kinds=(Kind.IDENTITY,))
def mfa_deny_blocks_enrolment(policy: Policy) -> Objections:
    """The policy lets users enrol an MFA device, but denies part of the enrolment until they have one.

    Why it matters: enrolment fails half-way in the console, and a new user never gets a device. AWS's own samples once
    omitted `iam:GetMFADevice` here.

    Instead: in the `NotAction` of the deny, list every action that enrolment is allowed: creating, enabling, getting,
    listing and resyncing MFA devices, and `iam:GetUser`.

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
    """A deny of requests without MFA applies to roles, whose sessions never include MFA information.

    Why it matters: the credentials of an assumed role carry no information about MFA, so the deny always applies: it
    locks out roles of applications and services, and of people who did sign in with MFA. In a service control policy it
    applies to every role of the account.

    Instead: require MFA in the trust policy of the role, and limit the deny to users, for example with
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
                "the deny always applies to roles; limit it to users with `aws:PrincipalArn`",
            )


def _exempting(policy: Policy, actions: Iterable[str]) -> Iterator[tuple[Statement, Element, list[str]]]:
    """Each `NotAction` entry that exempts any of the actions from a deny without MFA: its statement, itself, which."""
    for statement in filter(denies_without_mfa, policy.statements):
        for entry in statement.not_actions:
            if exempt := [action for action in actions if matches(entry.value.lower(), action.lower())]:
                yield statement, entry, exempt


def _denied_elsewhere(policy: Policy, exempting: Statement, actions: list[str]) -> bool:
    """Whether other statements deny the actions without MFA, perhaps with an exception for the caller's own user."""
    others = [other for other in policy.statements if other is not exempting and denies_without_mfa(other)]
    return all(any(applies_to(other, action) for other in others) for action in actions)
