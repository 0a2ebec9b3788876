"""Exceptions: failures that somebody answers for; one past its day, or that meets nothing, is itself reported."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from policygen.audit.settings import Exemption, Settings
from policygen.finding import Entity, Finding, Result, Severity
from policygen.policy.pattern import matches

EXPIRED, STALE = "expired-exception", "stale-exception"
"""What is reported of exceptions themselves, as if they were rules."""


def lay_over(
    findings: Iterable[Finding], exemptions: Sequence[Exemption], today: date
) -> Iterator[tuple[Finding, Exemption | None]]:
    """The findings, each with the exception that turned its failure into `excepted`."""
    valid = [exemption for exemption in exemptions if not _expired(exemption, today)]
    for finding in findings:
        exemption = next((e for e in valid if finding.fails and _covers(e, finding)), None)
        if exemption:
            until = f" until {exemption.until}" if exemption.until else ""
            reason = f"{exemption.reason} ({exemption.owner}{until})"
            yield replace(finding, result=Result.EXCEPTED, reason=reason), exemption
        else:
            yield finding, None


def notices(settings: Settings, used: frozenset[Exemption], accounts: frozenset[str], today: date) -> Iterator[Finding]:
    """A finding for each exception of the accounts that has ended, or that a rule which ran has no failure for."""
    ran = {chosen.id for chosen in settings.chosen}
    for exemption in settings.exemptions:
        if exemption.rule not in ran or (exemption.account and exemption.account not in accounts):
            continue
        what = f"the exception of `{exemption.rule}` on `{exemption.entity}`, for which {exemption.owner} answers,"
        if _expired(exemption, today):
            yield _notice(EXPIRED, exemption, f"{what} ended on {exemption.until}; mend the failure, or decide again")
        elif exemption not in used:
            yield _notice(STALE, exemption, f"{what} meets no failure any more; remove it")


def _expired(exemption: Exemption, today: date) -> bool:
    return exemption.until is not None and today > exemption.until


def _covers(exemption: Exemption, finding: Finding) -> bool:
    return (
        exemption.rule == finding.rule
        and exemption.account in ("", finding.account)
        and matches(exemption.entity.lower(), str(finding.entity).lower())
    )


def _notice(rule: str, exemption: Exemption, message: str) -> Finding:
    about = Entity("exception", f"{exemption.rule} on {exemption.entity}")
    return Finding(rule, Severity.WARNING, message, policy=str(about), entity=about, account=exemption.account)
