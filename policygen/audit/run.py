"""Run rules on snapshots: on one account, or on many through any executor."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from policygen.account import snapshot
from policygen.account.model import Account
from policygen.audit.commands import NEW_CREDENTIAL_REPORT, destroys
from policygen.audit.facts import Facts, facts
from policygen.audit.result import Verdict, account_entity, unknown
from policygen.audit.rule import REGISTRY
from policygen.audit.settings import Chosen, Settings
from policygen.audit.subject import Subject
from policygen.errors import PolicygenError
from policygen.finding import Entity, Finding, Result, Severity
from policygen.rule.accept import Acceptance, accept


@dataclass(frozen=True)
class Job:
    """One snapshot to audit: its files by part, and its name in reports."""

    name: str
    paths: Mapping[str, Path]
    fault: str = ""
    """Why the snapshot cannot be read, if that is already known."""


def job_of(folder: Path) -> Job | None:
    """The snapshot in a folder; None if the folder does not contain one."""
    try:
        paths = snapshot.find(folder)
    except PolicygenError as error:
        return Job(str(folder), {}, str(error))
    return Job(str(folder), paths) if paths else None


@dataclass(frozen=True)
class Outcome:
    """The outcome of an audit: the findings (passes only if requested), and the number of each result by rule.

    `facts` has what a report shows next to the name of each entity with a finding, by ARN; `unread` has the reason why
    a snapshot could not be read, by name.
    """

    findings: tuple[Finding, ...]
    results: Mapping[str, Mapping[Result, int]]
    checked: Mapping[str, int]
    accounts: frozenset[str] = frozenset()
    facts: Mapping[str, Facts] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Rule → its options; rules without options are left out."""
    entities: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Account → type of entity → all names in the snapshot, in lower case."""
    now: datetime | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """Account → its name in the manifest."""
    reported: Mapping[str, datetime | None] = field(default_factory=dict)
    """Account → when AWS created the credential report; None if it was not read or does not say."""


UNREAD = "account-not-read"
"""The rule id under which a snapshot that cannot be read is reported."""


def audit(account: Account, settings: Settings, *, name: str = "", now: datetime, passes: bool = False) -> Outcome:
    """Audit one account with the chosen rules; `passes` includes the passes in the findings.

    Raises RuleFailedError, naming the rule and the snapshot, if a rule raises.
    """
    report = account.credential_report
    dated = report.generated if report and report.generated else now
    told = {chosen.id: {**chosen.rule.parameters, **chosen.parameters} for chosen in settings.chosen}
    subject = Subject(account, dated, settings.strategy(account.id), told)
    results: dict[str, Counter[Result]] = {chosen.id: Counter() for chosen in settings.chosen}
    found = [
        finding
        for chosen in settings.chosen
        for finding in _findings(chosen, subject, name, results[chosen.id], passes)
    ]
    known = account.id or name
    return Outcome(
        tuple(found),
        results,
        _checked(account),
        frozenset({known}),
        facts(subject, found),
        entities={known: _entities(account)},
        reported={known: report.generated if report else None},
    )


def audit_files(job: Job, settings: Settings, now: datetime, passes: bool) -> Outcome:
    """Read a snapshot and audit it; all arguments and the outcome can be pickled.

    If the snapshot cannot be read, the outcome is one finding that says why.
    """
    try:
        if job.fault:
            raise PolicygenError(job.fault)
        account = snapshot.read(job.paths)
    except PolicygenError as error:
        about = Entity("account", job.name)
        message = f"the snapshot cannot be read: {error}"
        found = Finding(
            UNREAD, Severity.ERROR, message, file=job.name, policy=str(about), result=Result.UNKNOWN, entity=about
        )
        return Outcome((found,), {UNREAD: Counter({Result.UNKNOWN: 1})}, {}, unread={job.name: str(error)})
    return audit(account, settings, name=job.name, now=now, passes=passes)


def audit_all(
    jobs: Sequence[Job], settings: Settings, executor: Executor | None = None, *, passes: bool = False
) -> Outcome:
    """Audit every snapshot, in this process or through an executor, and combine the outcomes.

    Takes any `concurrent.futures.Executor`, such as a process pool or that of a Dask client. Raises PolicygenError if
    none of the snapshots can be read.
    """
    now = datetime.now(UTC)
    if executor:
        futures = [executor.submit(audit_files, job, settings, now, passes) for job in jobs]
        outcomes = [future.result() for future in futures]
    else:
        outcomes = [audit_files(job, settings, now, passes) for job in jobs]
    unread = [reason for outcome in outcomes for reason in outcome.unread.values()]
    if len(unread) == len(jobs):
        raise PolicygenError("; ".join(unread))
    return _combined(outcomes, settings, now)


def _findings(chosen: Chosen, subject: Subject, name: str, results: Counter[Result], passes: bool) -> Iterator[Finding]:
    """The findings of a rule, whose `results` are counted; a large account has a hundred thousand passes."""
    for verdict in _verdicts(chosen, subject, name):
        results[verdict.result] += 1
        if passes or verdict.result is not Result.PASS:
            yield _finding(chosen, subject, name, verdict)


def _finding(chosen: Chosen, subject: Subject, name: str, verdict: Verdict) -> Finding:
    destructive = tuple(command for command in verdict.fix if destroys(command))
    return Finding(
        chosen.id,
        chosen.severity,
        verdict.message,
        file=name,
        policy=str(verdict.entity),
        result=verdict.result,
        entity=verdict.entity,
        evidence=verdict.evidence,
        fix=(*(command for command in verdict.fix if not destroys(command)), *destructive),
        destructive=destructive,
        account=subject.account.id or "",
        holders=verdict.holders,
        controls=chosen.rule.about.controls,
        way=verdict.way,
    )


def _verdicts(chosen: Chosen, subject: Subject, name: str) -> Iterator[Verdict]:
    """The verdicts of a rule; unknown if the snapshot lacks a part that the rule needs."""
    missing = chosen.rule.about.missing(subject.account)
    if not missing:
        yield from chosen.rule.run(subject, name or "an account", **chosen.parameters)
        return
    part = snapshot.PARTS[missing]
    fix = NEW_CREDENTIAL_REPORT if missing == "credential-report" else (f"{part.command} > {part.file}",)
    yield unknown(account_entity(subject.account), f"the snapshot has no {missing.replace('-', ' ')}", fix=fix)


def _checked(account: Account) -> dict[str, int]:
    numbers = {"users": len(account.users), "groups": len(account.groups), "roles": len(account.roles)}
    return {"accounts": 1, **numbers, "policies": sum(not policy.aws_managed for policy in account.policies)}


def _combined(outcomes: Sequence[Outcome], settings: Settings, now: datetime) -> Outcome:
    results: dict[str, Counter[Result]] = {}
    checked: Counter[str] = Counter()
    accounts = frozenset(account for outcome in outcomes for account in outcome.accounts)
    found = [finding for outcome in outcomes for finding in outcome.findings]
    for outcome in outcomes:
        checked.update(outcome.checked)
        for rule, counted in outcome.results.items():
            results.setdefault(rule, Counter()).update(counted)
    found = _accept(found, settings, accounts, now, results)
    facts_of = {arn: known for outcome in outcomes for arn, known in outcome.facts.items()}
    unread = {name: reason for outcome in outcomes for name, reason in outcome.unread.items()}
    options = {chosen.id: told for chosen in settings.chosen if (told := settings.told(chosen))}
    entities = {account: known for outcome in outcomes for account, known in outcome.entities.items()}
    reported = {account: when for outcome in outcomes for account, when in outcome.reported.items()}
    return Outcome(
        tuple(found), results, checked, accounts, facts_of, unread, options, entities, now, settings.names, reported
    )


def _accept(
    found: Sequence[Finding],
    settings: Settings,
    accounts: frozenset[str],
    now: datetime,
    results: dict[str, Counter[Result]],
) -> list[Finding]:
    """The findings, marked where they are accepted, and notices about the acceptances; `results` are updated."""
    ran = {chosen.id for chosen in settings.chosen}
    in_force = [one for one in settings.acceptances if one.rule in ran and one.account in ("", *accounts)]
    apart = [one for finding in found for one in _apart(finding, in_force)]
    marked = accept(apart, in_force, now.date())
    for finding in found:
        results[finding.rule].subtract([Result.FAIL] if finding.fails else [])
    for finding in marked[: len(apart)]:
        results[finding.rule].update([Result.FAIL] if finding.fails else [])
        if finding.result is Result.ACCEPTED:
            results[finding.rule][Result.ACCEPTED] += 1
    for notice in marked[len(apart) :]:
        results.setdefault(notice.rule, Counter())[notice.result] += 1
    return marked


def _apart(finding: Finding, acceptances: Sequence[Acceptance]) -> Iterator[Finding]:
    """The finding, and one for each of its holders whose own finding would be accepted."""
    alone = each(finding)
    accepted = [one for one in alone if any(acceptance.fits(one) for acceptance in acceptances)]
    if alone == (finding,) or not accepted or any(acceptance.fits(finding) for acceptance in acceptances):
        yield finding
        return
    yield from accepted
    taken = {one.entity for one in accepted}
    if left := tuple(holder for holder in finding.holders if holder not in taken):
        yield replace(finding, holders=left)


def each(finding: Finding) -> tuple[Finding, ...]:
    """The finding itself; of one that is told by its cause, a finding for each holder."""
    rule = REGISTRY.get(finding.rule)
    if not (rule and rule.about.by_cause and finding.holders):
        return (finding,)
    return tuple(replace(finding, entity=holder, policy=str(holder), holders=()) for holder in finding.holders)


def _entities(account: Account) -> dict[str, frozenset[str]]:
    rows = account.credential_report.rows if account.credential_report else ()
    users = [*(user.name for user in account.users), *(row.user for row in rows if not row.is_root)]
    named = {"user": users, "group": [group.name for group in account.groups]}
    named |= {"role": [role.name for role in account.roles], "policy": [policy.name for policy in account.policies]}
    return {kind: frozenset(name.lower() for name in names) for kind, names in named.items()}
