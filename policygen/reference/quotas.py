"""How long AWS lets a policy be, by what it is attached to, and how many of a thing an account may have."""

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
    summary: str | None
    """Its name in the answer of `GetAccountSummary`, None where it is not in there."""

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
    """Every quota of characters by its name."""
    data = load("quotas")
    return {
        name: Quota(
            name,
            entry["limit"],
            entry["where"],
            tuple(entry["kinds"]),
            entry.get("counts_white_space", False),
            entry.get("summary"),
        )
        for name, entry in (data["places"] | data["elsewhere"]).items()
    }


def longest_document(accepted_by: str) -> int:
    """The most characters that `iam-api` accepts as a document, or that `any-service` accepts without white space."""
    return int(load("quotas")["documents"][accepted_by]["limit"])


def places() -> tuple[str, ...]:
    """The quotas of places for which a policy can be meant, as in `lint --for PLACE`."""
    return tuple(load("quotas")["places"])


@cache
def account_quotas() -> Mapping[str, int]:
    """AWS's default of each quota that `GetAccountSummary` states, by its name there."""
    counts: Mapping[str, int] = load("quotas")["counts"]
    return {**counts, **{quota.summary: quota.limit for quota in quotas().values() if quota.summary}}


def account_quota(name: str, summary: Mapping[str, int]) -> int:
    """A quota as an account's `GetAccountSummary` states it; AWS's default where it does not."""
    return summary.get(name, account_quotas()[name])
