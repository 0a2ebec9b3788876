"""What policygen knows of an IAM call that changes an account: one record an operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Any, NamedTuple

from policygen.account.model import Document
from policygen.deploy.state import State

Arguments = Mapping[str, Any]
"""The parameters of a call by boto3's names; a `PolicyDocument` is the parsed document."""
_TYPES: Mapping[str, type] = {"PolicyDocument": dict, "SetAsDefault": bool}


class Rank(IntEnum):
    """The order of a plan's steps, which keeps the promise that `policygen.deploy.plan` makes."""

    CREATE_GROUP = auto()
    CREATE_POLICY = auto()
    GAIN = auto()
    JOIN = auto()
    DENY = auto()
    JOIN_DENIED = auto()
    TRADE = auto()
    LOSE = auto()
    REMOVE = auto()


class Call(NamedTuple):
    """A call that undoes another: its operation, arguments, and the document that it replaces or removes."""

    operation: str
    arguments: Arguments
    before: Document | None = None


Undone = tuple[Call, ...] | str
"""The calls that undo one, or why they would undo what somebody else did since."""


@dataclass(frozen=True)
class Quota:
    """A quota of IAM that a call counts against."""

    name: str
    """As in the answer of GetAccountSummary."""
    what: str
    """What is counted, in words with the call's arguments: `managed policies on group {GroupName}`."""
    used: Callable[[State, Arguments], int]
    """How many there are after the call."""
    counted: str = ""
    """GetAccountSummary's count of all in the account, where a state holds only a part of them."""


@dataclass(frozen=True)
class Operation:
    """One operation of IAM."""

    arguments: tuple[str, ...]
    effect: Callable[[State, Arguments], State]
    """The state after the call; the state before must be one that the call fits."""
    inverse: tuple[str, ...]
    """The operations that undo it; somebody who may not call them could not undo it."""
    undo: Callable[[Arguments, Document | None, State], Undone] | None = None
    """What undoes a call, given the document that it replaced or removed and the state of the account by now.

    None for an operation that only undoes others.
    """
    verb: str = ""
    """A word for it; empty where it writes or replaces, which depends on what was there."""
    rank: Rank | None = None
    """When it comes in a plan; None where that depends on what it gives and takes."""
    quotas: tuple[Quota, ...] = ()

    def takes(self, arguments: Arguments) -> bool:
        """Whether these are arguments of the operation, each of its type."""
        return arguments.keys() == set(self.arguments) and all(
            isinstance(value, _TYPES.get(name, str)) for name, value in arguments.items()
        )
