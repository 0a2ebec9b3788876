"""What the user did wrong, said in one sentence."""

from collections.abc import Iterable


class PolicygenError(Exception):
    """A problem that the user can mend: one sentence, lower case, that says what, where and what to do.

    The command line prints it on stderr and exits 2.
    """


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The tail of a message about a mistyped name: "; did you mean `x`?", or nothing if no name comes near."""
    from difflib import SequenceMatcher

    best, close = 0.6, ""
    matcher = SequenceMatcher(b=given.lower())
    for name in sorted(known):
        matcher.set_seq1(name.lower())
        # the quick ratios are upper bounds: only what may come nearer than the nearest so far is compared in full
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and matcher.ratio() > best:
            best, close = matcher.ratio(), name
    return f"; did you mean `{close}`?" if close else ""
