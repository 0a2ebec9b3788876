"""The longest policy that AWS accepts, by what it is attached to, and an account's quotas of IAM objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from policygen.policy.canonical import dumps
from policygen.policy.model import Policy
from policygen.reference.data import load

_OFTEN = 4
"""How many times longer a text can be because of white space; a longer one contains several policies."""


@dataclass(frozen=True, slots=True)
class Quota:
    """The number of characters that a policy may have in one place."""

    name: str
    limit: int
    where: str
    """The place in words: `a managed policy`."""
    kinds: tuple[str, ...]
    """The kinds of policy that the quota applies to."""
    counts_white_space: bool
    summary: str | None
    """Its name in the response of `GetAccountSummary`, None if it is not included there."""

    def measure(self, policy: Policy) -> int:
        """The number of characters that count, those of the minified document if white space counts."""
        return len(dumps(policy.document, minify=True)) - 1 if self.counts_white_space else policy.size

    def exceeded_by(self, policy: Policy) -> int:
        """The number of characters that count if it exceeds the quota, otherwise 0."""
        # JSON is never shorter than the minified document, which takes longer to write than to look at a short text
        if policy.source and not policy.source.tree and self._holds(policy.source.text):
            return 0
        used = self.measure(policy)
        return used if used > self.limit else 0

    def _holds(self, text: str) -> bool:
        if len(text) <= self.limit:
            return True
        if self.counts_white_space or len(text) > _OFTEN * self.limit:
            return False
        return len(text) - text.count(" ") - text.count("\n") <= self.limit


@cache
def quotas() -> Mapping[str, Quota]:
    """All quotas of characters by name."""
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
    """The most characters that `iam-api` accepts as a document, or `any-service` not counting white space."""
    return int(load("quotas")["documents"][accepted_by]["limit"])


def places() -> tuple[str, ...]:
    """The places that a user can say a policy is meant for, as in `lint --for PLACE`."""
    return tuple(load("quotas")["places"])


@cache
def account_quotas() -> Mapping[str, int]:
    """AWS's default for each quota in the response of `GetAccountSummary`, by its name there."""
    counts: Mapping[str, int] = load("quotas")["counts"]
    return {**counts, **{quota.summary: quota.limit for quota in quotas().values() if quota.summary}}


def account_quota(name: str, summary: Mapping[str, int]) -> int:
    """A quota from an account's `GetAccountSummary`; AWS's default if it is not included there."""
    return summary.get(name, account_quotas()[name])
