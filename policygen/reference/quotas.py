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
        text = policy.source.text if policy.source else ""
        white = 0 if self.counts_white_space else text.count(" ") + text.count("\n")
        if text and len(text) - white <= self.limit:
            return 0  # what is written is not shorter than what is measured, for which it is written anew
        used = self.measure(policy)
        return used if used > self.limit else 0


@cache
def quotas() -> Mapping[str, Quota]:
    """Every quota by its name, as in `lint --for NAME`."""
    return {
        name: Quota(name, entry["limit"], entry["where"], tuple(entry["kinds"]), entry.get("counts_white_space", False))
        for name, entry in load("quotas")["characters"].items()
    }
