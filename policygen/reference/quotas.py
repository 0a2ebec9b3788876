"""How long AWS lets a policy be, by where it lives."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from policygen.policy.canonical import dumps
from policygen.policy.model import Policy
from policygen.reference.data import load


@dataclass(frozen=True, slots=True)
class Quota:
    """The number of characters that AWS allows in one place."""

    name: str
    limit: int
    where: str
    """In words: `a managed policy`."""
    kinds: tuple[str, ...]
    """The kinds of policy that can live there."""
    counts_white_space: bool

    def measure(self, policy: Policy) -> int:
        """The characters of a policy that count here; where white space counts, of its shortest form."""
        return len(dumps(policy.document, minify=True)) - 1 if self.counts_white_space else policy.size

    def exceeded_by(self, policy: Policy) -> int:
        """The characters of a policy that count here if they are too many; otherwise 0."""
        # what is written is not shorter than what is measured, for which it is written anew
        if policy.source and self._holds(policy.source.text):
            return 0
        used = self.measure(policy)
        return used if used > self.limit else 0

    def _holds(self, text: str) -> bool:
        if len(text) <= self.limit:
            return True
        return not self.counts_white_space and len(text) - text.count(" ") - text.count("\n") <= self.limit


@cache
def quotas() -> Mapping[str, Quota]:
    """Every quota by its name, as in `lint --for NAME`."""
    return {
        name: Quota(name, entry["limit"], entry["where"], tuple(entry["kinds"]), entry.get("counts_white_space", False))
        for name, entry in load("quotas")["characters"].items()
    }
