"""Plan and apply the accounts of a manifest in parallel."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import TypeVar

from policygen.account.credentials import MfaSessions
from policygen.account.live import connect
from policygen.account.model import Account
from policygen.account.target import Target
from policygen.deploy.apply import apply_plan
from policygen.deploy.desired import from_manifest
from policygen.deploy.judged_plan import JudgedPlan, judge_saved, plan_account
from policygen.deploy.organization import not_applied
from policygen.deploy.ownership import owning
from policygen.deploy.plan import Plan
from policygen.deploy.record import Owned, Record
from policygen.errors import PolicygenError, did_you_mean
from policygen.manifest import model

JOBS = 8
"""The number of accounts that are planned or changed at once."""

Key = TypeVar("Key")
Result = TypeVar("Result")
Say = Callable[[str], None]


def plan_accounts(
    manifest: model.Manifest,
    names: tuple[str, ...] = (),
    *,
    prune: bool = False,
    context: Mapping[str, str],
    snapshot: Account | None = None,
    target: Target | None = None,
    say: Say = lambda text: None,
    mfa: MfaSessions | None = None,
) -> list[tuple[model.Account, JudgedPlan | PolicygenError]]:
    """Plan the manifest's accounts with these names or ids, or all of them; the result of a failure is its error.

    Accounts are read from AWS with `target`, completed by the manifest. A `snapshot` is used instead of AWS, and only
    its account is planned. `context` maps condition keys of the caller's requests to values. `say` is called with what
    is being waited for; `mfa` asks for the codes of MFA devices. Raises PolicygenError for an unknown name, and for a
    snapshot of an account that is not in the manifest.
    """
    given = target or Target()
    chosen, record = chosen_accounts(manifest, names), Record.beside(Path(manifest.source.file))
    if snapshot and len(chosen) > 1:
        chosen = tuple(account for account in chosen if account.id == snapshot.id)
        if not chosen:
            raise PolicygenError(f"the snapshot is not of an account in {manifest.source.file}")

    def planned(account: model.Account) -> JudgedPlan:
        desired, rendered = from_manifest(manifest, account, record.read(account.id))
        left_alone = tuple(not_applied(manifest))
        if snapshot:
            made = plan_account(snapshot, desired, rendered, name=account.name, prune=prune, context=context)
            return replace(made, not_applied=left_alone)
        reached = connect(reach(given, account), say, mfa)
        made = plan_account(reached, desired, rendered, name=account.name, prune=prune, context=context)
        return replace(made, not_applied=left_alone)

    return side_by_side(chosen, planned)


def saved_plans(
    plans: Sequence[Plan],
    manifest: model.Manifest | None,
    *,
    context: Mapping[str, str],
    target: Target,
    say: Say = lambda text: None,
    mfa: MfaSessions | None = None,
) -> list[tuple[Plan, JudgedPlan | PolicygenError]]:
    """Judge saved plans on the accounts as they are now; `manifest`, if there is one, tells how to reach them."""
    known = {account.id: account for account in manifest.accounts} if manifest else {}

    def judged(plan: Plan) -> JudgedPlan:
        account = known.get(plan.desired.account)
        own = reach(target, account) if account else replace(target, partition=plan.desired.partition)
        name = account.name if account else plan.desired.account
        return replace(judge_saved(connect(own, say, mfa), plan, context=context), name=name)

    return side_by_side(plans, judged)


def reach(given: Target, account: model.Account) -> Target:
    """How to reach an account of the manifest: as given, completed by the manifest."""
    return replace(
        given,
        profile=given.profile or account.profile,
        region=given.region or account.region,
        role_arn=given.role_arn or account.role,
        external_id=account.external_id,
        session_name=account.session_name,
        mfa_serial=account.mfa_serial,
        partition=account.partition,
    )


def chosen_accounts(manifest: model.Manifest, names: tuple[str, ...]) -> tuple[model.Account, ...]:
    """The manifest's accounts with these names or ids, or all of them. Raises PolicygenError for an unknown name."""
    known = {key: account for account in manifest.accounts for key in (account.name, account.id)}
    for name in names:
        if name not in known:
            raise PolicygenError(f"{manifest.source.file} has no account `{name}`{did_you_mean(name, known)}")
    chosen = {known[name].name for name in names}
    return tuple(account for account in manifest.accounts if account.name in chosen or not names)


def apply_accounts(
    plans: Sequence[JudgedPlan],
    folder: Path,
    *,
    accepted: str = "",
    record: Record | None = None,
    say: Say = lambda text: None,
) -> list[tuple[JudgedPlan, Path | PolicygenError | None]]:
    """Apply plans in parallel, each as `apply_plan` does; the result of a failure is its error."""

    def applied(one: JudgedPlan) -> Path | None:
        if one.connection is None:
            raise PolicygenError("the plan was made without AWS, so nothing can be changed")
        prefix = f"{one.name}: " if len(plans) > 1 else ""
        return apply_plan(
            one.connection,
            one.plan,
            folder,
            caller=one.caller,
            accepted=accepted,
            record=record,
            say=lambda text: say(prefix + text),
        )

    return side_by_side(plans, applied)


def take_over(plan: Plan, record: Record) -> Owned:
    """Record what an account already has as declared, so that it is removed when it is no longer declared."""
    owned = owning(plan)(plan.observed)
    record.write(plan.desired.account, owned)
    return owned


def side_by_side(
    keys: Iterable[Key], work: Callable[[Key], Result], jobs: int = JOBS
) -> list[tuple[Key, Result | PolicygenError]]:
    """Work on the keys in threads and return the results in order; a PolicygenError is a result like any other."""
    results = [(key, Future[Result | PolicygenError]()) for key in keys]
    waiting = iter(results)
    turn = Lock()

    def run() -> None:
        while True:
            with turn:
                one = next(waiting, None)
            if one is None:
                return
            key, future = one
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work(key))
            except PolicygenError as error:
                future.set_result(error)
            except BaseException as error:
                future.set_exception(error)

    for _ in range(min(jobs, len(results))):
        # ThreadPoolExecutor joins its threads at exit, so Ctrl-C would wait for a call that is never answered
        Thread(target=run, daemon=True).start()
    try:
        return [(key, future.result()) for key, future in results]
    finally:
        for _, future in results:
            future.cancel()
