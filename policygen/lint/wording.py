"""Turns of phrase that the messages of several rules share."""

from collections.abc import Iterable


def some(names: Iterable[str], most: int = 3) -> str:
    """`a`, `b`, `c` and 5 more; each name once, in backticks."""
    quoted = [f"`{name}`" for name in dict.fromkeys(names)]
    if len(quoted) > most:
        return f"{', '.join(quoted[:most])} and {len(quoted) - most} more"
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
