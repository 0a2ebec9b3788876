"""The ownership record: what policygen put into each account, in `policygen.state.json` beside the manifest."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from policygen.deploy.stored import from_json
from policygen.errors import PolicygenError
from policygen.files import read_text, write_text
from policygen.policy.source import Source

FILE = "policygen.state.json"


@dataclass(frozen=True, slots=True)
class OwnedGroup:
    """What policygen put into a group: inline policies by name, ARNs of attached policies, members in lower case."""

    created: bool = False
    """Whether policygen created the group."""
    inline: Mapping[str, str] = field(default_factory=dict)
    """The digest of each document as policygen wrote it."""
    attached: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnedRole:
    """What policygen put into a role: policies as for a group, and the ARN of its permissions boundary."""

    created: bool = False
    """Whether policygen created the role."""
    inline: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class Owned:
    """What policygen put into an account: groups and roles by name, managed policies by ARN with their digests."""

    groups: Mapping[str, OwnedGroup] = field(default_factory=dict)
    roles: Mapping[str, OwnedRole] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)

    def group(self, name: str) -> OwnedGroup:
        """What policygen put into the group of this name, in any case."""
        return next((owned for key, owned in self.groups.items() if key.lower() == name.lower()), OwnedGroup())

    def role(self, name: str) -> OwnedRole:
        """What policygen put into the role of this name, in any case."""
        return next((owned for key, owned in self.roles.items() if key.lower() == name.lower()), OwnedRole())


@dataclass(frozen=True)
class Record:
    """The file with the ownership record of all accounts of a manifest."""

    path: Path
    locks: Path | None = None
    """The folder for the file that only one run at a time holds while it writes: accounts are changed in parallel."""

    @classmethod
    def beside(cls, manifest: Path, locks: Path | None = None) -> "Record":
        """The record beside a manifest; it can only be written with a folder for locks."""
        return cls(manifest.parent / FILE, locks)

    def read(self, account: str) -> Owned:
        """What policygen put into an account; nothing if the file does not exist. Raises PolicygenError."""
        return from_json(Owned, self._data()["accounts"].get(account, {}))

    def write(self, account: str, owned: Owned) -> None:
        """Replace what is recorded of one account. Raises PolicygenError if the file cannot be read or written."""
        from filelock import FileLock

        if self.locks is None:
            raise ValueError("the record was opened for reading")
        self.locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self.locks / f"{FILE}.lock"):
            data = self._data()
            accounts = {**data["accounts"], account: asdict(owned)}
            whole = {"version": 1, "accounts": accounts}
            if whole != data:
                write_text(self.path, json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n")

    def _data(self) -> dict[str, Any]:
        from policygen.policy.schema import violations

        if not self.path.exists():
            return {"version": 1, "accounts": {}}
        source = Source(read_text(self.path), str(self.path))
        for pointer, message in violations("ownership-record", source.data):
            raise PolicygenError(
                f"{self.path}:{source.span(pointer).line}: is not an ownership record: {message}; restore it from git"
            )
        return dict(source.data)
