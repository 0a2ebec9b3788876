"""The runs that journals tell of: what each did, whether it was undone, and which one can be undone next."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policygen.deploy.journal import read_entries
from policygen.errors import PolicygenError


@dataclass(frozen=True)
class Run:
    """One apply or rollback of an account."""

    journal: Path
    at: str
    """When it began: ISO 8601, in UTC."""
    account: str
    caller: str
    """The ARN of the principal that made the calls; "" if unknown."""
    done: int
    """The number of calls that had an effect, or may have had one."""
    state: str
    """`verified`, `undone`, or `interrupted`."""
    undoes: str = ""
    """The journal of the run that a rollback undoes, "" for an apply."""

    @property
    def can_be_undone(self) -> bool:
        """Whether it is an apply that changed something and has not been rolled back."""
        return not self.undoes and self.done > 0 and self.state != "undone"


def runs(folder: Path, account: str = "") -> list[Run]:
    """The runs of a folder's journals, oldest first, of one account or of all; damaged journals are left out."""
    found = (_run(path) for path in folder.glob("*.jsonl"))
    return sorted((run for run in found if run and account in ("", run.account)), key=lambda run: run.journal.name[13:])


def latest(folder: Path, account: str = "") -> Run:
    """The run to undo next. Raises PolicygenError if there is none, or one of each of several accounts."""
    candidates = [run for run in runs(folder, account) if run.can_be_undone]
    if not candidates:
        of = f" of account {account}" if account else ""
        raise PolicygenError(f"{folder} has no journal of an apply{of} that can be undone")
    accounts = sorted({run.account for run in candidates})
    if len(accounts) > 1:
        raise PolicygenError(f"there are runs to undo in the accounts {', '.join(accounts)}; choose one with --account")
    return candidates[-1]


def check_order(journal: Path) -> None:
    """Raise PolicygenError if a later run of the same account has to be undone before this one."""
    every = runs(journal.parent)
    this = next((run for run in every if run.journal.name == journal.name), None)
    later = [run for run in every if this and run.account == this.account and run.can_be_undone]
    if this in later and this is not later[-1]:
        raise PolicygenError(
            f"{journal}: a later run changed the account after it; undo that first: `policygen rollback "
            f"{later[-1].journal}`"
        )


def _run(path: Path) -> Run | None:
    entries = list(read_entries(path))
    header = entries[0] if entries else {}
    if header.get("entry") != "run" or not isinstance(header.get("account"), str):
        return None
    kinds = {entry["entry"] for entry in entries}
    state = "undone" if "rolled-back" in kinds else "verified" if "verified" in kinds else "interrupted"
    begun, failed = ({entry.get("step") for entry in entries if entry["entry"] == k} for k in ("starting", "failed"))
    done = {entry.get("step") for entry in entries if entry["entry"] == "done"} | (begun - failed)
    return Run(
        path,
        _text(header, "at"),
        header["account"],
        _text(header, "caller"),
        len(done),
        state,
        _text(header, "rollback_of"),
    )


def _text(header: dict[str, Any], key: str) -> str:
    value = header.get(key, "")
    return value if isinstance(value, str) else ""


def steps_of(run: Run) -> Iterator[str]:
    """The calls of a run in words: `PutGroupPolicy: policy self-manage of group AllUsers`."""
    for entry in read_entries(run.journal):
        if entry["entry"] == "starting":
            yield f"{_text(entry, 'operation')}: {_text(entry, 'subject')}"
