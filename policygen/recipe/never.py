"""A promise about every request: that certain actions on certain resources are never allowed to anyone."""

from collections.abc import Iterator
from dataclasses import dataclass

from policygen.access.claims import NotGranted
from policygen.evaluate import Decision, Layers, Outcome, person_request
from policygen.evaluate.compare import Verdict


@dataclass(frozen=True, slots=True)
class Never:
    """One promise, about every action and resource that its claims name, with wildcards."""

    name: str
    claims: tuple[NotGranted, ...]
    account: str

    def wrong(self, layers: Layers) -> Iterator[Decision]:
        """A request that is allowed for each claim that is not true; an unknown decision where it is not known."""
        for claim in self.claims:
            result = claim.check(layers)
            if result.shown:
                yield result.shown[-1]
            elif result.verdict is Verdict.UNKNOWN:
                request = person_request("user/alice", claim.actions[0], claim.resources[0], account=self.account)
                yield Decision(Outcome.UNKNOWN, (), result.reason, request, layers)

    def is_broken(self, layers: Layers) -> bool:
        """Whether a request is known that shows the promise to be false."""
        return any(claim.check(layers).verdict is Verdict.FOUND for claim in self.claims)
