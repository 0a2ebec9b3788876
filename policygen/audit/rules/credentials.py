"""Passwords, access keys and MFA of users, according to the credential report."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from policygen.account.model import AccessKey, Account, Credentials
from policygen.audit.commands import NEW_CREDENTIAL_REPORT, aws_iam, key_commands
from policygen.audit.result import Verdict, account_entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import LATER, Subject
from policygen.finding import Entity, Severity

_PARTS = ("credential-report",)

_SILENT = "the credential report does not say whether the user has a password and active keys"
_UNDATED = "the credential report does not say when a credential was created"


def judge(
    subject: Subject, check: Callable[[Entity, Credentials], Verdict], *, password: bool = False, keys: bool = False
) -> Iterator[Verdict]:
    """A verdict on every user. It is unknown if the report does not contain the user yet, or does not say what the rule
    needs: whether there is a `password`, which `keys` are active.
    """
    report = subject.account.credential_report
    for row in report.rows if report else ():
        about = Entity("user", row.user, row.arn)
        if row.is_root:
            continue
        if (password and row.password_enabled is None) or (keys and _doubtful(row)):
            yield unknown(about, _SILENT)
        else:
            yield check(about, row)
    for user in subject.account.users:
        if subject.account.credentials(user.name) is None:
            about = Entity("user", user.name, user.arn)
            message = "is not in the credential report, which is older than the user"
            yield unknown(about, message, fix=NEW_CREDENTIAL_REPORT)


@rule("user-without-mfa", Severity.SECURITY_WARNING, needs=_PARTS, rulesets=("scout2",), marks="mfa", cis="2.09")
def user_without_mfa(subject: Subject) -> Iterator[Verdict]:
    """A user can sign in with only a password.

    Why it matters: one guessed, reused or phished password is enough to sign in as the user.

    Instead: have the user register a passkey or another MFA device, and deny everything else until then (recipe
    `enforce-mfa`).

    Fires on: {"credentials": [{"user": "alice", "password_enabled": "true", "mfa_active": "false"}]}
    Quiet on: {"credentials": [{"user": "alice", "password_enabled": "true", "mfa_active": "true"}]}
    Quiet on: {"credentials": [{"user": "svc-ci", "password_enabled": "false", "mfa_active": "false"}]}
    Unknown on: {"credentials": [{"user": "alice", "password_enabled": "true", "mfa_active": ""}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        if row.password_enabled is None or (row.password_enabled and row.mfa_active is None):
            return unknown(about, "the credential report does not say whether the user has a password and MFA")
        if row.password_enabled and not row.mfa_active:
            return fail(about, "has a password and no MFA device", _seen(row), fix=_enrol(subject.account, row.user))
        return passed(about)

    yield from judge(subject, check)


@rule("user-with-password-and-key", Severity.WARNING, needs=_PARTS, rulesets=("scout2",), marks="keys", cis="2.10")
def user_with_password_and_key(subject: Subject) -> Iterator[Verdict]:
    """A user has a password and an access key.

    Why it matters: people work in the console, or get temporary credentials by signing in (`aws login`, Identity
    Center); machines never sign in. A user with both is a person with a forgotten key, or a machine that somebody can
    sign in as. Inactive keys do not count, since they open nothing.

    Instead: delete the key of a person, or the password of a machine.

    Fires on: {"credentials": [{"user": "alice", "password_enabled": "true", "access_key_1_active": "true"}]}
    Quiet on: {"credentials": [{"user": "alice", "password_enabled": "true", "access_key_1_active": "false"}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        if row.password_enabled and _active(row):
            return fail(about, f"has a password and {_count(_active(row))}", _seen(row), fix=_deactivate(row))
        return passed(about)

    yield from judge(subject, check, password=True, keys=True)


@rule("user-with-two-active-keys", Severity.WARNING, needs=_PARTS, rulesets=("scout2",), marks="keys", cis="2.12")
def user_with_two_active_keys(subject: Subject) -> Iterator[Verdict]:
    """Both access keys of a user are active.

    Why it matters: the second key is meant for the hour of a rotation. If it stays active, there is twice as much to
    leak, and no room for the next rotation.

    Instead: find out from the last use which one is not needed, deactivate it, and delete it after a week.

    Fires on: {"credentials": [{"user": "alice", "access_key_1_active": "true", "access_key_2_active": "true"}]}
    Quiet on: {"credentials": [{"user": "alice", "access_key_1_active": "true", "access_key_2_active": "false"}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        if len(_active(row)) > 1:
            return fail(about, "has 2 active access keys", *_uses(row), fix=_deactivate(row))
        return passed(about)

    yield from judge(subject, check, keys=True)


@rule(
    "access-key-not-rotated",
    Severity.SECURITY_WARNING,
    needs=_PARTS,
    rulesets=("strategy", "scout2"),
    marks="keys",
    cis="2.13",
)
def access_key_not_rotated(subject: Subject, *, days: int = 90) -> Iterator[Verdict]:
    """An active access key is old.

    Why it matters: the older a key, the more laptops, backups and repositories it has been in.

    Instead: rotate it or, better, replace it with a role or temporary credentials. `days` is how old a key may be.

    Fires on: {"credentials": [{"user": "alice", "access_key_1_active": "true",
        "access_key_1_last_rotated": "2026-06-01T00:00:00+00:00"}]}
    Quiet on: {"credentials": [{"user": "alice", "access_key_1_active": "true",
        "access_key_1_last_rotated": "2026-10-01T00:00:00+00:00"}]}
    Unknown on: {"credentials": [{"user": "alice", "access_key_1_active": "true", "access_key_1_last_rotated": "N/A"}]}
    """
    yield from _old_keys(subject, days, active=True)


@rule("inactive-access-key-kept", Severity.WARNING, needs=_PARTS, rulesets=("scout2",), marks="keys")
def inactive_access_key_kept(subject: Subject, *, days: int = 90) -> Iterator[Verdict]:
    """An access key was deactivated long ago, but never deleted.

    Why it matters: anyone with `iam:UpdateAccessKey` can reactivate it, and the old secret works again.

    Instead: delete it. `days` is how old an inactive key may be.

    Fires on: {"credentials": [{"user": "alice", "access_key_1_active": "false",
        "access_key_1_last_rotated": "2025-06-01T00:00:00+00:00"}]}
    Quiet on: {"credentials": [{"user": "alice", "access_key_1_active": "false"}]}
    """
    yield from _old_keys(subject, days, active=False)


@rule("credentials-not-used", Severity.WARNING, needs=_PARTS, rulesets=("strategy", "scout2"), marks="keys", cis="2.11")
def credentials_not_used(subject: Subject, *, days: int = 45) -> Iterator[Verdict]:
    """A password or an access key has not been used for a long time.

    Why it matters: nobody would notice if somebody else used it. For a credential that was never used, the days are
    counted from its creation.

    Instead: delete the password; deactivate the key, then delete it. `days` is how long a credential may be unused.

    Fires on: {"credentials": [{"user": "alice", "password_enabled": "true",
        "password_last_used": "2026-01-05T00:00:00+00:00"}]}
    Fires on: {"credentials": [{"user": "alice", "access_key_1_active": "true",
        "access_key_1_last_rotated": "2026-01-05T00:00:00+00:00", "access_key_1_last_used_date": "N/A"}]}
    Quiet on: {"credentials": [{"user": "alice", "password_enabled": "true",
        "password_last_used": "2026-10-25T00:00:00+00:00"}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        last = {name: key.last_used or key.last_rotated for name, key in _keys(row).items() if key.active}
        if row.password_enabled:
            last["password"] = row.password_last_used or row.password_last_changed or row.created
        idle, doubt = _longer_ago(subject, days, last)
        if idle:
            said = " and ".join(f"{what} for {number} days" for what, number in idle.items())
            keys = _deactivate(row) if idle.keys() - {"password"} else ()
            password = (_delete_password(row),) if "password" in idle else ()
            return fail(about, f"has not used the {said}", _seen(row), fix=(*keys, *password))
        return unknown(about, doubt) if doubt else passed(about)

    yield from judge(subject, check, password=True, keys=True)


@rule("access-key-never-used", Severity.WARNING, needs=_PARTS, rulesets=("scout2",), marks="keys", cis="2.10")
def access_key_never_used(subject: Subject, *, days: int = 7) -> Iterator[Verdict]:
    """An active access key has never been used.

    Why it matters: it was created "just in case", and the secret is still in an e-mail or a download folder.

    Instead: delete it. `days` is how old a key must be to be reported.

    Fires on: {"credentials": [{"user": "alice", "access_key_1_active": "true",
        "access_key_1_last_rotated": "2026-09-01T00:00:00+00:00", "access_key_1_last_used_date": "N/A"}]}
    Quiet on: {"credentials": [{"user": "alice", "access_key_1_active": "true",
        "access_key_1_last_rotated": "2026-09-01T00:00:00+00:00",
        "access_key_1_last_used_date": "2026-09-02T00:00:00+00:00"}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        made = {name: k.last_rotated for name, k in _keys(row).items() if k.active and k.last_used is None}
        old, doubt = _longer_ago(subject, days, made)
        if old:
            message = f"has an access key that was created {max(old.values())} days ago and never used"
            return fail(about, message, fix=_deactivate(row))
        return unknown(about, doubt) if doubt else passed(about)

    yield from judge(subject, check, keys=True)


@rule("headless-user", Severity.WARNING, needs=_PARTS, rulesets=("strategy",), marks="keys")
def headless_user(subject: Subject) -> Iterator[Verdict]:
    """A user has access keys and no password: a machine that should use a role.

    Why it matters: a key in a configuration file is valid until somebody remembers to delete it. A role's credentials
    expire within hours.

    Instead: give the machine a role: an instance profile, a pod identity, IAM Roles Anywhere, or OpenID Connect for CI.

    Fires on: {"credentials": [{"user": "svc-ci", "access_key_1_active": "true"}]}
    Quiet on: {"credentials": [{"user": "alice", "password_enabled": "true", "access_key_1_active": "true"}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        if _active(row) and not row.password_enabled:
            message = f"has {_count(_active(row))} and no password; use a role instead"
            return fail(about, message, *_uses(row), fix=_deactivate(row))
        return passed(about, "has a password in addition to its keys" if _active(row) and row.password_enabled else "")

    yield from judge(subject, check, password=True, keys=True)


@rule(
    "headless-user-with-password",
    Severity.WARNING,
    needs=("authorization-details", *_PARTS),
    default=False,
    marks="password",
)
def headless_user_with_password(subject: Subject, *, groups: tuple[str, ...] = ()) -> Iterator[Verdict]:
    """A member of a group for machines has a password.

    Why it matters: nobody should be able to sign in as a machine: it does not have MFA, and its groups do not demand
    it. Off until the parameter `groups` names the category groups of machines.

    Instead: delete the password.

    Fires on: {"UserDetailList": [{"UserName": "svc-ci", "GroupList": ["Headless"]}], "groups": ["headless"],
        "credentials": [{"user": "svc-ci", "password_enabled": "true"}]}
    Quiet on: {"UserDetailList": [{"UserName": "svc-ci", "GroupList": ["Headless"]}], "groups": ["Headless"],
        "credentials": [{"user": "svc-ci", "password_enabled": "false"}]}
    Unknown on: {"UserDetailList": [{"UserName": "svc-ci"}], "credentials": [{"user": "svc-ci"}]}
    """
    if not groups:
        hint = "no group of machines is named; set `groups` in `[audit.rules.headless-user-with-password]`"
        yield unknown(account_entity(subject.account), hint)
        return
    machines = {user.name.lower() for group in groups for user in subject.account.members(group)}

    def check(about: Entity, row: Credentials) -> Verdict:
        if row.user.lower() in machines and row.password_enabled is None:
            return unknown(about, _SILENT)
        if row.user.lower() in machines and row.password_enabled:
            return fail(about, "is a machine with a password", fix=(_delete_password(row),))
        return passed(about)

    yield from judge(subject, check)


def _old_keys(subject: Subject, days: int, *, active: bool) -> Iterator[Verdict]:
    kind = "active" if active else "inactive"

    def check(about: Entity, row: Credentials) -> Verdict:
        # the report has columns for two keys: one that was never created is inactive and has no date
        keys = {name: key for name, key in _keys(row).items() if key.active is active and (active or key.last_rotated)}
        old, doubt = _longer_ago(subject, days, {name: key.last_rotated for name, key in keys.items()})
        if old:
            made = (f"{kind} key created on {keys[name].last_rotated:%Y-%m-%d}" for name in old)
            fix = _deactivate(row) if active else key_commands(row.user, "delete-access-key")
            return fail(about, f"has an {kind} access key that is {max(old.values())} days old", *made, fix=fix)
        again = f"has {_count(_active(row))}" if _active(row) and not active else ""
        return unknown(about, doubt) if doubt else passed(about, again)

    yield from judge(subject, check, keys=True)


def _longer_ago(subject: Subject, days: int, dates: Mapping[str, datetime | None]) -> tuple[dict[str, int], str]:
    """The age in days of what is older than `days`, and why the age of the rest is not known ("" if it is)."""
    ages = {what: subject.days(when) for what, when in dates.items() if when}
    old = {what: age for what, age in ages.items() if age is not None and age > days}
    return old, _UNDATED if len(ages) < len(dates) else LATER if None in ages.values() else ""


def _active(row: Credentials) -> list[AccessKey]:
    return [key for key in row.access_keys if key.active]


def _doubtful(row: Credentials) -> bool:
    return not row.access_keys or any(key.active is None for key in row.access_keys)


def _count(keys: list[AccessKey]) -> str:
    return f"{len(keys)} active access key{'s' if len(keys) > 1 else ''}"


def _keys(row: Credentials) -> dict[str, AccessKey]:
    return {f"access key {number}": key for number, key in enumerate(row.access_keys, 1)}


def _uses(row: Credentials) -> Iterator[str]:
    """When each active key was created and last used."""
    for number, key in enumerate(row.access_keys, 1):
        if key.active:
            made = f"created on {key.last_rotated:%Y-%m-%d}, " if key.last_rotated else ""
            used = f"last used {key.last_used:%Y-%m-%d}" if key.last_used else "never used"
            yield f"key {number}: {made}{used}"


def _seen(row: Credentials) -> str:
    used = f"last used {row.password_last_used:%Y-%m-%d}" if row.password_last_used else "never used"
    return f"password: {used}" if row.password_enabled else "no password"


def _enrol(account: Account, user: str) -> tuple[str, ...]:
    """The commands that register a virtual device; the user scans the QR code and reads out two consecutive codes."""
    serial = f"arn:{account.partition or 'aws'}:iam::{account.id or 'ACCOUNT'}:mfa/{user}"
    codes = {"authentication_code1": "CODE_1", "authentication_code2": "CODE_2"}
    made = {"virtual_mfa_device_name": user, "outfile": "qr-code.png", "bootstrap_method": "QRCodePNG"}
    return (
        aws_iam("create-virtual-mfa-device", **made),
        aws_iam("enable-mfa-device", user_name=user, serial_number=serial, **codes),
    )


def _delete_password(row: Credentials) -> str:
    return aws_iam("delete-login-profile", user_name=row.user)


def _deactivate(row: Credentials) -> tuple[str, ...]:
    return key_commands(row.user, "update-access-key", status="Inactive")
