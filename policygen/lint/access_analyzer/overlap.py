"""Which entries of a list may cover others, found without holding each against each."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import islice

from policygen.policy.pattern import is_wild

MOST_PAIRS = 1_000_000
"""Pairs of one list that are looked at; of a policy that was built to keep a linter busy, there are millions."""


def near_pairs(entries: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(pattern, other) for each two entries that start alike, as they must for the pattern to cover the other.

    The entries are given with the text that each stands for. Patterns come in the order given.
    """
    return islice(_near_pairs(entries), MOST_PAIRS)


def head(pattern: str) -> str:
    """What stands before the first wildcard, and so before whatever the pattern covers."""
    return pattern.split("*", 1)[0].split("?", 1)[0]


def _near_pairs(entries: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    ordered = sorted((text, entry) for entry, text in entries.items())
    for pattern in filter(is_wild, entries):
        start = head(entries[pattern])
        for text, entry in islice(ordered, bisect_left(ordered, (start,)), None):
            if not text.startswith(start):
                break
            if entry != pattern:
                yield pattern, entry
