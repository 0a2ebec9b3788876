"""Change an account: guard, execute step by step behind a journal, read back. The only module that writes to AWS."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

from policygen.account import live, snapshot
from policygen.account.interrupt import check, pause
from policygen.account.live import AwsError, Connection
from policygen.account.model import Account
from policygen.deploy.desired import Desired
from policygen.deploy.journal import Journal, JournalError, find_interrupted, locked, new_journal
from policygen.deploy.operations import Step
from policygen.deploy.ownership import either, owning, still_owned
from policygen.deploy.plan import Plan
from policygen.deploy.planfile import to_data
from policygen.deploy.record import Owned, Record
from policygen.deploy.state import State, digest, observe
from policygen.errors import PolicygenError

PARTS = ("caller-identity", "authorization-details", "account-summary")
WAITS = (0, 1, 2, 4, 8, 15, 30)
"""Seconds to wait before each look at what was changed: IAM shows changes late, but usually within seconds."""
RECENT = 60.0
"""Seconds for which IAM may not yet show what an earlier run did."""
_PASSING = {"ConcurrentModification", "EntityTemporarilyUnmodifiable", "DeleteConflict"}
"""Errors of IAM that go away by themselves; DeleteConflict does once a detached policy shows as detached."""

Say = Callable[[str], None]


class StaleError(PolicygenError):
    """The account is no longer as the plan found it."""


class StoppedError(PolicygenError):
    """A run stopped early; the message tells how to continue, and `journal` is the path of its journal."""

    def __init__(self, message: str, journal: Path) -> None:
        super().__init__(message)
        self.journal = journal


def look(connection: Connection, desired: Desired) -> Account:
    """Read the parts of the account that a plan needs.

    Raises PolicygenError if it is not the desired account, and AwsError if it cannot be read.
    """
    answers, denied = live.read(connection, ("caller-identity",))
    check_account(snapshot.account(answers), desired)
    more, also_denied = live.read(connection, PARTS[1:])
    for part, error in (denied | also_denied).items():
        if part != "account-summary":
            raise error
    return snapshot.account(answers | more)


def check_account(account: Account, desired: Desired) -> None:
    """Raise PolicygenError unless an account is the desired one."""
    if account.id is None:
        raise PolicygenError("the snapshot does not say which account it is of; add caller-identity.json to it")
    if (account.id, account.partition) != (desired.account, desired.partition):
        raise PolicygenError(
            f"this is account {account.id} of partition {account.partition}, and the policies are for "
            f"{desired.account} of {desired.partition}; choose another profile or role"
        )


def with_credentials(connection: Connection, account: Account) -> Account:
    """The account with its credential report, which tells who has MFA, if the caller may read it."""
    answers, _ = live.read(connection, ("credential-report",))
    if not answers:
        return account
    report = snapshot.account(answers).credential_report
    return replace(account, credential_report=report, parts=account.parts | {"credential-report"})


@dataclass(frozen=True)
class _Run:
    """The execution of a plan's steps."""

    connection: Connection
    desired: Desired
    steps: Sequence[Step]
    journal: Journal
    way: str
    """How to continue if it stops early."""
    say: Say
    own: Callable[[State], Owned]
    """What policygen owns in a state."""
    record: Record | None

    @contextmanager
    def stopping(self, done: int) -> Iterator[None]:
        """Inside, an error also tells how many steps were done and how to continue."""
        try:
            yield
        except PolicygenError as error:
            message = f"{error}; {done} of {len(self.steps)} steps were done; {self.way}"
            raise StoppedError(message, self.journal.path) from None

    def owns(self, *states: State) -> None:
        """Record what policygen owns in one of these states of the account."""
        if self.record:
            self.record.write(self.desired.account, reduce(either, map(self.own, states)))


def apply_plan(
    connection: Connection,
    plan: Plan,
    folder: Path,
    *,
    caller: str,
    accepted: str = "",
    record: Record | None = None,
    say: Say = lambda text: None,
) -> Path | None:
    """Execute a plan, or the rest of it, and return the path of the journal; None if there is nothing left to do.

    `accepted` is the reason for accepting a lockout. `record` is told what policygen owns, before and after each call.
    Raises StaleError if the account has changed since it was planned,
    StoppedError if the run ends early, and PolicygenError if it cannot begin.
    """
    identity = digest(to_data(plan))
    with locked(folder, plan.desired.account, say):
        journal, start = _resume(connection, plan, folder, identity, say)
        if journal is None and start:
            return None
        if journal is None:
            states = {"desired": asdict(plan.desired), "observed": asdict(plan.observed)}
            header = {"plan": identity, "steps": len(plan.steps), **states}
            journal = _begin(folder, plan, header, caller, accepted)
        way = f"run again to continue, or take it back with `policygen rollback {journal.path}`"
        run = _Run(connection, plan.desired, plan.steps, journal, way, say, owning(plan), record)
        with run.stopping(start):
            if start:
                say(f"continuing after step {start} of {len(plan.steps)}, journal {journal.path}")
                journal.write({"entry": "resumed", "after": start})
        _execute(run, plan.after(start), start)
    return journal.path


def roll_back(
    connection: Connection,
    path: Path,
    plan: Plan,
    *,
    caller: str,
    accepted: str = "",
    record: Record | None = None,
    say: Say = lambda text: None,
) -> Path:
    """Execute the plan that takes a run back, and return the path of the rollback's own journal.

    `accepted` is the reason for accepting a lockout. Raises StaleError if the account has changed since it was planned,
    and StoppedError if the rollback ends early; running it again continues where it ended.
    """
    account = plan.desired.account
    with locked(path.parent, account, say):
        if read_state(connection, plan.desired).fingerprint != plan.observed.fingerprint:
            raise StaleError(f"account {account} has changed since the steps were shown; nothing was done, run again")
        journal = _begin(path.parent, plan, {"rollback_of": str(path)}, caller, accepted)
        way = f"run `policygen rollback {path}` again to finish"
        own = still_owned(either(plan.desired.owned, record.read(account) if record else Owned()))
        run = _Run(connection, plan.desired, plan.steps, journal, way, say, own, record)
        _execute(run, plan.observed)
        with run.stopping(len(plan.steps)):
            Journal(path).write({"entry": "rolled-back"})
    return journal.path


def _begin(folder: Path, plan: Plan, header: Mapping[str, Any], caller: str, accepted: str) -> Journal:
    account, partition = plan.desired.account, plan.desired.partition
    by = {"account": account, "partition": partition, "caller": caller, "accepted": accepted}
    try:
        return new_journal(folder, account, {**by, **header})
    except JournalError as error:
        raise PolicygenError(f"{error} and run again; nothing was changed") from None


def _resume(connection: Connection, plan: Plan, folder: Path, identity: str, say: Say) -> tuple[Journal | None, int]:
    """Where to begin: step 0 if the account is as planned, or where an interrupted run of the same plan ended.

    Returns no journal and the number of all steps if the account is already as the plan would leave it. What a recent
    run did may not be visible yet, so an account that does not match is read again for a while.
    """
    journal, done = find_interrupted(folder, plan.desired.account, identity) or (None, 0)
    recent = journal is not None and time.time() - journal.path.stat().st_mtime < RECENT
    for last in _looks(say, "what the earlier run did") if recent else (True,):
        seen = read_state(connection, plan.desired).fingerprint
        for start in (done, done + 1) if journal else ():
            if start and start <= len(plan.steps) and seen == plan.after(start).fingerprint:
                return journal, start
        if seen == plan.observed.fingerprint and (last or not done):
            return None, 0
        if seen == plan.after().fingerprint:
            return None, len(plan.steps)
    raise StaleError(
        f"the plan is stale: account {plan.desired.account} has changed since it was made; nothing was done, plan again"
    )


def read_state(connection: Connection, desired: Desired) -> State:
    """Read the part of the account that a plan is about again, with one (paged) call."""
    answers, denied = live.read(connection, ("authorization-details",))
    for error in denied.values():
        raise error
    return observe(snapshot.account(answers), desired)


def _execute(run: _Run, state: State, start: int = 0) -> None:
    """Make the calls from step `start` on, each after it is written to the journal, then read back and compare.

    `state` is the account before them. Raises StoppedError with what was done and how to continue.
    """
    total = len(run.steps)
    for number, step in enumerate(run.steps[start:], start):
        before, state = state, step.after(state)
        with run.stopping(number):
            check()
            run.owns(before, state)
            run.journal.starting(number, step)
            run.say(f"{number + 1}/{total} {step.operation}: {step.subject}")
            _make(run, number, before, state)
        with run.stopping(number + 1):
            run.journal.done(number)
            run.owns(state)
    with run.stopping(total):
        _read_back(run, state)
        run.journal.write({"entry": "verified"})


def _make(run: _Run, number: int, before: State, after: State) -> None:
    """Make one call, and repeat it while its error is one that goes away by itself.

    Only a certain error is recorded as a failure: a rollback checks whether the other calls had an effect.
    """
    step = run.steps[number]
    passing = _PASSING | {"NoSuchEntity" for earlier in run.steps[:number] if _creates(earlier, step)}
    for last in _looks(run.say, f"what {step.operation} for the {step.subject} needs"):
        error = _attempt(run, step, after)
        if error is None:
            return
        if error.code not in passing or last:
            if error.certain:
                run.journal.failed(number, str(error))
                run.owns(before)
            raise error


def _attempt(run: _Run, step: Step, after: State) -> AwsError | None:
    """Make one call and return its error; None if it succeeded.

    Unless AWS denied the call, the account is read before an error is believed: the call may have succeeded after all.
    """
    try:
        run.connection.call(step.operation, step.request)
    except AwsError as error:
        refused = error.certain and error.denied
        return error if refused or not _shows(run, after) else None
    return None


def _creates(earlier: Step, later: Step) -> bool:
    """Whether a step creates what a later one refers to, which IAM may not yet know everywhere."""
    made, named = earlier.arguments, later.arguments
    for operation, name in (("CreateGroup", "GroupName"), ("CreateRole", "RoleName")):
        if earlier.operation == operation:
            return bool(made[name] == named.get(name))
    suffix = f"{made.get('Path')}{made.get('PolicyName')}"
    return earlier.operation == "CreatePolicy" and str(named.get("PolicyArn")).endswith(suffix)


def _shows(run: _Run, state: State) -> bool:
    """Whether the account is in a state; False if it cannot be read."""
    try:
        return read_state(run.connection, run.desired).fingerprint == state.fingerprint
    except AwsError:
        return False


def _read_back(run: _Run, state: State) -> None:
    """Raise PolicygenError unless the account reaches a state within a minute."""
    account = run.desired.account
    for _ in _looks(run.say, f"what was changed in account {account}"):
        if read_state(run.connection, run.desired).fingerprint == state.fingerprint:
            return
    raise PolicygenError(
        f"account {account} does not read back as planned after {sum(WAITS):.0f} seconds; is someone else changing it?"
    )


def _looks(say: Say, what: str) -> Iterator[bool]:
    """Pause before each look at what IAM may not show yet, and yield whether it is the last one."""
    for number, wait in enumerate(WAITS):
        if number == 2:
            say(f"{what} is not yet visible in IAM; waiting for up to a minute")
        pause(wait)
        yield number == len(WAITS) - 1
