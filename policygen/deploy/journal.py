"""The journal of a run: what each step is about to do, what it replaces, and whether it succeeded."""

import errno
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from policygen.account.interrupt import check
from policygen.deploy.desired import Desired
from policygen.deploy.operations import OPERATIONS, Step
from policygen.deploy.stored import from_json
from policygen.errors import PolicygenError

_PATIENCE = 1.0
"""Seconds to wait for another run before telling the user."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BEGINNING = '{"at": "'
"""The beginning of every line."""


class JournalError(PolicygenError):
    """A journal cannot be written."""


class EmptyJournalError(PolicygenError):
    """The journal does not have a complete entry, because the run ended before its first call."""


@dataclass
class Journal:
    """A file with one JSON object per line, each safely on disk before the call to AWS that it announces."""

    path: Path

    def write(self, entry: Mapping[str, Any]) -> None:
        """Append an entry with the current time. Raises JournalError."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **entry}, ensure_ascii=False)
        with _writing(self.path):
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            with open(descriptor, "a+b") as file:  # noqa: PTH123 (a descriptor is not a path)
                if file.tell():
                    file.seek(-1, os.SEEK_END)
                    line = line if file.read(1) == b"\n" else "\n" + line  # the last line was cut off
                file.write(f"{line}\n".encode())
                file.flush()
                os.fsync(file.fileno())

    def starting(self, number: int, step: Step) -> None:
        """Record a step, with the document that it replaces, before its call."""
        self.write({"entry": "starting", "step": number, **asdict(replace(step, changes=()))})

    def done(self, number: int) -> None:
        """Record that a call succeeded."""
        self.write({"entry": "done", "step": number})

    def failed(self, number: int, error: str) -> None:
        """Record that a call surely had no effect."""
        self.write({"entry": "failed", "step": number, "error": error})


@dataclass(frozen=True)
class Past:
    """The content of a journal: the desired state, and the steps that may have had an effect, in order."""

    desired: Desired
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    """One for each line that cannot be read and that is not needed."""


def new_journal(folder: Path, account: str, header: Mapping[str, Any]) -> Journal:
    """Create a journal in a private folder that git ignores, which is created if needed. Raises JournalError."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    journal = Journal(folder / f"{account}-{stamp}.jsonl")
    with _writing(journal.path):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    journal.write({"entry": "run", "version": 1, **header})
    return journal


def read_journal(path: Path) -> Past:
    """Read a journal. A line that was cut off is skipped with a note if the others record every step.

    A step is recorded before its call is made, so a step whose record is cut off was never begun. Raises
    EmptyJournalError if nothing was begun, and PolicygenError if the file is not a journal or the only record of a step
    is damaged.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    entries, damaged = _entries(text)
    if not entries and "\n" not in text and (text.startswith(_BEGINNING) or _BEGINNING.startswith(text)):
        raise EmptyJournalError(f"{path}: has no complete entry: its run ended before it changed anything")
    if not entries or entries[0]["entry"] != "run" or entries[0].get("version") != 1:
        raise PolicygenError(f"{path}: is not a journal that `policygen apply` wrote")
    if "rollback_of" in entries[0]:
        raise PolicygenError(f"{path}: is the journal of a rollback; to reverse that, plan and apply again")
    try:
        begun = {int(entry["step"]): entry for entry in entries if entry["entry"] == "starting"}
        ended = {int(entry["step"]): entry["entry"] for entry in entries if entry["entry"] in ("done", "failed")}
        lost = set(range(max([*begun, *ended], default=-1) + 1)) - begun.keys()
        if damaged and lost:
            raise PolicygenError(
                f"{path}:{damaged[0]}: is damaged, and nothing else tells what step {min(lost) + 1} replaced; restore "
                "the file from a copy, or plan again from the manifest as it was before"
            )
        steps = [from_json(Step, begun[number]) for number in sorted(begun) if ended.get(number) != "failed"]
        if not all(OPERATIONS[step.operation].undo and step.record.takes(step.arguments) for step in steps):
            raise ValueError
        return Past(
            from_json(Desired, entries[0]["desired"]),
            tuple(steps),
            tuple(f"{path}:{number}: was cut off, and no step depends on it; skipped" for number in damaged),
        )
    except (KeyError, TypeError, ValueError):
        raise PolicygenError(f"{path}: is not a journal that `policygen apply` wrote") from None


def read_entries(path: Path) -> list[dict[str, Any]]:
    """The complete entries of a journal; none if the file is something else."""
    return _entries(path.read_text(encoding="utf-8", errors="replace"))[0]


def _entries(text: str) -> tuple[list[dict[str, Any]], list[int]]:
    """The entries of a journal's complete lines, and the numbers of the damaged ones."""
    entries: list[dict[str, Any]] = []
    damaged = []
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: U+0085 and U+2028 may be in a policy
        try:
            entry = json.loads(line) if line else {"entry": ""}
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict) or not isinstance(entry.get("entry"), str):
            damaged.append(number)
        elif line:
            entries.append(entry)
    return entries, damaged


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        remedy = "make room on its disk" if error.errno in _FULL else "make it writable"
        raise JournalError(f"the journal {path} cannot be written ({why}); {remedy}") from None


@contextmanager
def locked(folder: Path, account: str, say: Callable[[str], None]) -> Iterator[None]:
    """Let only one run at a time change an account from a folder; a second one tells the user and waits."""
    from filelock import FileLock, Timeout

    path, told = folder / f"{account}.lock", False
    with _writing(path):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(path)
    while not lock.is_locked:
        check()
        with _writing(path), suppress(Timeout):
            lock.acquire(timeout=_PATIENCE)
        if not (lock.is_locked or told):
            say(f"another run is changing account {account} ({path}); waiting for it to end")
            told = True
    try:
        yield
    finally:
        lock.release()


def find_interrupted(folder: Path, account: str, plan: str) -> tuple[Journal, int] | None:
    """The newest journal of an unfinished run of this plan, and the number of steps that were done."""
    for path in sorted(folder.glob(f"{account}-*.jsonl"), reverse=True):
        entries = read_entries(path)
        if entries and entries[0].get("plan") == plan:
            if any(entry["entry"] in ("verified", "rolled-back") for entry in entries):
                return None
            done = [entry["step"] for entry in entries if entry["entry"] == "done" and type(entry.get("step")) is int]
            return Journal(path), max(done, default=-1) + 1
    return None
