"""A plan in the making: steps with their ranks, and what is not as declared."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from policygen.account.model import Document
from policygen.deploy.desired import Desired
from policygen.deploy.difference import Change
from policygen.deploy.operation import Rank
from policygen.deploy.operations import Step
from policygen.deploy.state import State


@dataclass
class Draft:
    """The steps so far, from a state of the account to the desired one."""

    state: State
    desired: Desired
    ranked: list[tuple[int, list[Step]]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    drift: list[tuple[Document | None, str]] = field(default_factory=list)
    """Policies on declared groups that nobody declared, each with its document, None if unknown, and a sentence."""
    strangers: list[str] = field(default_factory=list)
    changed: dict[str, int] = field(default_factory=dict)
    """The rank at which each declared managed policy gets its document."""

    def add(self, *steps: Step, rank: int | None = None) -> int:
        """Add steps that belong together and return their rank, by default that of the last one."""
        if rank is None:
            rank = steps[-1].rank or rank_of(steps[-1].changes)
        self.ranked.append((rank, list(steps)))
        return rank

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in the order of their ranks."""
        return tuple(step for _, steps in sorted(self.ranked, key=lambda entry: entry[0]) for step in steps)


def rank_of(differences: Iterable[Change]) -> Rank:
    """When a step comes that gives and takes this."""
    kinds = {(change.gained, change.denial) for change in differences}
    if (False, False) in kinds:
        return Rank.TRADE if (True, False) in kinds else Rank.LOSE
    return Rank.DENY if (False, True) in kinds else Rank.GAIN
