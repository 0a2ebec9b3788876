"""Pairs of list entries where one may cover the other, found without comparing every pair."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from policygen.policy.pattern import head


def near_pairs(entries: Mapping[str, str], patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (pattern, entry) for each other entry that begins with the literal start of a pattern.

    `entries` maps each entry to the text to compare. The patterns are among its keys; they keep their order.
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
