"""Which entries of a list may cover others, found without comparing every pair."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from policygen.policy.pattern import head


def near_pairs(entries: Mapping[str, str], patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(pattern, other) for each of the entries that starts as one of the patterns among them, so may be covered by it.

    The entries are given with the text that each means. Patterns come in the order given.
    """
    ordered = sorted(zip(entries.values(), entries, strict=True))
    for pattern in patterns:
        start = head(entries[pattern])
        at = bisect_left(ordered, (start,))
        while at < len(ordered) and ordered[at][0].startswith(start):
            entry = ordered[at][1]
            if entry != pattern:
                yield pattern, entry
            at += 1
