"""Change an account: guard, execute step by step behind a journal, read back. The only module that writes to AWS."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from policygen.account import live, snapshot
from policygen.account.call import wire
from policygen.account.desired import Desired, to_json
from policygen.account.journal import Journal, find_interrupted, locked, new_journal
from policygen.account.live import AwsError, Connection
from policygen.account.model import Account
from policygen.account.plan import Plan, Step
from policygen.account.planfile import to_data
from policygen.account.state import State, advance, digest, fingerprint, observe
from policygen.errors import PolicygenError

PARTS = ("caller-identity", "authorization-details", "account-summary")
WAITS = (0, 1, 2, 4)
"""Seconds before each look at what was changed: IAM shows a change within seconds, not at once."""

Say = Callable[[str], None]


class StaleError(PolicygenError):
    """The account is not as the plan found it."""


class StoppedError(PolicygenError):
    """A run ended before its end; `journal` is the path of what it did."""

    def __init__(self, message: str, journal: Path) -> None:
        super().__init__(message)
        self.journal = journal


def look(connection: Connection, desired: Desired) -> Account:
    """The account behind a connection, as far as a plan needs it.

    Raises PolicygenError where it is not the account that is meant, and AwsError where it cannot be read.
    """
    answers, denied = live.read(connection, ("caller-identity",))
    check_account(snapshot.account(answers), desired)
    more, also_denied = live.read(connection, PARTS[1:])
    for part, error in (denied | also_denied).items():
        if part != "account-summary":
            raise error
    return snapshot.account(answers | more)


def check_account(account: Account, desired: Desired) -> None:
    """Raise PolicygenError unless an account is the one that is meant."""
    wanted = (desired.account, desired.partition)
    if account.id is None:
        raise PolicygenError("the snapshot does not say which account it is of; add caller-identity.json to it")
    if (account.id, account.partition) != wanted:
        raise PolicygenError(
            f"this is account {account.id} of partition {account.partition}, and the policies are for {wanted[0]} "
            f"of {wanted[1]}; choose another profile or role"
        )


def with_credentials(connection: Connection, account: Account) -> Account:
    """The account with its credential report, where the caller may read it: who has MFA."""
    from dataclasses import replace

    answers, _ = live.read(connection, ("credential-report",))
    if not answers:
        return account
    report = snapshot.account(answers).credential_report
    return replace(account, credential_report=report, parts=account.parts | {"credential-report"})


def apply_plan(
    connection: Connection, plan: Plan, folder: Path, *, caller: str, accepted: str = "", say: Say = lambda text: None
) -> Path:
    """Execute a plan, or what is left of it, and return the path of the journal.

    `accepted` is the reason for which a lockout is accepted. Raises StaleError where the account has changed since it
    was planned, and PolicygenError where a call fails or the account is not as planned afterwards.
    """
    identity = digest(to_data(plan))
    with locked(folder, plan.desired.account, say):
        journal, start = _resume(connection, plan, folder, identity)
        if journal is None:
            header = {
                "plan": identity,
                "account": plan.desired.account,
                "partition": plan.desired.partition,
                "caller": caller,
                "accepted": accepted,
                "steps": len(plan.steps),
                "desired": to_json(plan.desired),
                "observed": plan.observed,
            }
            journal = new_journal(folder, plan.desired.account, header)
        else:
            say(f"going on after step {start} of {len(plan.steps)}, journal {journal.path}")
            journal.write({"entry": "resumed", "after": start})
        execute(connection, plan.desired, plan.after(start), plan.steps, journal, start=start, say=say)
    return journal.path


def _resume(connection: Connection, plan: Plan, folder: Path, identity: str) -> tuple[Journal | None, int]:
    """Where to begin: step 0 on an account as planned, or where an interrupted run of this very plan ended."""
    state = read_state(connection, plan.desired)
    if fingerprint(state) == fingerprint(plan.observed):
        return None, 0
    interrupted = find_interrupted(folder, plan.desired.account, identity)
    if interrupted:
        journal, done = interrupted
        for start in (done, done + 1):
            if start <= len(plan.steps) and fingerprint(state) == fingerprint(plan.after(start)):
                return journal, start
    raise StaleError(
        f"the plan is stale: account {plan.desired.account} has changed since it was made; nothing was done, plan again"
    )


def read_state(connection: Connection, desired: Desired) -> State:
    """The part of the account that a plan is about, read anew with one (paged) call."""
    answers, denied = live.read(connection, ("authorization-details",))
    for error in denied.values():
        raise error
    return observe(snapshot.account(answers), desired)


def execute(
    connection: Connection,
    desired: Desired,
    state: State,
    steps: Sequence[Step],
    journal: Journal,
    *,
    start: int = 0,
    say: Say = lambda text: None,
) -> None:
    """Make the calls of the steps from `start` on, each behind its entry in the journal, then read back and compare.

    `state` is the account before them; it follows the calls. Raises PolicygenError with what was done and how to go on.
    """
    for number, step in enumerate(steps[start:], start):
        journal.starting(number, step)
        say(f"{number + 1}/{len(steps)} {step.operation}: {step.subject}")
        with _told(journal, number, len(steps)):
            _make(connection, desired, state, steps, number, journal)
        journal.done(number)
        advance(state, step.operation, step.arguments)
    with _told(journal, len(steps), len(steps)):
        if not _settles(connection, desired, state):
            raise PolicygenError(
                f"account {desired.account} does not read back as planned; somebody else may be at work"
            )
    journal.write({"entry": "verified"})


def _makes(earlier: Step, later: Step) -> bool:
    """Whether a step makes what a later one names, so that IAM may not know it everywhere yet."""
    made, named = earlier.arguments, later.arguments
    if earlier.operation == "CreateGroup":
        return bool(made["GroupName"] == named.get("GroupName"))
    suffix = f"{made.get('Path')}{made.get('PolicyName')}"
    return earlier.operation == "CreatePolicy" and str(named.get("PolicyArn")).endswith(suffix)


def _make(
    connection: Connection, desired: Desired, before: State, steps: Sequence[Step], number: int, journal: Journal
) -> None:
    """One call. An error is believed only after a look: the call may have had its effect all the same."""
    step = steps[number]
    for wait in WAITS:
        time.sleep(wait)
        try:
            connection.call(step.operation, wire(step.arguments))
            return
        except AwsError as error:
            if error.denied:
                journal.failed(number, str(error))
                raise
            state, after = fingerprint(read_state(connection, desired)), deepcopy(before)
            advance(after, step.operation, step.arguments)
            if state == fingerprint(after):
                return
            unchanged = state == fingerprint(before)
            fresh = any(_makes(earlier, step) for earlier in steps[:number])
            if not (unchanged and fresh and error.code == "NoSuchEntity" and wait != WAITS[-1]):
                if unchanged:
                    journal.failed(number, str(error))
                raise


def _settles(connection: Connection, desired: Desired, state: State) -> bool:
    wanted = fingerprint(state)
    for wait in WAITS:
        time.sleep(wait)
        if fingerprint(read_state(connection, desired)) == wanted:
            return True
    return False


@contextmanager
def _told(journal: Journal, done: int, total: int) -> Iterator[None]:
    try:
        yield
    except PolicygenError as error:
        raise StoppedError(f"{error}; {done} of {total} steps were done", journal.path) from None


def roll_back(
    connection: Connection, path: Path, steps: Sequence[Step], desired: Desired, state: State, say: Say
) -> Path:
    """Execute the steps that take a run back, and return the path of the rollback's own journal.

    Raises PolicygenError as `execute` does; running it again goes on where it ended.
    """
    header = {"rollback_of": str(path), "account": desired.account, "partition": desired.partition}
    with locked(path.parent, desired.account, say):
        journal = new_journal(path.parent, desired.account, header)
        execute(connection, desired, state, steps, journal, say=say)
        Journal(path).write({"entry": "rolled-back"})
    return journal.path
