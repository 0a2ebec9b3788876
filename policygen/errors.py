"""What the user did wrong, said in one sentence; and turns of phrase that messages share."""

from collections.abc import Iterable
from functools import lru_cache

_COMPARED = 5
"""Names that are compared letter by letter: those that share most pairs of letters. There are hundreds."""


class PolicygenError(Exception):
    """A problem that the user can fix: one sentence, lower case, that says what, where and what to do.

    The command line prints it on stderr and exits 2.
    """


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The tail of a message about a mistyped name: "; did you mean `x`?", or nothing if no name comes near.

    A name in which two neighbouring letters changed places comes before any other.
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


@lru_cache(maxsize=4096)
def _pairs(name: str) -> frozenset[str]:
    """Each two letters that are side by side, whatever their case; the ends count as letters."""
    text = f" {name} ".lower()
    return frozenset([text[at : at + 2] for at in range(len(text) - 1)])


def some(names: Iterable[str], most: int = 3) -> str:
    """`a`, `b`, `c` and 5 more; each name once, in backticks."""
    quoted = [f"`{name}`" for name in dict.fromkeys(names)]
    if len(quoted) > most:
        return f"{', '.join(quoted[:most])} and {len(quoted) - most} more"
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
