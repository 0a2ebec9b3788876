"""What the user did wrong, said in one sentence."""

from collections.abc import Iterable


class PolicygenError(Exception):
    """A problem that the user can mend: one sentence, lower case, that says what, where and what to do.

    The command line prints it on stderr and exits 2.
    """


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The tail of a message about a mistyped name: "; did you mean `x`?", or nothing if no name comes near."""
    from difflib import get_close_matches

    lowered = {name.lower(): name for name in known}
    close = get_close_matches(given.lower(), lowered, n=1, cutoff=0.6)
    return f"; did you mean `{lowered[close[0]]}`?" if close else ""
