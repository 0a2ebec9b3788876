"""ARNs that are meant to be one's own, and match other users as well or leave some out."""

import re

from policygen.access.mfa import grants
from policygen.access.own_user import USERNAME, own_user, own_users
from policygen.finding import Severity
from policygen.lint.rule import Objections, rule
from policygen.policy.arn import segments
from policygen.policy.model import Kind, Policy

_KINDS = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP)


@rule("own-user-matches-others", Severity.SECURITY_WARNING, group="credentials", kinds=_KINDS)
def own_user_matches_others(policy: Policy) -> Objections:
    """A wildcard beside `${aws:username}` matches other users too.

    Why it matters: `user/*${aws:username}` lets the user `ann` act on `joann`, `user/${aws:username}*` on `anna`.

    Instead: let the wildcard end at a slash, as in `user/*/${aws:username}`. Names are unique in an account whatever
    their paths, so that matches nobody else.

    Fires on: {…, "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::123456789012:user/*${aws:username}"}
    Quiet on: {…, "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::123456789012:user/*/${aws:username}"}
    """
    for statement in policy.statements:
        for entry in own_users(statement) if statement.allows else ():
            if re.search(r"[^/]@|@.", own_user(entry.value) or ""):
                yield entry.pointer, f"`{entry.value}` matches other users too; set a `/` between path and name"


@rule("own-user-without-path", Severity.SUGGESTION, group="credentials", kinds=_KINDS)
def own_user_without_path(policy: Policy) -> Objections:
    """Users under an IAM path are left out: `user/${aws:username}` stands for users without a path alone.

    Why it matters: the user `/eng/carol` has the ARN `user/eng/carol`, and what everybody may do for themselves is
    refused to her.

    Instead: add `user/*/${aws:username}`, which reaches nobody else, since names are unique in an account.

    Fires on: {…, "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    Quiet on: {…, "Action": "iam:ChangePassword", "Resource": ["arn:aws:iam::123456789012:user/${aws:username}",
               "arn:aws:iam::123456789012:user/*/${aws:username}"]}
    """
    for statement in policy.statements:
        own = own_users(statement) if statement.allows else []
        if own and all(own_user(entry.value) == "@" for entry in own):
            yield own[0].pointer, f"`{own[0].value}` leaves out users under a path; add `user/*/${{aws:username}}`"


@rule("mfa-device-named-after-user", Severity.WARNING, group="credentials", kinds=_KINDS)
def mfa_device_named_after_user(policy: Policy) -> Objections:
    """A virtual MFA device may be created only under the user's own name.

    Why it matters: users choose the names of their devices, and may have eight, since November 2022. The console
    proposes another name than the user's, so enrolment fails with an access error.

    Instead: allow `iam:CreateVirtualMFADevice` on `mfa/*`. The device protects nobody until `iam:EnableMFADevice` binds
    it to a user, and that is limited by the user's ARN.

    Fires on: {…, "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::123456789012:mfa/${aws:username}"}
    Quiet on: {…, "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::123456789012:mfa/*"}
    """
    for statement, _ in grants(policy).get("iam:CreateVirtualMFADevice", ()):
        devices = [entry for entry in statement.resources if segments(entry.value)[-1].startswith("mfa/")]
        if devices and all(USERNAME.search(entry.value) for entry in devices):
            message = f"`{devices[0].value}` lets a user create a device under the user's name alone; allow `mfa/*`"
            yield devices[0].pointer, message


@rule("username-variable-under-old-version", Severity.ERROR, group="credentials", kinds=_KINDS)
def username_variable_under_old_version(policy: Policy) -> Objections:
    """`${aws:username}` stands in a policy of a version without variables.

    Why it matters: without `"Version": "2012-10-17"` the text is taken as it stands, so the ARN is that of no user
    and the statement does nothing: an `Allow` grants nothing, a `Deny` protects nothing.

    Instead: write `"Version": "2012-10-17"`.

    Fires on: {"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ChangePassword",
        "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}]}
    Quiet on: {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ChangePassword",
        "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}]}
    """
    for statement in policy.statements if policy.version != "2012-10-17" else ():
        for entry in (*statement.resources, *statement.not_resources):
            if USERNAME.search(entry.value):
                yield (
                    entry.pointer,
                    f'`{entry.value}` is taken literally in this version; write `"Version": "2012-10-17"`',
                )
