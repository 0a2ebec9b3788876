"""What policygen knows about the IAM operations that change an account: one record for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Any, NamedTuple

from policygen.account.model import Document
from policygen.deploy.state import State

Arguments = Mapping[str, Any]
"""The parameters of a call by their names in boto3; `PolicyDocument` is a parsed document."""
DOCUMENTS = ("PolicyDocument", "AssumeRolePolicyDocument")
"""The arguments that are policy documents."""
_TYPES: Mapping[str, type] = {"SetAsDefault": bool, "MaxSessionDuration": int, **dict.fromkeys(DOCUMENTS, dict)}


class Rank(IntEnum):
    """The order of a plan's steps, which keeps the promise in `policygen.deploy.plan`."""

    CREATE_GROUP = auto()
    CREATE_POLICY = auto()
    CREATE_ROLE = auto()
    GAIN = auto()
    JOIN = auto()
    DENY = auto()
    JOIN_DENIED = auto()
    TRADE = auto()
    LOSE = auto()
    REMOVE = auto()


class Call(NamedTuple):
    """A call that undoes another one, and the document that it replaces or removes."""

    operation: str
    arguments: Arguments
    before: Document | None = None


Undone = tuple[Call, ...] | str
"""The calls that undo a call, or why it cannot be undone without undoing what someone else did since."""


@dataclass(frozen=True)
class Quota:
    """A quota of IAM that a call counts against."""

    name: str
    """Its name in the answer to GetAccountSummary."""
    what: str
    """What is counted, with the call's arguments: `managed policies on group {GroupName}`."""
    used: Callable[[State, Arguments], int]
    """How many there are after the call."""
    counted: str = ""
    """The name of the whole account's count in GetAccountSummary, if a state holds only a part of what is counted."""


@dataclass(frozen=True)
class Operation:
    """One operation of IAM."""

    arguments: tuple[str, ...]
    effect: Callable[[State, Arguments], State]
    """The state after a call; the call must be valid in the state before."""
    inverse: tuple[str, ...]
    """The operations that undo it, which a caller must be allowed in order to undo it."""
    undo: Callable[[Arguments, Document | None, State], Undone] | None = None
    """Returns how to undo a call, from its arguments, the document that it replaced or removed, and the present state.

    None for an operation that is used only to undo others.
    """
    verb: str = ""
    """A verb for it; empty if that is write or replace, depending on what was there before."""
    rank: Rank | None = None
    """When it comes in a plan; None if that depends on what it gives and takes."""
    quotas: tuple[Quota, ...] = ()
    optional: tuple[str, ...] = ()
    """More arguments, which a call may leave out."""

    def takes(self, arguments: Arguments) -> bool:
        """Whether these are exactly the arguments of the operation, each of the right type."""
        return arguments.keys() - set(self.optional) == set(self.arguments) and all(
            isinstance(value, _TYPES.get(name, str)) for name, value in arguments.items()
        )
