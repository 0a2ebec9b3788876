"""Everything that is known before an account is changed: the plan, the linter's errors, who would be locked out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from policygen.account.apply import check_account, look, with_credentials
from policygen.account.desired import Desired
from policygen.account.limits import Limits
from policygen.account.live import Connection
from policygen.account.lockout import Verdict, judge
from policygen.account.model import Account
from policygen.account.plan import Plan, make_plan
from policygen.account.state import observe
from policygen.errors import PolicygenError
from policygen.finding import Finding, Severity
from policygen.recipe.render import Rendered

JOBS = 8
"""Accounts that are worked on at once."""

Key = TypeVar("Key")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Prepared:
    """A plan and what speaks against it."""

    name: str
    """The manifest's name of the account, or its id."""
    plan: Plan
    caller: str
    verdict: Verdict
    errors: tuple[Finding, ...] = ()
    connection: Connection | None = None

    @property
    def blocked(self) -> bool:
        """Whether it must not be applied as it is."""
        return bool(self.errors or self.verdict.lockouts)


def prepare_live(
    connection: Connection,
    desired: Desired,
    rendered: Sequence[Rendered] = (),
    *,
    name: str = "",
    prune: bool = False,
    context: Mapping[str, str],
) -> Prepared:
    """Read the account and plan; the credential report is read only if there is something to do.

    Raises PolicygenError where it is another account, cannot be read, or the plan cannot be made.
    """
    account = look(connection, desired)
    plan = _plan(account, desired, prune=prune)
    if plan.steps:
        account = with_credentials(connection, account)
    verdict = judge(plan, account, context=context, long_term_key=connection.long_term_key)
    return Prepared(name or desired.account, plan, _caller(account), verdict, _errors(rendered), connection)


def prepare_offline(
    account: Account,
    desired: Desired,
    rendered: Sequence[Rendered] = (),
    *,
    name: str = "",
    prune: bool = False,
    context: Mapping[str, str],
) -> Prepared:
    """Plan on a snapshot. Raises PolicygenError as `prepare_live` does."""
    if "authorization-details" not in account.parts:
        raise PolicygenError("the snapshot has no authorization-details.json, without which nothing can be planned")
    check_account(account, desired)
    plan = _plan(account, desired, prune=prune)
    verdict = judge(plan, account, context=context)
    return Prepared(name or desired.account, plan, _caller(account), verdict, _errors(rendered))


def prepare_saved(connection: Connection, plan: Plan, *, context: Mapping[str, str]) -> Prepared:
    """A saved plan, judged on the account as it is now; whether it is stale shows when it is applied.

    Raises PolicygenError where it is for another account, or the account cannot be read.
    """
    account = with_credentials(connection, look(connection, plan.desired))
    verdict = judge(plan, account, context=context, long_term_key=connection.long_term_key)
    return Prepared(plan.desired.account, plan, _caller(account), verdict, connection=connection)


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
    return make_plan(desired, observe(account, desired), Limits(account.summary or {}), prune=prune)


def _caller(account: Account) -> str:
    return account.caller.arn if account.caller else ""


def _errors(rendered: Sequence[Rendered]) -> tuple[Finding, ...]:
    return tuple(f for result in rendered for f in result.findings if f.severity is Severity.ERROR)
