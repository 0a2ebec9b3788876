"""Plan the accounts of a manifest, side by side: what to do, what each step gives, who would be locked out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from policygen.account.live import Connection, connect
from policygen.account.model import Account
from policygen.account.target import Target
from policygen.deploy.apply import apply_plan, check_account, look, with_credentials
from policygen.deploy.aws_policies import missing, unlisted_of, with_documents
from policygen.deploy.desired import Desired, from_manifest
from policygen.deploy.effects import Effect, effects
from policygen.deploy.journal import Past
from policygen.deploy.lockout import Verdict, judge
from policygen.deploy.plan import Plan, make_plan
from policygen.deploy.quotas import check
from policygen.deploy.rollback import undo
from policygen.deploy.state import observe
from policygen.errors import PolicygenError, did_you_mean
from policygen.finding import Finding, Severity
from policygen.manifest import model
from policygen.recipe.render import Rendered

JOBS = 8
"""Accounts that are worked on at once."""

Key = TypeVar("Key")
Result = TypeVar("Result")
Say = Callable[[str], None]


@dataclass(frozen=True)
class JudgedPlan:
    """The plan of one account and what speaks against it."""

    name: str
    """The manifest's name of the account, or its id."""
    plan: Plan
    caller: str
    verdict: Verdict
    errors: tuple[Finding, ...] = ()
    """What the linter says of the policies, errors only."""
    connection: Connection | None = None
    effects: tuple[Effect | None, ...] = ()
    """What each step gives and takes."""
    unlisted: tuple[str, ...] = ()
    """A sentence for each AWS policy that is to be attached and that nobody here knows to exist."""


def plan_accounts(
    manifest: model.Manifest,
    names: tuple[str, ...] = (),
    *,
    prune: bool = False,
    context: Mapping[str, str],
    snapshot: Account | None = None,
    target: Target | None = None,
    say: Say = lambda text: None,
) -> list[tuple[model.Account, JudgedPlan | PolicygenError]]:
    """Plan the manifest's accounts of these names or ids, all unless named; one account's failure is its result.

    An account is read from AWS, as `target` says and where that says nothing as the manifest does; or it is the
    `snapshot`, which then decides which of several accounts is planned. `context` holds condition keys of the caller's
    requests. `say` hears what is being waited for. Raises PolicygenError for a name that the manifest does not have,
    and for a snapshot of none of its accounts.
    """
    given = target or Target()
    chosen = chosen_accounts(manifest, names)
    if snapshot and len(chosen) > 1:
        chosen = tuple(account for account in chosen if account.id == snapshot.id)
        if not chosen:
            raise PolicygenError(f"the snapshot is not of an account of {manifest.source.file}")

    def planned(account: model.Account) -> JudgedPlan:
        desired, rendered = from_manifest(manifest, account)
        if snapshot:
            return _plan_snapshot(snapshot, desired, rendered, name=account.name, prune=prune, context=context)
        own = replace(
            given,
            profile=given.profile or account.profile,
            role_arn=given.role_arn or account.role,
            partition=account.partition,
        )
        return plan_account(connect(own, say), desired, rendered, name=account.name, prune=prune, context=context)

    return side_by_side(chosen, planned)


def chosen_accounts(manifest: model.Manifest, names: tuple[str, ...]) -> tuple[model.Account, ...]:
    """The manifest's accounts of these names or ids, all of them where none is named.

    Raises PolicygenError for a name that the manifest does not have.
    """
    known = {key: account for account in manifest.accounts for key in (account.name, account.id)}
    for name in names:
        if name not in known:
            raise PolicygenError(f"{manifest.source.file} has no account `{name}`{did_you_mean(name, known)}")
    chosen = {known[name].name for name in names}
    return tuple(account for account in manifest.accounts if account.name in chosen or not names)


def plan_account(
    connection: Connection,
    desired: Desired,
    rendered: Sequence[Rendered] = (),
    *,
    name: str = "",
    prune: bool = False,
    context: Mapping[str, str],
) -> JudgedPlan:
    """Read the account and plan; the credential report is read only if there is something to do.

    Raises PolicygenError where it is another account, cannot be read, or the plan cannot be made.
    """
    account, unread = with_documents(connection, look(connection, desired), desired)
    plan = _plan(account, desired, prune=prune)
    return _live(connection, account, plan, context, name=name, errors=_errors(rendered), unread=unread)


def _plan_snapshot(
    account: Account,
    desired: Desired,
    rendered: Sequence[Rendered] = (),
    *,
    name: str = "",
    prune: bool = False,
    context: Mapping[str, str],
) -> JudgedPlan:
    """Plan on a snapshot. Raises PolicygenError as `plan_account` does."""
    if "authorization-details" not in account.parts:
        raise PolicygenError("the snapshot has no authorization-details.json, without which nothing can be planned")
    check_account(account, desired)
    plan = _plan(account, desired, prune=prune)
    unread = tuple(f"the snapshot does not hold what the policy `{arn}` says" for arn in missing(account, desired))
    verdict = _with(judge(plan, account, context=context), unread if plan.steps else ())
    name = name or desired.account
    unlisted = unlisted_of(account, desired)
    shown = effects(plan, account)
    return JudgedPlan(name, plan, _caller(account), verdict, _errors(rendered), effects=shown, unlisted=unlisted)


def judge_saved(connection: Connection, plan: Plan, *, context: Mapping[str, str]) -> JudgedPlan:
    """A saved plan, judged on the account as it is now; whether it is stale shows when it is applied.

    Raises PolicygenError where it is for another account, or the account cannot be read.
    """
    account, unread = with_documents(connection, look(connection, plan.desired), plan.desired)
    return _live(connection, account, plan, context, unread=unread)


def plan_rollback(connection: Connection, past: Past, *, context: Mapping[str, str]) -> JudgedPlan:
    """The way back from a run, as a plan for the account as it is now, judged as any other.

    Raises PolicygenError where it is another account, cannot be read, or a quota would be broken.
    """
    held = replace(past.desired, groups=())  # whether AWS has what the run meant to attach does not matter any more
    account, unread = with_documents(connection, look(connection, past.desired), held)
    state, summary = observe(account, past.desired), account.summary or {}
    steps, left = undo(past.steps, state)
    check(state, steps, summary)
    plan = Plan(past.desired, state, summary, False, tuple(steps), tuple(left))
    return replace(_live(connection, account, plan, context, unread=unread), unlisted=())


def _live(
    connection: Connection,
    account: Account,
    plan: Plan,
    context: Mapping[str, str],
    *,
    name: str = "",
    errors: tuple[Finding, ...] = (),
    unread: tuple[str, ...] = (),
) -> JudgedPlan:
    """A plan for the account behind a connection, judged; who has MFA is read only if there is something to do."""
    if plan.steps:
        account = with_credentials(connection, account)
    verdict = judge(plan, account, context=context, long_term_key=connection.long_term_key)
    return JudgedPlan(
        name or plan.desired.account,
        plan,
        _caller(account),
        _with(verdict, unread),
        errors,
        connection,
        effects(plan, account),
        unlisted_of(account, plan.desired),
    )


def _with(verdict: Verdict, unread: tuple[str, ...]) -> Verdict:
    return replace(verdict, undecided=(*verdict.undecided, *unread))


def apply_accounts(
    plans: Sequence[JudgedPlan], folder: Path, *, accepted: str = "", say: Say = lambda text: None
) -> list[tuple[JudgedPlan, Path | PolicygenError | None]]:
    """Apply plans side by side, as `apply_plan` does each; one account's failure is its result."""

    def applied(one: JudgedPlan) -> Path | None:
        if one.connection is None:
            raise PolicygenError("the plan was made without AWS, so nothing can be changed")
        prefix = f"{one.name}: " if len(plans) > 1 else ""
        return apply_plan(
            one.connection, one.plan, folder, caller=one.caller, accepted=accepted, say=lambda text: say(prefix + text)
        )

    return side_by_side(plans, applied)


def side_by_side(
    keys: Iterable[Key], work: Callable[[Key], Result], jobs: int = JOBS
) -> list[tuple[Key, Result | PolicygenError]]:
    """The work on each key in threads, in the order of the keys; one's failure leaves the others alone."""

    def guarded(key: Key) -> tuple[Key, Result | PolicygenError]:
        try:
            return key, work(key)
        except PolicygenError as error:
            return key, error

    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        return list(pool.map(guarded, keys))
    finally:  # on Ctrl-C nobody waits for calls that are in flight
        pool.shutdown(wait=False, cancel_futures=True)


def _plan(account: Account, desired: Desired, *, prune: bool) -> Plan:
    return make_plan(desired, observe(account, desired), account.summary or {}, prune=prune)


def _caller(account: Account) -> str:
    return account.caller.arn if account.caller else ""


def _errors(rendered: Sequence[Rendered]) -> tuple[Finding, ...]:
    return tuple(f for result in rendered for f in result.findings if f.severity is Severity.ERROR)
