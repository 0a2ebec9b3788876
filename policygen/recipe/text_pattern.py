"""The `pattern` of a text parameter: a small, safe subset of regular expressions.

Characters, classes (`[a-z0-9-]`), groups with `|`, and the quantifiers `?`, `*`, `+`, `{m}` and `{m,n}`. A text is
matched by following all its positions at once, so no pattern of a recipe can take long. A value never contains a
wildcard or a policy variable, whatever its pattern says.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from policygen.errors import PolicygenError

MOST = 256
"""The most characters of a text."""

_Step = Callable[[str, frozenset[int]], frozenset[int]]
"""Text and positions in it → the positions after a match."""
_TOKEN = re.compile(
    r"\\(?:[dw]|[^A-Za-z0-9])|\[\^?(?:(?!--)[^][\\^&|~]|\\.)+\]|[A-Za-z0-9 _/:@=,;!#%&~'\"<>.-]|(?P<open>\()"
)
_QUANTIFIER = re.compile(r"\?|\*|\+|\{(\d{1,3})(?:,(\d{1,3}))?\}")
_NEVER = re.compile(r"[*?${}\x00-\x1f\x7f]")


def text_fault(pattern: str, text: str) -> str:
    """Why a text does not match a pattern, as the rest of a sentence; "" if it does.

    Raises PolicygenError for a pattern that is not in this language.
    """
    if never := _NEVER.search(text):
        shown = never[0] if never[0].isprintable() else "a control character"
        return f"contains `{shown}`, which could become a wildcard or a policy variable"
    if len(text) > MOST:
        return f"is longer than {MOST} characters"
    ends = _read(pattern)(text, frozenset([0]))
    return "" if len(text) in ends else "does not fit"


def pattern_fault(pattern: str) -> str:
    """Why a pattern is not in this language, as the rest of a sentence; "" if it is."""
    try:
        _read(pattern)
    except PolicygenError as error:
        return f"has a pattern that {error}"
    return ""


@lru_cache(maxsize=256)
def _read(pattern: str) -> _Step:
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise PolicygenError(f"does not match the whole text; write `{pattern}` between `^` and `$`")
    reader = _Reader(pattern[:-1], 1)
    step = reader.alternatives()
    if reader.at < len(reader.text):
        raise reader.error()
    return step


@dataclass
class _Reader:
    """A pattern and how far it is read."""

    text: str
    at: int
    depth: int = 0

    def error(self) -> PolicygenError:
        rest = self.text[self.at :] or "its end"
        return PolicygenError(
            f"cannot be read at `{rest}`; it may have characters, classes such as `[a-z0-9]`, groups with `|`, "
            "and `?`, `*`, `+`, `{m,n}`"
        )

    def alternatives(self) -> _Step:
        choices = [self.sequence()]
        while self.text[self.at : self.at + 1] == "|":
            self.at += 1
            choices.append(self.sequence())
        return lambda text, places: frozenset().union(*(choice(text, places) for choice in choices))

    def sequence(self) -> _Step:
        steps = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            steps.append(self.quantified())

        def follow(text: str, places: frozenset[int]) -> frozenset[int]:
            for step in steps:
                places = step(text, places)
            return places

        return follow

    def quantified(self) -> _Step:
        step = self.single()
        found = _QUANTIFIER.match(self.text, self.at)
        if not found:
            return step
        self.at = found.end()
        fewest, most = {"?": (0, 1), "*": (0, MOST), "+": (1, MOST)}.get(found[0], (0, 0))
        if found[1]:
            fewest, most = int(found[1]), int(found[2] or found[1])

        def repeat(text: str, places: frozenset[int]) -> frozenset[int]:
            reached = places if fewest == 0 else frozenset[int]()
            for count in range(1, most + 1):
                before, places = places, step(text, places)
                # from places that were reached before, nothing new is ever reached
                ended = places == before or (count > fewest and places <= reached)
                reached = reached | places if count >= fewest or places == before else reached
                if ended or not places:
                    break
            return reached

        return repeat

    def single(self) -> _Step:
        token = _TOKEN.match(self.text, self.at)
        if not token or self.depth > 20:
            raise self.error()
        self.at = token.end()
        if token["open"]:
            self.depth += 1
            inner = self.alternatives()
            if self.text[self.at : self.at + 1] != ")":
                raise self.error()
            self.at, self.depth = self.at + 1, self.depth - 1
            return inner
        try:
            one = re.compile(token[0], re.ASCII)
        except re.error:
            raise self.error() from None
        return lambda text, places: frozenset(place + 1 for place in places if one.match(text, place))
