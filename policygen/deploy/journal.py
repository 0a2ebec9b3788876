"""The journal of a run: what each step is about to do, what it replaces, and what came of it."""

import errno
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
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
"""Seconds to wait for another run before saying so."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BEGINNING = '{"at": "'
"""What every line begins with."""


class JournalError(PolicygenError):
    """A journal cannot be written."""


class EmptyJournalError(PolicygenError):
    """A journal in which no entry is whole: its run ended before its first call."""


@dataclass
class Journal:
    """A file of one JSON object a line, each safely on disk before the call to AWS that it announces."""

    path: Path

    def write(self, entry: Mapping[str, Any]) -> None:
        """Append an entry with the time, on a line of its own. Raises JournalError."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **entry}, ensure_ascii=False)
        with _writing(self.path):
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            with open(descriptor, "a+b") as file:  # noqa: PTH123 (a descriptor is not a path)
                if file.tell():
                    file.seek(-1, os.SEEK_END)
                    line = line if file.read(1) == b"\n" else "\n" + line  # a full disk or a kill cut the last line
                file.write(f"{line}\n".encode())
                file.flush()
                os.fsync(file.fileno())

    def starting(self, number: int, step: Step) -> None:
        """Before a call: the step, with the document that it replaces."""
        self.write({"entry": "starting", "step": number, **asdict(replace(step, changes=()))})

    def done(self, number: int) -> None:
        """After a call that had its effect."""
        self.write({"entry": "done", "step": number})

    def failed(self, number: int, error: str) -> None:
        """After a call that had none."""
        self.write({"entry": "failed", "step": number, "error": error})


@dataclass(frozen=True)
class Past:
    """What a journal tells: what was desired, and the steps that may have had their effect, in order."""

    desired: Desired
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    """Of lines that could not be read, and that nothing depends on."""


def new_journal(folder: Path, account: str, header: Mapping[str, Any]) -> Journal:
    """A journal in a folder of its owner's, which is made if need be and kept out of git. Raises JournalError."""
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
    """What a journal tells. A line that was cut off is passed over, with a note, where the others tell every step.

    A step is announced before its call is made, so one whose announcement is cut off was never begun.
    Raises EmptyJournalError where nothing was begun, and PolicygenError where the file is not a journal, or where a
    damaged line is all that told of a step.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    entries, damaged = _entries(text)
    if not entries and "\n" not in text and (text.startswith(_BEGINNING) or _BEGINNING.startswith(text)):
        raise EmptyJournalError(f"{path}: has no complete entry: its run ended before it changed anything")
    if not entries or entries[0]["entry"] != "run" or entries[0].get("version") != 1:
        raise PolicygenError(f"{path}: is not a journal that `policygen apply` wrote")
    if "rollback_of" in entries[0]:
        raise PolicygenError(f"{path}: tells of a rollback; plan again to have its effect back")
    try:
        begun = {int(entry["step"]): entry for entry in entries if entry["entry"] == "starting"}
        ended = {int(entry["step"]): entry["entry"] for entry in entries if entry["entry"] in ("done", "failed")}
        if damaged:
            _check_whole(path, damaged[0], begun.keys(), ended.keys())
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


def _check_whole(path: Path, line: int, begun: Collection[int], ended: Collection[int]) -> None:
    """Raise PolicygenError unless every step that a journal must have begun is announced in it."""
    lost = set(range(max([*begun, *ended], default=-1) + 1)) - set(begun)
    if lost:
        raise PolicygenError(
            f"{path}:{line}: is damaged, and nothing else tells what step {min(lost) + 1} replaced; restore the file "
            "from a copy, or plan again from the manifest as it was before"
        )


def _entries(text: str) -> tuple[list[dict[str, Any]], list[int]]:
    """The entries of a journal's whole lines, and the numbers of the lines that are no entry."""
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
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> JournalError:
    remedy = "make room on its disk" if error.errno in _FULL else "make it writable"
    return JournalError(f"the journal {path} cannot be written ({(error.strerror or str(error)).lower()}); {remedy}")


@contextmanager
def locked(folder: Path, account: str, say: Callable[[str], None]) -> Iterator[None]:
    """Only one run at a time changes an account from one folder; a second one says so and waits for it."""
    from filelock import FileLock, Timeout

    path, told = folder / f"{account}.lock", False
    with _writing(path):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(path)
    while not lock.is_locked:
        check()
        try:
            lock.acquire(timeout=_PATIENCE)
        except Timeout:
            if not told:
                say(f"another run is changing account {account} ({path}); waiting for it to end")
            told = True
        except OSError as error:
            raise _unwritable(path, error) from None
    try:
        yield
    finally:
        lock.release()


def find_interrupted(folder: Path, account: str, plan: str) -> tuple[Journal, int] | None:
    """The newest journal of a run of this very plan that did not reach its end, and how many steps it finished."""
    for path in sorted(folder.glob(f"{account}-*.jsonl"), reverse=True):
        entries, _ = _entries(path.read_text(encoding="utf-8", errors="replace"))
        if entries and entries[0].get("plan") == plan:
            if any(entry["entry"] in ("verified", "rolled-back") for entry in entries):
                return None
            done = [entry["step"] for entry in entries if entry["entry"] == "done" and type(entry.get("step")) is int]
            return Journal(path), max(done, default=-1) + 1
    return None
