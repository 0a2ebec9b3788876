"""Plan and apply the accounts of a manifest, side by side."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import TypeVar

from policygen.account.live import connect
from policygen.account.model import Account
from policygen.account.target import Target
from policygen.deploy.apply import apply_plan
from policygen.deploy.desired import from_manifest
from policygen.deploy.judged_plan import JudgedPlan, plan_account
from policygen.errors import PolicygenError, did_you_mean
from policygen.manifest import model

JOBS = 8
"""Accounts that are worked on at once."""

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
            return plan_account(snapshot, desired, rendered, name=account.name, prune=prune, context=context)
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
        # those of a ThreadPoolExecutor are joined at exit, so that Ctrl-C would wait for a call that is never answered
        Thread(target=run, daemon=True).start()
    try:
        return [(key, future.result()) for key, future in results]
    finally:
        for _, future in results:
            future.cancel()
