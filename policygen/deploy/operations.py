"""All operations by name, and the steps of a plan, which are calls of operations.

To add an operation, add its record to the `…_operations.py` of what it changes: planning, quotas, the lockout
guard, applying, rolling back and printing all use that record.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policygen.account.model import Document
from policygen.deploy.difference import Change
from policygen.deploy.group_operations import GROUP_OPERATIONS
from policygen.deploy.operation import DOCUMENTS, Arguments, Operation, Rank
from policygen.deploy.policy_operations import POLICY_OPERATIONS
from policygen.deploy.role_operations import ROLE_OPERATIONS
from policygen.deploy.state import State
from policygen.policy.canonical import dumps

OPERATIONS: Mapping[str, Operation] = {**GROUP_OPERATIONS, **ROLE_OPERATIONS, **POLICY_OPERATIONS}

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Step:
    """One call to IAM."""

    operation: str
    arguments: Arguments
    subject: str
    """What is changed, in words: `policy self-manage of group AllUsers`."""
    before: Document | None = None
    """The document that is replaced or removed; of a group or role that is removed, what it was created with."""
    changes: tuple[Change, ...] = ()
    """What the people affected gain and lose."""

    @property
    def record(self) -> Operation:
        """The record of the operation."""
        return OPERATIONS[self.operation]

    @property
    def rank(self) -> Rank | None:
        """When the step comes in a plan; None if that depends on what it gives and takes."""
        return self.record.rank

    @property
    def verb(self) -> str:
        """What the step does: create, write, replace, attach, …"""
        return self.record.verb or ("write" if self.before is None else "replace")

    @property
    def request(self) -> dict[str, Any]:
        """The arguments as IAM expects them, with the policy document as text."""
        return {
            key: dumps(value, minify=True).strip() if key in DOCUMENTS else value
            for key, value in self.arguments.items()
        }

    @property
    def command(self) -> str:
        """The `aws iam …` command that does the same, quoted for a POSIX shell."""
        words = ["aws", "iam", _kebab(self.operation)]
        for key, value in self.request.items():
            if isinstance(value, bool):
                words.append(f"--{'' if value else 'no-'}{_kebab(key)}")
            else:
                words += [f"--{_kebab(key)}", str(value)]
        return shlex.join(words)

    def after(self, state: State) -> State:
        """The state after this call, which must be valid in the given state."""
        return self.record.effect(state, self.arguments)


def _kebab(name: str) -> str:
    return _WORD.sub("-", name).lower()
