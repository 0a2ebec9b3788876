"""ARNs meant to match only the caller's own user that match other users too, or miss some callers."""

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
    """A wildcard next to `${aws:username}` matches other users too.

    Why it matters: `user/*${aws:username}` lets the user `ann` act on `joann`, and `user/${aws:username}*` on `anna`.

    Instead: put a slash between them, as in `user/*/${aws:username}`. User names are unique in an account whatever
    the path, so that matches nobody else.

    Fires on: {…, "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::123456789012:user/*${aws:username}"}
    Quiet on: {…, "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::123456789012:user/*/${aws:username}"}
    """
    for statement in policy.statements:
        for entry in own_users(statement) if statement.allows else ():
            if re.search(r"[^/]@|@.", own_user(entry.value) or ""):
                yield entry.pointer, f"`{entry.value}` matches other users too; put a `/` between path and name"


@rule("own-user-without-path", Severity.SUGGESTION, group="credentials", kinds=_KINDS)
def own_user_without_path(policy: Policy) -> Objections:
    """Users under an IAM path are left out: `user/${aws:username}` only matches users without a path.

    Why it matters: the ARN of the user `/eng/carol` ends in `user/eng/carol`, so she is denied what other users may do
    for themselves.

    Instead: add `user/*/${aws:username}`, which matches nobody else, since user names are unique in an account.

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
    """Users can only create a virtual MFA device that is named after themselves.

    Why it matters: since November 2022 users can have eight devices and name them freely. The console suggests a name
    other than the user name, so enrolment fails with an access denied error.

    Instead: allow `iam:CreateVirtualMFADevice` on `mfa/*`. The device has no effect until `iam:EnableMFADevice` assigns
    it to a user, and that is limited by the user's ARN.

    Fires on: {…, "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::123456789012:mfa/${aws:username}"}
    Quiet on: {…, "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::123456789012:mfa/*"}
    """
    for statement, _ in grants(policy).get("iam:CreateVirtualMFADevice", ()):
        devices = [entry for entry in statement.resources if segments(entry.value)[-1].startswith("mfa/")]
        if devices and all(USERNAME.search(entry.value) for entry in devices):
            message = f"`{devices[0].value}` only lets users create a device named after themselves; allow `mfa/*`"
            yield devices[0].pointer, message


@rule("username-variable-under-old-version", Severity.ERROR, group="credentials", kinds=_KINDS)
def username_variable_under_old_version(policy: Policy) -> Objections:
    """`${aws:username}` is used in a policy version without policy variables.

    Why it matters: without `"Version": "2012-10-17"` the text is taken literally, so the ARN does not match any
    user: an `Allow` grants nothing, a `Deny` protects nothing.

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
