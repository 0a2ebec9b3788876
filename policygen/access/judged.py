"""Judge each action and each resource once: the same few thousand stand in all policies, a hundred times over."""

from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

alike = lru_cache(maxsize=2048)
"""For what is to be said of whole lists of entries: the same stand in many policies, and in all versions of one."""

_MOST = 25_000
_Verdict = TypeVar("_Verdict")


class Judged(dict[str, _Verdict], Generic[_Verdict]):
    """Text of an entry, action names in lower case → what a function says of it, asked when it is first looked up.

    A dict, since a lookup is cheaper than a call and most entries are of no interest to most rules.
    """

    def __init__(self, judge: Callable[[str], _Verdict]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, name: str) -> _Verdict:
        if len(self) > _MOST:
            self.clear()
        verdict = self[name] = self._judge(name)
        return verdict
