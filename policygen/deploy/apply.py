"""Change an account: guard, execute step by step behind a journal, read back. The only module that writes to AWS."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from policygen.account import live, snapshot
from policygen.account.interrupt import check, pause
from policygen.account.live import AwsError, Connection
from policygen.account.model import Account
from policygen.deploy.call import wire
from policygen.deploy.desired import Desired, to_json
from policygen.deploy.journal import Journal, JournalError, find_interrupted, locked, new_journal
from policygen.deploy.plan import Plan, Step
from policygen.deploy.planfile import to_data
from policygen.deploy.state import State, advance, digest, fingerprint, observe
from policygen.errors import PolicygenError

PARTS = ("caller-identity", "authorization-details", "account-summary")
WAITS = (0, 1, 2, 4, 8, 15, 30)
"""Seconds before each look at what was changed: IAM shows a change within seconds as a rule, within a minute here."""
RECENT = 60.0
"""Seconds for which IAM may not show yet what an earlier run did."""
_PASSING = {"ConcurrentModification", "EntityTemporarilyUnmodifiable", "DeleteConflict"}
"""Errors of IAM that pass by themselves; DeleteConflict does once IAM knows that what was detached is."""

Say = Callable[[str], None]


class StaleError(PolicygenError):
    """The account is not as the plan found it."""


class StoppedError(PolicygenError):
    """A run ended before its end, and how to go on; `journal` is the path of what it did."""

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
) -> Path | None:
    """Execute a plan, or what is left of it, and return the path of the journal; None if the account is so already.

    `accepted` is the reason for which a lockout is accepted. Raises StaleError where the account has changed since it
    was planned, StoppedError where the run ends early, and PolicygenError where it cannot begin.
    """
    identity = digest(to_data(plan))
    with locked(folder, plan.desired.account, say):
        journal, start = _resume(connection, plan, folder, identity, say)
        if journal is None and start:
            return None
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
            journal = _begin(folder, plan.desired.account, header)
        way = f"run again to go on, or take it back with `policygen rollback {journal.path}`"
        with _told(journal, start, len(plan.steps), way):
            if start:
                say(f"going on after step {start} of {len(plan.steps)}, journal {journal.path}")
                journal.write({"entry": "resumed", "after": start})
        execute(connection, plan.desired, plan.after(start), plan.steps, journal, start=start, way=way, say=say)
    return journal.path


def _begin(folder: Path, account: str, header: Mapping[str, Any]) -> Journal:
    try:
        return new_journal(folder, account, header)
    except JournalError as error:
        raise PolicygenError(f"{error} and run again; nothing was changed") from None


def _resume(connection: Connection, plan: Plan, folder: Path, identity: str, say: Say) -> tuple[Journal | None, int]:
    """Where to begin: step 0 on an account as planned, or where an interrupted run of this very plan ended.

    No journal and the number of all steps where the account is as the plan leaves it. What a recent run did may not be
    visible yet, so that an account that does not fit it is looked at for a while.
    """
    journal, done = find_interrupted(folder, plan.desired.account, identity) or (None, 0)
    recent = journal is not None and time.time() - journal.path.stat().st_mtime < RECENT
    for last in _looks(say, "what the earlier run did") if recent else (True,):
        state = fingerprint(read_state(connection, plan.desired))
        for start in (done, done + 1) if journal else ():
            if start and start <= len(plan.steps) and state == fingerprint(plan.after(start)):
                return journal, start
        if state == fingerprint(plan.observed) and (last or not done):
            return None, 0
        if state == fingerprint(plan.after()):
            return None, len(plan.steps)
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
    way: str,
    start: int = 0,
    say: Say = lambda text: None,
) -> None:
    """Make the calls of the steps from `start` on, each behind its entry in the journal, then read back and compare.

    `state` is the account before them; it follows the calls. Raises StoppedError with what was done, and `way`, which
    says how to go on.
    """
    total = len(steps)
    for number, step in enumerate(steps[start:], start):
        with _told(journal, number, total, way):
            check()
            journal.starting(number, step)
            say(f"{number + 1}/{total} {step.operation}: {step.subject}")
            _make(connection, desired, state, steps, number, journal, say)
        with _told(journal, number + 1, total, way):
            journal.done(number)
        advance(state, step.operation, step.arguments)
    with _told(journal, total, total, way):
        _read_back(connection, desired, state, say)
        journal.write({"entry": "verified"})


def _makes(earlier: Step, later: Step) -> bool:
    """Whether a step makes what a later one names, so that IAM may not know it everywhere yet."""
    made, named = earlier.arguments, later.arguments
    if earlier.operation == "CreateGroup":
        return bool(made["GroupName"] == named.get("GroupName"))
    suffix = f"{made.get('Path')}{made.get('PolicyName')}"
    return earlier.operation == "CreatePolicy" and str(named.get("PolicyArn")).endswith(suffix)


def _make(
    connection: Connection,
    desired: Desired,
    before: State,
    steps: Sequence[Step],
    number: int,
    journal: Journal,
    say: Say,
) -> None:
    """One call. An error is believed only after a look: the call may have had its effect all the same.

    Only an error that is certain is written down as a failure; of what another may have done a rollback takes care.
    """
    step, after = steps[number], deepcopy(before)
    advance(after, step.operation, step.arguments)
    passing = _PASSING | {"NoSuchEntity" for earlier in steps[:number] if _makes(earlier, step)}
    for last in _looks(say, f"what {step.operation} for the {step.subject} needs"):
        try:
            connection.call(step.operation, wire(step.arguments))
            return
        except AwsError as error:
            if not (error.certain and error.denied) and _shows(connection, desired, after):
                return
            if error.code not in passing or last:
                if error.certain:
                    journal.failed(number, str(error))
                raise


def _shows(connection: Connection, desired: Desired, state: State) -> bool:
    """Whether the account is seen to be in a state; not if it cannot be read."""
    try:
        return fingerprint(read_state(connection, desired)) == fingerprint(state)
    except AwsError:
        return False


def _read_back(connection: Connection, desired: Desired, state: State, say: Say) -> None:
    """Raise PolicygenError unless the account comes to be in a state within a minute."""
    for _ in _looks(say, f"what was changed in account {desired.account}"):
        if fingerprint(read_state(connection, desired)) == fingerprint(state):
            return
    raise PolicygenError(
        f"account {desired.account} does not read back as planned after {sum(WAITS):.0f} seconds; somebody else may be "
        "at work"
    )


def _looks(say: Say, what: str) -> Iterator[bool]:
    """One turn for each look at something that IAM may not show yet, with a pause before; whether it is the last."""
    for number, wait in enumerate(WAITS):
        if number == 2:
            say(f"{what} is not yet visible in IAM; waiting for up to a minute")
        pause(wait)
        yield number == len(WAITS) - 1


@contextmanager
def _told(journal: Journal, done: int, total: int, way: str) -> Iterator[None]:
    try:
        yield
    except PolicygenError as error:
        raise StoppedError(f"{error}; {done} of {total} steps were done; {way}", journal.path) from None


def roll_back(
    connection: Connection, path: Path, plan: Plan, *, caller: str, accepted: str = "", say: Say = lambda text: None
) -> Path:
    """Execute the plan that takes a run back, and return the path of the rollback's own journal.

    `accepted` is the reason for which a lockout is accepted. Raises StaleError where the account has changed since it
    was looked at, and otherwise as `execute` does; running it again goes on where it ended.
    """
    desired, steps, state = plan.desired, plan.steps, deepcopy(plan.observed)
    header = {
        "rollback_of": str(path),
        "account": desired.account,
        "partition": desired.partition,
        "caller": caller,
        "accepted": accepted,
    }
    with locked(path.parent, desired.account, say):
        if fingerprint(read_state(connection, desired)) != fingerprint(state):
            raise StaleError(
                f"account {desired.account} has changed since the steps were shown; nothing was done, run again"
            )
        journal = _begin(path.parent, desired.account, header)
        way = f"run `policygen rollback {path}` again to finish"
        execute(connection, desired, state, steps, journal, way=way, say=say)
        with _told(journal, len(steps), len(steps), way):
            Journal(path).write({"entry": "rolled-back"})
    return journal.path
