"""The error for a user's mistake, and phrases that messages share."""

import re
from collections.abc import Iterable
from functools import lru_cache

_COMPARED = 5
"""How many of the hundreds of names are compared letter by letter: those that share the most pairs of letters."""


class PolicygenError(Exception):
    """A problem that the user can fix: one lower-case sentence that says what is wrong, where, and what to do.

    The command line prints it on stderr and exits with 2.
    """


class MissingLibraryError(PolicygenError):
    """A library that is installed only on request is needed to read a file."""


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The end of a message about a mistyped name: "; did you mean `x`?", or "" if no name is similar.

    A name with two adjacent letters swapped wins over any other.
    """
    from difflib import SequenceMatcher
    from heapq import nlargest

    known = sorted(known)
    swaps = {given[:at] + given[at + 1] + given[at] + given[at + 2 :] for at in range(len(given) - 1)}
    if swapped := next((name for name in known if name in swaps), None):
        return f"; did you mean `{swapped}`?"
    pairs = _pairs(given)

    def shared(name: str) -> float:
        others = _pairs(name)
        return len(pairs & others) / (len(pairs) + len(others))

    best, close = 0.6, ""
    matcher = SequenceMatcher(b=given.lower())
    for name in nlargest(_COMPARED, known, key=shared):
        matcher.set_seq1(name.lower())
        if matcher.real_quick_ratio() > best and matcher.ratio() > best:
            best, close = matcher.ratio(), name
    return f"; did you mean `{close}`?" if close else ""


def correction(message: str) -> tuple[str, str] | None:
    """The mistyped name that a message begins with, and the one that `did_you_mean` ends it with; None without one."""
    match = re.fullmatch(r"`([^`]+)` .*; did you mean `([^`]+)`\?", message)
    return (match[1], match[2]) if match else None


@lru_cache(maxsize=4096)
def _pairs(name: str) -> frozenset[str]:
    """The pairs of adjacent letters, ignoring case; the ends count as letters."""
    text = f" {name} ".lower()
    return frozenset([text[at : at + 2] for at in range(len(text) - 1)])


def some(names: Iterable[str], most: int = 3) -> str:
    """The names as "`a`, `b`, `c` and 5 more", each once, in backticks."""
    quoted = [f"`{name}`" for name in dict.fromkeys(names)]
    if len(quoted) > most:
        return f"{', '.join(quoted[:most])} and {len(quoted) - most} more"
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
