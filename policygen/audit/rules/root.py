"""The root user, which no policy limits, according to the credential report or else the account summary."""

from collections.abc import Iterator, Sequence

from policygen.account.model import ROOT_USER, Account
from policygen.audit.result import Verdict, fail, passed, root_entity, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import LATER, Subject
from policygen.finding import Severity

_EITHER = ("credential-report|account-summary",)
_ROW = "the credential report does not contain the root user"


@rule("root-without-mfa", Severity.ERROR, needs=_EITHER, rulesets=("scout2",), marks="mfa", cis="2.04")
def root_without_mfa(subject: Subject) -> Iterator[Verdict]:
    """The root user has no MFA device.

    Why it matters: anyone with access to one mailbox can reset the password, and no policy limits the root user. A root
    user whose credentials were removed centrally has nothing to protect and passes.

    Instead: sign in as root and register a passkey or a security key, or remove the credentials through AWS
    Organizations.

    Fires on: {"credentials": [{"user": "<root_account>", "password_enabled": "true", "mfa_active": "false"}]}
    Fires on: {"SummaryMap": {"AccountMFAEnabled": 0}}
    Quiet on: {"credentials": [{"user": "<root_account>", "password_enabled": "not_supported", "mfa_active": "true"}]}
    Quiet on: {"SummaryMap": {"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountAccessKeysPresent": 0}}
    """
    yield _verdict(subject, _lacks_mfa(subject.account), "has no MFA device")


@rule(
    "root-with-virtual-mfa",
    Severity.WARNING,
    needs=(*_EITHER, "virtual-mfa-devices"),
    rulesets=("scout2",),
    marks="mfa",
    cis="2.05",
)
def root_with_virtual_mfa(subject: Subject) -> Iterator[Verdict]:
    """The root user can sign in with a virtual MFA device, or without MFA.

    Why it matters: a code from an app can be phished, and its seed can be copied. Adding a security key does not help
    while the app is still accepted.

    Instead: register a FIDO2 security key or passkey for root, then remove the virtual device.

    Fires on: {"SummaryMap": {"AccountMFAEnabled": 1}, "VirtualMFADevices": [{
        "SerialNumber": "arn:aws:iam::123456789012:mfa/root-account-mfa-device",
        "User": {"Arn": "arn:aws:iam::123456789012:root"}}]}
    Quiet on: {"SummaryMap": {"AccountMFAEnabled": 1}, "VirtualMFADevices": []}
    """
    virtual = [d.serial for d in subject.account.virtual_mfa_devices or () if (d.user_arn or "").endswith(":root")]
    if virtual:
        yield _verdict(subject, True, "can sign in with a virtual MFA device", *virtual)
    else:
        yield _verdict(subject, _lacks_mfa(subject.account), "has no MFA device at all")


@rule("root-with-access-key", Severity.ERROR, needs=_EITHER, rulesets=("scout2",), marks="keys", cis="2.03")
def root_with_access_key(subject: Subject) -> Iterator[Verdict]:
    """The root user has an active access key.

    Why it matters: anyone who finds it controls the account, from anywhere and without MFA, and no policy prevents it.

    Instead: delete it. Nothing needs it.

    Fires on: {"credentials": [{"user": "<root_account>", "access_key_1_active": "true"}]}
    Fires on: {"SummaryMap": {"AccountAccessKeysPresent": 1}}
    Quiet on: {"SummaryMap": {"AccountAccessKeysPresent": 0}}
    """
    row = subject.account.credentials(ROOT_USER)
    active = [key.active for key in row.access_keys] if row else []
    present = _present(subject.account, "AccountAccessKeysPresent")
    fix = _off_then_deleted("access-key", "access-key-id")
    yield _verdict(subject, _any(active, present), "has an access key", fix=fix)


@rule("root-with-certificate", Severity.SECURITY_WARNING, needs=_EITHER, rulesets=("scout2",), marks="keys")
def root_with_certificate(subject: Subject) -> Iterator[Verdict]:
    """The root user has an active signing certificate.

    Why it matters: it signs requests to old AWS interfaces with all of root's permissions.

    Instead: sign in as root and delete it.

    Fires on: {"credentials": [{"user": "<root_account>", "cert_1_active": "true"}]}
    Quiet on: {"credentials": [{"user": "<root_account>", "cert_1_active": "false"}]}
    """
    row = subject.account.credentials(ROOT_USER)
    active = row.certificates_active if row else ()
    present = _present(subject.account, "AccountSigningCertificatesPresent")
    fix = _off_then_deleted("signing-certificate", "certificate-id")
    yield _verdict(subject, _any(active, present), "has a signing certificate", fix=fix)


@rule("root-used-recently", Severity.SECURITY_WARNING, needs=("credential-report",), rulesets=("scout2",), cis="2.06")
def root_used_recently(subject: Subject, *, days: int = 90) -> Iterator[Verdict]:
    """The root user was used recently.

    Why it matters: nothing limits what root does, and nothing records which person did it. There should be a written
    reason for each use.

    Instead: use a role for the work. `days` is how long a use is reported.

    Fires on: {"credentials": [{"user": "<root_account>", "password_last_used": "2026-10-20T00:00:00+00:00"}]}
    Quiet on: {"credentials": [{"user": "<root_account>", "password_last_used": "2025-10-20T00:00:00+00:00"}]}
    Unknown on: {"credentials": [{"user": "alice"}]}
    """
    about = root_entity(subject.account)
    row = subject.account.credentials(ROOT_USER)
    if row is None:
        yield unknown(about, _ROW)
        return
    used = [when for when in (row.password_last_used, *(key.last_used for key in row.access_keys)) if when]
    ago = subject.days(max(used)) if used else None
    if used and ago is None:
        yield unknown(about, LATER)
    elif ago is not None and ago <= days:
        yield fail(about, f"was used {ago} days ago, on {max(used):%Y-%m-%d}")
    else:
        yield passed(about)


_CONSOLE = ("# as root: https://console.aws.amazon.com/iam/home#/security_credentials",)


def _verdict(
    subject: Subject, wrong: bool | None, message: str, *evidence: str, fix: tuple[str, ...] = _CONSOLE
) -> Verdict:
    """A failure if something is wrong with the root user; unknown if neither source says (None)."""
    about = root_entity(subject.account)
    if wrong is None:
        return unknown(about, _ROW)
    return fail(about, message, *evidence, fix=fix) if wrong else passed(about)


def _any(active: Sequence[bool | None], present: bool | None) -> bool | None:
    """Whether one is active in the report or present in the summary; None if neither source says."""
    if True in active or present:
        return True
    return False if present is False or (active and None not in active) else None


def _lacks_mfa(account: Account) -> bool | None:
    """Whether root has credentials and no MFA device; None if neither source says."""
    row = account.credentials(ROOT_USER)
    mfa = row.mfa_active if row and row.mfa_active is not None else _present(account, "AccountMFAEnabled")
    if mfa or _has_no_credentials(account):
        return False
    return None if mfa is None else True


def _has_no_credentials(account: Account) -> bool:
    """Whether root is known to have no password and no keys, as after they were removed centrally."""
    row = account.credentials(ROOT_USER)
    if row and row.password_enabled is False and [key.active for key in row.access_keys] == [False, False]:
        return True
    return (
        _present(account, "AccountPasswordPresent") is False and _present(account, "AccountAccessKeysPresent") is False
    )


def _present(account: Account, name: str) -> bool | None:
    number = (account.summary or {}).get(name)
    return None if number is None else number > 0


def _off_then_deleted(what: str, option: str) -> tuple[str, ...]:
    """Deactivating comes first: it can be undone if something turns out to need the credential."""
    of = f"--{option} {option.replace('-', '_').upper()}"
    return f"aws iam update-{what} {of} --status Inactive", f"aws iam delete-{what} {of}"
