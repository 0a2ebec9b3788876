"""The root user, which no policy limits: from the credential report, or else from the account summary."""

from collections.abc import Iterator

from policygen.account.model import ROOT_USER, Account
from policygen.audit.result import Verdict, fail, passed, root_entity, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import LATER, Subject
from policygen.finding import Severity

_EITHER = ("credential-report|account-summary",)
_ROW = "the credential report has no row of the root user"


@rule("root-without-mfa", Severity.ERROR, needs=_EITHER, rulesets=("scout2",), marks="mfa", cis="2.04")
def root_without_mfa(subject: Subject) -> Iterator[Verdict]:
    """The root user has no MFA device.

    Why it matters: the password of one mailbox away stands everything: no policy, boundary or quarantine limits root.
    A root user whose credentials were removed centrally has nothing to protect and passes.

    Instead: sign in as root once and register a passkey or a security key, or remove the credentials through AWS
    Organizations.

    Fires on: {"credentials": [{"user": "<root_account>", "password_enabled": "true", "mfa_active": "false"}]}
    Fires on: {"SummaryMap": {"AccountMFAEnabled": 0}}
    Quiet on: {"credentials": [{"user": "<root_account>", "password_enabled": "not_supported", "mfa_active": "true"}]}
    Quiet on: {"SummaryMap": {"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountAccessKeysPresent": 0}}
    """
    about = root_entity(subject.account)
    mfa = _mfa(subject.account)
    if mfa or _has_no_credentials(subject.account):
        yield passed(about)
    elif mfa is None:
        yield unknown(about, _ROW)
    else:
        yield fail(about, "has no MFA device", fix=(_CONSOLE,))


@rule(
    "root-with-virtual-mfa",
    Severity.WARNING,
    needs=(*_EITHER, "virtual-mfa-devices"),
    rulesets=("scout2",),
    marks="mfa",
    cis="2.05",
)
def root_with_virtual_mfa(subject: Subject) -> Iterator[Verdict]:
    """The root user can sign in with a virtual MFA device, or without any.

    Why it matters: a code from an app can be phished and its seed copied. A security key beside it does not help as
    long as the app is accepted too.

    Instead: register a FIDO2 security key or passkey for root, then remove the virtual device.

    Fires on: {"SummaryMap": {"AccountMFAEnabled": 1}, "VirtualMFADevices": [{
        "SerialNumber": "arn:aws:iam::123456789012:mfa/root-account-mfa-device",
        "User": {"Arn": "arn:aws:iam::123456789012:root"}}]}
    Quiet on: {"SummaryMap": {"AccountMFAEnabled": 1}, "VirtualMFADevices": []}
    """
    about = root_entity(subject.account)
    mfa = _mfa(subject.account)
    virtual = [d.serial for d in subject.account.virtual_mfa_devices or () if (d.user_arn or "").endswith(":root")]
    if virtual:
        yield fail(about, "can sign in with a virtual MFA device", *virtual, fix=(_CONSOLE,))
    elif mfa or _has_no_credentials(subject.account):
        yield passed(about)
    elif mfa is None:
        yield unknown(about, _ROW)
    else:
        yield fail(about, "has no MFA device at all", fix=(_CONSOLE,))


@rule("root-with-access-key", Severity.ERROR, needs=_EITHER, rulesets=("scout2",), marks="keys", cis="2.03")
def root_with_access_key(subject: Subject) -> Iterator[Verdict]:
    """The root user has an active access key.

    Why it matters: whoever finds it owns the account, from anywhere and without MFA, and no policy can stop it.

    Instead: delete it. There is nothing that needs it.

    Fires on: {"credentials": [{"user": "<root_account>", "access_key_1_active": "true"}]}
    Fires on: {"SummaryMap": {"AccountAccessKeysPresent": 1}}
    Quiet on: {"SummaryMap": {"AccountAccessKeysPresent": 0}}
    """
    about = root_entity(subject.account)
    row = subject.account.credentials(ROOT_USER)
    flags = [key.active for key in row.access_keys] if row else []
    present = _present(subject.account, "AccountAccessKeysPresent")
    if True in flags or present:
        yield fail(about, "has an access key", fix=_off_then_deleted("access-key", "access-key-id"))
    elif present is False or (flags and None not in flags):
        yield passed(about)
    else:
        yield unknown(about, _ROW)


@rule("root-with-certificate", Severity.SECURITY_WARNING, needs=_EITHER, rulesets=("scout2",), marks="keys")
def root_with_certificate(subject: Subject) -> Iterator[Verdict]:
    """The root user has an active signing certificate.

    Why it matters: it signs requests to old interfaces of AWS with all of root's rights.

    Instead: delete it, signed in as root.

    Fires on: {"credentials": [{"user": "<root_account>", "cert_1_active": "true"}]}
    Quiet on: {"credentials": [{"user": "<root_account>", "cert_1_active": "false"}]}
    """
    about = root_entity(subject.account)
    row = subject.account.credentials(ROOT_USER)
    flags = list(row.certificates_active) if row else []
    present = _present(subject.account, "AccountSigningCertificatesPresent")
    if True in flags or present:
        yield fail(about, "has a signing certificate", fix=_off_then_deleted("signing-certificate", "certificate-id"))
    elif present is False or (flags and None not in flags):
        yield passed(about)
    else:
        yield unknown(about, _ROW)


@rule("root-used-recently", Severity.SECURITY_WARNING, needs=("credential-report",), rulesets=("scout2",), cis="2.06")
def root_used_recently(subject: Subject, *, days: int = 90) -> Iterator[Verdict]:
    """The root user was used.

    Why it matters: what is done as root is limited by nothing and tells nobody who did it. Each use should have a
    reason that is written down somewhere.

    Instead: do the work with a role. `days` is for how long a use is reported.

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


_CONSOLE = "# as root: https://console.aws.amazon.com/iam/home#/security_credentials"


def _mfa(account: Account) -> bool | None:
    """Whether root has an MFA device; None where neither source says."""
    row = account.credentials(ROOT_USER)
    if row and row.mfa_active is not None:
        return row.mfa_active
    return _present(account, "AccountMFAEnabled")


def _has_no_credentials(account: Account) -> bool:
    """Whether root's password and keys are known to be gone, as after a central removal."""
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
    """What can be undone comes first: a key that is inactive shows who still needed it."""
    of = f"--{option} {option.replace('-', '_').upper()}"
    return f"aws iam update-{what} {of} --status Inactive", f"aws iam delete-{what} {of}"
