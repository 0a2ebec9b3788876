"""The journal of a run: what each step is about to do, what stood there before, and what came of it."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from policygen.account.call import OPERATIONS
from policygen.account.desired import Desired, from_json
from policygen.account.plan import Step
from policygen.errors import PolicygenError

_PATIENCE = 1.0
"""Seconds to wait for another run before saying so."""


@dataclass
class Journal:
    """A file of one JSON object a line, each safely on disk before the call to AWS that it announces."""

    path: Path

    def write(self, entry: Mapping[str, Any]) -> None:
        """Append an entry with the time."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **entry}, ensure_ascii=False)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with open(descriptor, "a", encoding="utf-8") as file:  # noqa: PTH123 (a descriptor is no path)
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def starting(self, number: int, step: Step) -> None:
        """Before a call: the step, with the document that it replaces."""
        self.write(
            {
                "entry": "starting",
                "step": number,
                "operation": step.operation,
                "arguments": dict(step.arguments),
                "subject": step.subject,
                "before": step.before,
            }
        )

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


def new_journal(folder: Path, account: str, header: Mapping[str, Any]) -> Journal:
    """A journal in a folder of its owner's, which is made if need be and kept out of git."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    journal = Journal(folder / f"{account}-{stamp}.jsonl")
    journal.write({"entry": "run", "version": 1, **header})
    return journal


def read_journal(path: Path) -> Past:
    """What a journal tells. A last line that a kill cut off is passed over.

    Raises PolicygenError where the file is no journal.
    """
    entries = list(_entries(path))
    if not entries or entries[0].get("entry") != "run" or entries[0].get("version") != 1:
        raise PolicygenError(f"{path}: is not a journal that `policygen apply` wrote")
    if "rollback_of" in entries[0]:
        raise PolicygenError(f"{path}: tells of a rollback; plan again to have its effect back")
    try:
        begun = {entry["step"]: entry for entry in entries if entry["entry"] == "starting"}
        ended = {entry["step"]: entry["entry"] for entry in entries if entry["entry"] in ("done", "failed")}
        kept = [number for number in sorted(begun) if ended.get(number) != "failed"]
        return Past(
            from_json(entries[0]["desired"]),
            tuple(_step(begun[number]) for number in kept),
        )
    except (KeyError, TypeError, ValueError):
        raise PolicygenError(f"{path}: is not a journal that `policygen apply` wrote") from None


def _step(entry: Mapping[str, Any]) -> Step:
    operation, arguments, before = entry["operation"], entry["arguments"], entry["before"]
    documents = [before, *(value for key, value in arguments.items() if key == "PolicyDocument")]
    texts = [value for key, value in arguments.items() if key not in ("PolicyDocument", "SetAsDefault")]
    if arguments.keys() != OPERATIONS[operation] or not all(isinstance(text, str) for text in texts):
        raise ValueError(operation)
    if not all(document is None or isinstance(document, dict) for document in documents):
        raise ValueError(operation)
    return Step(operation, arguments, str(entry["subject"]), before)


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except ValueError:
            if number == len(lines):
                return
            raise PolicygenError(f"{path}:{number}: is damaged; a journal holds one JSON object a line") from None
        if not isinstance(entry, dict):
            raise PolicygenError(f"{path}:{number}: is not a journal's line")
        yield entry


@contextmanager
def locked(folder: Path, account: str, say: Callable[[str], None]) -> Iterator[None]:
    """Only one run at a time changes an account from one folder; a second one says so and waits for it."""
    from filelock import FileLock, Timeout

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(folder / f"{account}.lock")
    try:
        held = lock.acquire(timeout=_PATIENCE)
    except Timeout:
        say(f"another run is changing account {account} ({lock.lock_file}); waiting for it to end")
        held = lock.acquire()
    with held:
        yield


def find_interrupted(folder: Path, account: str, plan: str) -> tuple[Journal, int] | None:
    """The newest journal of a run of this very plan that did not reach its end, and how many steps it finished."""
    for path in sorted(folder.glob(f"{account}-*.jsonl"), reverse=True):
        entries = list(_entries(path))
        if entries and entries[0].get("plan") == plan:
            if any(entry.get("entry") in ("verified", "rolled-back") for entry in entries):
                return None
            done = [entry["step"] for entry in entries if entry.get("entry") == "done"]
            return Journal(path), max(done, default=-1) + 1
    return None
