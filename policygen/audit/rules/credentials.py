"""Passwords, access keys and MFA of users, as the credential report has them."""

from collections.abc import Callable, Iterator

from policygen.account.model import AccessKey, Account, Credentials
from policygen.audit.commands import NEW_CREDENTIAL_REPORT, aws_iam
from policygen.audit.result import Verdict, account_entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import LATER, Subject
from policygen.finding import Entity, Severity

_PARTS = ("credential-report",)


def judge(subject: Subject, check: Callable[[Entity, Credentials], Verdict]) -> Iterator[Verdict]:
    """A verdict for every user of the report; unknown for users that it does not have yet."""
    report = subject.account.credential_report
    rows = report.rows if report else ()
    for row in rows:
        if not row.is_root:
            yield check(Entity("user", row.user, row.arn), row)
    for user in subject.account.users:
        if subject.account.credentials(user.name) is None:
            about = Entity("user", user.name, user.arn)
            message = "is not in the credential report, which is older than the user"
            yield unknown(about, message, fix=NEW_CREDENTIAL_REPORT)


@rule("user-without-mfa", Severity.SECURITY_WARNING, needs=_PARTS, rulesets=("scout2",), marks="mfa", cis="2.09")
def user_without_mfa(subject: Subject) -> Iterator[Verdict]:
    """A user signs in with a password alone.

    Why it matters: one guessed, reused or phished password is the account.

    Instead: let the user enrol a passkey or another MFA device, and deny everything else until then (the recipe
    `enforce-mfa`).

    Fires on: {"credentials": [{"user": "alice", "password_enabled": "true", "mfa_active": "false"}]}
    Quiet on: {"credentials": [{"user": "alice", "password_enabled": "true", "mfa_active": "true"}]}
    Quiet on: {"credentials": [{"user": "svc-ci", "password_enabled": "false", "mfa_active": "false"}]}
    Unknown on: {"credentials": [{"user": "alice", "password_enabled": "true", "mfa_active": ""}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        if row.password_enabled is None or (row.password_enabled and row.mfa_active is None):
            return unknown(about, "the credential report does not say whether there is a password and MFA")
        if row.password_enabled and not row.mfa_active:
            return fail(about, "has a password and no MFA device", _seen(row), fix=_enrol(subject.account, row.user))
        return passed(about)

    yield from judge(subject, check)


@rule("user-with-password-and-key", Severity.WARNING, needs=_PARTS, rulesets=("scout2",), marks="keys", cis="2.10")
def user_with_password_and_key(subject: Subject) -> Iterator[Verdict]:
    """A user has a password and an access key.

    Why it matters: people work in the console, or get temporary credentials by signing in (`aws login`, Identity
    Center); machines never sign in. A user who has both is a person with a key that is left lying about, or a machine
    that somebody can sign in as. An inactive key does not count here, since it opens nothing.

    Instead: delete the key of a person, or the password of a machine.

    Fires on: {"credentials": [{"user": "alice", "password_enabled": "true", "access_key_1_active": "true"}]}
    Quiet on: {"credentials": [{"user": "alice", "password_enabled": "true", "access_key_1_active": "false"}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        if row.password_enabled is None or _doubtful(row):
            return unknown(about, _SILENT)
        if row.password_enabled and _active(row):
            return fail(about, f"has a password and {_count(_active(row))}", _seen(row), fix=_deactivate(row))
        return passed(about)

    yield from judge(subject, check)


@rule("user-with-two-active-keys", Severity.WARNING, needs=_PARTS, rulesets=("scout2",), marks="keys", cis="2.12")
def user_with_two_active_keys(subject: Subject) -> Iterator[Verdict]:
    """Both access keys of a user are active.

    Why it matters: the second is there for the hour of a rotation. Left on, it doubles what can leak, and the next
    rotation has no room.

    Instead: find out by its last use which one is not needed, deactivate it, and delete it after a week.

    Fires on: {"credentials": [{"user": "alice", "access_key_1_active": "true", "access_key_2_active": "true"}]}
    Quiet on: {"credentials": [{"user": "alice", "access_key_1_active": "true", "access_key_2_active": "false"}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        if _doubtful(row):
            return unknown(about, _SILENT)
        if len(_active(row)) > 1:
            used = (f"key {n}: {_used(key)}" for n, key in enumerate(row.access_keys, 1))
            return fail(about, "has 2 active access keys", *used, fix=_deactivate(row))
        return passed(about)

    yield from judge(subject, check)


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

    Instead: rotate it, or better, replace it by a role or by temporary credentials. `days` is how old a key may be.

    Fires on: {"credentials": [{"user": "alice", "access_key_1_active": "true",
        "access_key_1_last_rotated": "2026-06-01T00:00:00+00:00"}]}
    Quiet on: {"credentials": [{"user": "alice", "access_key_1_active": "true",
        "access_key_1_last_rotated": "2026-10-01T00:00:00+00:00"}]}
    Unknown on: {"credentials": [{"user": "alice", "access_key_1_active": "true", "access_key_1_last_rotated": "N/A"}]}
    """
    yield from _old_keys(subject, days, active=True)


@rule("inactive-access-key-kept", Severity.WARNING, needs=_PARTS, rulesets=("scout2",), marks="keys")
def inactive_access_key_kept(subject: Subject, *, days: int = 90) -> Iterator[Verdict]:
    """An access key that nobody uses any more was deactivated, but never deleted.

    Why it matters: whoever may call `iam:UpdateAccessKey` switches it on again, and the old secret opens the account.

    Instead: delete it. `days` is how old an inactive key may be.

    Fires on: {"credentials": [{"user": "alice", "access_key_1_active": "false",
        "access_key_1_last_rotated": "2025-06-01T00:00:00+00:00"}]}
    Quiet on: {"credentials": [{"user": "alice", "access_key_1_active": "false"}]}
    """
    yield from _old_keys(subject, days, active=False)


@rule("credentials-not-used", Severity.WARNING, needs=_PARTS, rulesets=("strategy", "scout2"), marks="keys", cis="2.11")
def credentials_not_used(subject: Subject, *, days: int = 45) -> Iterator[Verdict]:
    """A password or an access key has not been used for a long time, or never.

    Why it matters: nobody would notice if somebody else used it. One that was never used counts from the day on which
    it was made.

    Instead: remove the password, deactivate and then delete the key. `days` is how long a credential may rest.

    Fires on: {"credentials": [{"user": "alice", "password_enabled": "true",
        "password_last_used": "2026-01-05T00:00:00+00:00"}]}
    Fires on: {"credentials": [{"user": "alice", "access_key_1_active": "true",
        "access_key_1_last_rotated": "2026-01-05T00:00:00+00:00", "access_key_1_last_used_date": "N/A"}]}
    Quiet on: {"credentials": [{"user": "alice", "password_enabled": "true",
        "password_last_used": "2026-10-25T00:00:00+00:00"}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        if row.password_enabled is None or _doubtful(row):
            return unknown(about, _SILENT)
        last = {
            f"access key {n}": (k.last_used or k.last_rotated) for n, k in enumerate(row.access_keys, 1) if k.active
        }
        if row.password_enabled:
            last["password"] = row.password_last_used or row.password_last_changed or row.created
        rested = {what: subject.days(when) for what, when in last.items() if when}
        idle = {what: number for what, number in rested.items() if number is not None and number > days}
        if idle:
            said = " and ".join(f"{what} for {number} days" for what, number in idle.items())
            keys = _deactivate(row) if any(what != "password" for what in idle) else ()
            password = (aws_iam("delete-login-profile", user_name=row.user),) if "password" in idle else ()
            return fail(about, f"has not used the {said}", _seen(row), fix=(*keys, *password))
        if len(rested) < len(last):
            return unknown(about, "the credential report does not say when a credential was made")
        if None in rested.values():
            return unknown(about, LATER)
        return passed(about)

    yield from judge(subject, check)


@rule("access-key-never-used", Severity.WARNING, needs=_PARTS, rulesets=("scout2",), marks="keys", cis="2.10")
def access_key_never_used(subject: Subject, *, days: int = 7) -> Iterator[Verdict]:
    """An active access key has never been used.

    Why it matters: it was made "just in case", and is in a mail or a download folder.

    Instead: delete it. `days` is how old a key must be to be reported.

    Fires on: {"credentials": [{"user": "alice", "access_key_1_active": "true",
        "access_key_1_last_rotated": "2026-09-01T00:00:00+00:00", "access_key_1_last_used_date": "N/A"}]}
    Quiet on: {"credentials": [{"user": "alice", "access_key_1_active": "true",
        "access_key_1_last_rotated": "2026-09-01T00:00:00+00:00",
        "access_key_1_last_used_date": "2026-09-02T00:00:00+00:00"}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        if _doubtful(row):
            return unknown(about, _SILENT)
        made = [key.last_rotated for key in _active(row) if key.last_used is None]
        if None in made:
            return unknown(about, "the credential report does not say when a key was made")
        ages = [subject.days(when) for when in made if when]
        old = [age for age in ages if age is not None and age > days]
        if old:
            return fail(about, f"has an access key of {max(old)} days that was never used", fix=_deactivate(row))
        if None in ages:
            return unknown(about, LATER)
        return passed(about)

    yield from judge(subject, check)


@rule("headless-user", Severity.WARNING, needs=_PARTS, rulesets=("strategy",), marks="keys")
def headless_user(subject: Subject) -> Iterator[Verdict]:
    """A user has access keys and no password: a machine that should be a role.

    Why it matters: a key in a configuration file is valid until somebody remembers it. A role's credentials end by
    themselves within hours.

    Instead: give the machine a role: an instance profile, a pod identity, IAM Roles Anywhere, or OpenID Connect for CI.

    Fires on: {"credentials": [{"user": "svc-ci", "access_key_1_active": "true"}]}
    Quiet on: {"credentials": [{"user": "alice", "password_enabled": "true", "access_key_1_active": "true"}]}
    """

    def check(about: Entity, row: Credentials) -> Verdict:
        if row.password_enabled is None or _doubtful(row):
            return unknown(about, _SILENT)
        if _active(row) and not row.password_enabled:
            used = (f"key {n}: {_used(key)}" for n, key in enumerate(row.access_keys, 1) if key.active)
            return fail(
                about, f"has {_count(_active(row))} and no password: a role would do", *used, fix=_deactivate(row)
            )
        return passed(about, "has a password beside its keys" if _active(row) and row.password_enabled else "")

    yield from judge(subject, check)


@rule(
    "headless-user-with-password",
    Severity.WARNING,
    needs=("authorization-details", *_PARTS),
    default=False,
    marks="password",
)
def headless_user_with_password(subject: Subject, *, groups: tuple[str, ...] = ()) -> Iterator[Verdict]:
    """A member of a group for machines has a password.

    Why it matters: nobody should be able to sign in as a machine: it has no MFA, and its groups exempt it from having
    one. Off until the parameter `groups` names the category groups of machines.

    Instead: remove the password.

    Fires on: {"UserDetailList": [{"UserName": "svc-ci", "GroupList": ["Headless"]}], "groups": ["headless"],
        "credentials": [{"user": "svc-ci", "password_enabled": "true"}]}
    Quiet on: {"UserDetailList": [{"UserName": "svc-ci", "GroupList": ["Headless"]}], "groups": ["Headless"],
        "credentials": [{"user": "svc-ci", "password_enabled": "false"}]}
    Unknown on: {"UserDetailList": [{"UserName": "svc-ci"}], "credentials": [{"user": "svc-ci"}]}
    """
    if not groups:
        hint = "no group of machines is named; name it in `groups` of `[audit.rules.headless-user-with-password]`"
        yield unknown(account_entity(subject.account), hint)
        return
    machines = {user.name.lower() for group in groups for user in subject.account.members(group)}

    def check(about: Entity, row: Credentials) -> Verdict:
        if row.user.lower() not in machines:
            return passed(about)
        if row.password_enabled is None:
            return unknown(about, _SILENT)
        if row.password_enabled:
            return fail(
                about, "is a machine with a password", fix=(aws_iam("delete-login-profile", user_name=row.user),)
            )
        return passed(about)

    yield from judge(subject, check)


_SILENT = "the credential report does not say whether there are a password and active keys"


def _old_keys(subject: Subject, days: int, *, active: bool) -> Iterator[Verdict]:
    def check(about: Entity, row: Credentials) -> Verdict:
        if _doubtful(row):
            return unknown(about, _SILENT)
        # a key that was never made is inactive and has no date
        keys = [key for key in row.access_keys if key.active is active and (active or key.last_rotated)]
        ages = {key.last_rotated: subject.days(key.last_rotated) for key in keys if key.last_rotated}
        old = {when: age for when, age in ages.items() if age is not None and age > days}
        if not old:
            if any(key.last_rotated is None for key in keys):
                return unknown(about, "the credential report does not say when a key was made")
            again = "" if active or not _active(row) else f"has {_count(_active(row))}"
            return unknown(about, LATER) if None in ages.values() else passed(about, again)
        kind = "active" if active else "inactive"
        made = (f"{kind} key of {when:%Y-%m-%d}" for when in old)
        fix = _deactivate(row) if active else (_list(row), f"{_key_command('delete-access-key', row)}")
        return fail(about, f"has an {kind} access key of {max(old.values())} days", *made, fix=fix)

    yield from judge(subject, check)


def _active(row: Credentials) -> list[AccessKey]:
    return [key for key in row.access_keys if key.active]


def _doubtful(row: Credentials) -> bool:
    return not row.access_keys or any(key.active is None for key in row.access_keys)


def _count(keys: list[AccessKey]) -> str:
    return f"{len(keys)} active access key{'s' if len(keys) > 1 else ''}"


def _used(key: AccessKey) -> str:
    made = f"of {key.last_rotated:%Y-%m-%d}, " if key.last_rotated else ""
    return made + (f"last used {key.last_used:%Y-%m-%d}" if key.last_used else "never used")


def _seen(row: Credentials) -> str:
    used = f"last used {row.password_last_used:%Y-%m-%d}" if row.password_last_used else "never used"
    return f"password: {used}" if row.password_enabled else "no password"


def _enrol(account: Account, user: str) -> tuple[str, ...]:
    """The commands that give a user a virtual device; the person scans the code and tells two numbers in a row."""
    serial = f"arn:{account.partition or 'aws'}:iam::{account.id or 'ACCOUNT'}:mfa/{user}"
    codes = {"authentication_code1": "CODE_1", "authentication_code2": "CODE_2"}
    made = {"virtual_mfa_device_name": user, "outfile": "qr-code.png", "bootstrap_method": "QRCodePNG"}
    return (
        aws_iam("create-virtual-mfa-device", **made),
        aws_iam("enable-mfa-device", user_name=user, serial_number=serial, **codes),
    )


def _list(row: Credentials) -> str:
    return aws_iam("list-access-keys", user_name=row.user)


def _key_command(verb: str, row: Credentials, **options: str) -> str:
    # the credential report does not tell the ids of keys
    return aws_iam(verb, user_name=row.user, **options, access_key_id="ACCESS_KEY_ID")


def _deactivate(row: Credentials) -> tuple[str, ...]:
    return _list(row), _key_command("update-access-key", row, status="Inactive")
