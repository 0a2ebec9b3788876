"""The account's password policy. If the account does not set one, AWS's default applies."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from policygen.account.model import PasswordPolicy
from policygen.audit.commands import aws_iam
from policygen.audit.result import Verdict, account_entity, fail, passed
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.finding import Severity

_PARTS = ("password-policy",)

DEFAULT = PasswordPolicy(8, False, False, False, False, True)
"""AWS's default: 8 characters from three of the four classes, and users change their own passwords.
Source: IAM User Guide, "Set an account password policy for IAM users" (2026-11).
"""


@rule("password-too-short", Severity.WARNING, needs=_PARTS, rulesets=("scout2",), cis="2.07")
def password_too_short(subject: Subject, *, length: int = 14) -> Iterator[Verdict]:
    """The password policy allows short passwords.

    Why it matters: length is what makes a password hard to guess. AWS's default is 8 characters.

    Instead: require at least 14 characters. `length` is the least that the policy may require.

    Fires on: {"PasswordPolicy": {"MinimumPasswordLength": 8}}
    Fires on: {"PasswordPolicy": null}
    Quiet on: {"PasswordPolicy": {"MinimumPasswordLength": 14}}
    """
    policy = _policy(subject)
    message = f"requires only {policy.minimum_length} characters" if policy.minimum_length < length else ""
    yield _verdict(subject, message, "password-too-short", length=length)


@rule("password-reuse-allowed", Severity.WARNING, needs=_PARTS, rulesets=("scout2",), cis="2.08")
def password_reuse_allowed(subject: Subject, *, passwords: int = 24) -> Iterator[Verdict]:
    """The password policy allows old passwords to be reused.

    Why it matters: a leaked password becomes valid again. AWS remembers up to 24.

    Instead: remember the last 24. `passwords` is how many must be remembered.

    Fires on: {"PasswordPolicy": {"MinimumPasswordLength": 14}}
    Quiet on: {"PasswordPolicy": {"MinimumPasswordLength": 14, "PasswordReusePrevention": 24}}
    """
    remembered = _policy(subject).reuse_prevention or 0
    message = f"remembers {remembered or 'no'} passwords" if remembered < passwords else ""
    yield _verdict(subject, message, "password-reuse-allowed", passwords=passwords)


@rule("password-never-expires", Severity.SUGGESTION, needs=_PARTS, rulesets=("scout2",), default=False)
def password_never_expires(subject: Subject, *, days: int = 90) -> Iterator[Verdict]:
    """Passwords do not expire, or expire too late.

    Why it matters: some standards that you may have to comply with still require it. Off by default: NIST SP 800-63B
    and CIS advise against it, since people then just increment the last digit.

    Instead: set a maximum age of `days` or less, if you must.

    Fires on: {"PasswordPolicy": {"MinimumPasswordLength": 14}}
    Fires on: {"PasswordPolicy": {"MinimumPasswordLength": 14, "MaxPasswordAge": 365}}
    Quiet on: {"PasswordPolicy": {"MinimumPasswordLength": 14, "MaxPasswordAge": 90}}
    """
    age = _policy(subject).max_age_days
    late = f"passwords expire after {age} days" if age and age > days else ""
    yield _verdict(subject, late if age else "passwords never expire", "password-never-expires", days=days)


@rule("password-without-character-class", Severity.SUGGESTION, needs=_PARTS, default=False)
def password_without_character_class(
    subject: Subject, *, classes: tuple[str, ...] = ("lowercase", "uppercase", "numbers", "symbols")
) -> Iterator[Verdict]:
    """The password policy does not require every class of characters.

    Why it matters: some standards that you may have to comply with still require it. Off by default: length does more,
    and NIST SP 800-63B advises against it.

    Instead: require the `classes` that you must.

    Fires on: {"PasswordPolicy": {"MinimumPasswordLength": 14, "RequireNumbers": true}}
    Quiet on: {"PasswordPolicy": {"RequireNumbers": true}, "classes": ["numbers"]}
    """
    policy = _policy(subject)
    missing = [name for name in classes if not getattr(policy, f"require_{name}", False)]
    message = f"does not require {', '.join(missing)}" if missing else ""
    yield _verdict(subject, message, "password-without-character-class", classes=classes)


def _policy(subject: Subject) -> PasswordPolicy:
    return subject.account.password_policy or DEFAULT


def _with_classes(policy: PasswordPolicy, classes: tuple[str, ...]) -> PasswordPolicy:
    return replace(policy, **{key: True for name in classes if hasattr(policy, key := f"require_{name}")})


_BETTER: Mapping[str, Callable[..., PasswordPolicy]] = {
    "password-too-short": lambda policy, length: replace(policy, minimum_length=max(length, policy.minimum_length)),
    "password-reuse-allowed": lambda policy, passwords: replace(
        policy, reuse_prevention=max(passwords, policy.reuse_prevention or 0)
    ),
    "password-never-expires": lambda policy, days: replace(policy, max_age_days=min(days, policy.max_age_days or days)),
    "password-without-character-class": _with_classes,
}
"""Rule → a function that changes a policy just enough to pass it."""


def _verdict(subject: Subject, message: str, rule_id: str, **parameters: object) -> Verdict:
    """A failure if there is a message. Its command sets the whole policy, so it satisfies every rule that runs."""
    about = account_entity(subject.account)
    if not message:
        return passed(about)
    better = _policy(subject)
    asked = {**subject.chosen, rule_id: parameters}
    for name, improve in _BETTER.items():
        if name in asked:
            better = improve(better, **asked[name])
    own = subject.account.password_policy
    default = "" if own else " (AWS's default: the account has no password policy of its own)"
    return fail(about, f"{message}{default}", fix=(_update(better),))


def _update(policy: PasswordPolicy) -> str:
    """The command that sets a whole policy; AWS resets every option that it omits to the default."""
    options = {"minimum_password_length": str(policy.minimum_length)}
    if policy.max_age_days:
        options["max_password_age"] = str(policy.max_age_days)
    if policy.reuse_prevention:
        options["password_reuse_prevention"] = str(policy.reuse_prevention)
    flags = {
        "--require-symbols": policy.require_symbols,
        "--require-numbers": policy.require_numbers,
        "--require-uppercase-characters": policy.require_uppercase,
        "--require-lowercase-characters": policy.require_lowercase,
        "--allow-users-to-change-password": policy.allow_users_to_change,
        "--hard-expiry": policy.hard_expiry,
    }
    command = aws_iam("update-account-password-policy", **options)
    return " ".join([command, *(flag for flag, wanted in flags.items() if wanted)])
