"""Texts that represent all others: for each set of patterns that a text can match, one text that matches just these.

A policy has finitely many patterns and limits, so finitely many requests represent all requests.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, count
from typing import NamedTuple

from policygen.evaluate.match import Pattern, Token, Wildcard

_STATES = 4_000
_FRESH = "0xyzqwvjkhu123456789"
_SEEDS = ((), ("aws",), (), ("", "us-east-1"), ("123456789012", "", "111122223333"), ())
"""Ordinary segments of an ARN, so that examples look like ARNs."""
_NAME = "xabcdefghijklmnopqrstuvwyz0123456789-_"
_ACTION = re.compile(r"[a-z0-9-]+:[a-z0-9_-]+", re.ASCII)
_BEGINNING = re.compile(r"[a-z0-9-]+(:[a-z0-9_-]*)?", re.ASCII)
"""The start of the name of an action."""


class TooManyError(Exception):
    """There are too many classes to search."""


class _Automaton(NamedTuple):
    """Patterns matched together, character by character: a state has one bit for each position in each pattern."""

    literals: dict[str, int]
    one: int
    many: int
    starts: int
    accepts: tuple[int, ...]
    """The end of each pattern; no token is at that position, so that no state moves into the next pattern."""

    def close(self, state: int) -> int:
        """The state with the positions after each `*` that it is at, which may match nothing."""
        while (wider := state | (state & self.many) << 1) != state:
            state = wider
        return state

    def step(self, state: int, letter: str) -> int:
        """The state after one more character."""
        return self.close((state & (self.literals.get(letter, 0) | self.one)) << 1 | state & self.many)

    def read(self, text: str) -> int:
        """The state after a text."""
        state = self.close(self.starts)
        for letter in text:
            state = self.step(state, letter)
        return state

    def met(self, state: int) -> int:
        """The patterns, as bits, that match a text that leads to the state."""
        return sum(1 << number for number, accept in enumerate(self.accepts) if state & accept)


def texts(
    patterns: Sequence[Pattern], *, without: str = "", seeds: Iterable[str] = (), empty: bool = True
) -> dict[int, str]:
    """For each set of patterns (as bits) that a text can match, a text that does: a seed or a shortest one.

    The patterns have one segment each. No text contains the character `without`; `empty` says whether a text may be
    empty. Raises TooManyError.
    """
    return dict(_texts(tuple(pattern[0].tokens for pattern in patterns), without, tuple(seeds), empty))


@lru_cache(maxsize=1024)  # every action of a service has the same few patterns
def _texts(
    patterns: tuple[tuple[Token, ...], ...], without: str, seeds: tuple[str, ...], empty: bool
) -> Mapping[int, str]:
    automaton = _automaton(patterns)
    letters = sorted(automaton.literals.keys() - {without})
    letters.append(next(letter for letter in chain(_FRESH, map(chr, count(0x100))) if letter not in letters))
    found: dict[int, str] = {}
    for seed in seeds:
        found.setdefault(automaton.met(automaton.read(seed)), seed)
    start = automaton.read("")
    seen, waiting = {start}, [(start, "")]
    for state, read in waiting:
        if read or empty:
            found.setdefault(automaton.met(state), read)
        for letter in letters:
            after = automaton.step(state, letter)
            if after not in seen:
                if len(seen) >= _STATES:
                    raise TooManyError
                seen.add(after)
                waiting.append((after, read + letter))
    return found


def is_action(text: str) -> bool:
    """Whether a text can be the lower-case name of an action with its service."""
    return _ACTION.fullmatch(text) is not None


def names(patterns: Sequence[Pattern], start: str, seeds: Iterable[str] = ()) -> dict[int, str]:
    """Like `texts`, for lower-case names of actions that begin with `start` (`s3:` or ""). Raises TooManyError."""
    automaton = _automaton(pattern[0].tokens for pattern in patterns)
    used = automaton.literals.keys() & set(_NAME)
    letters = [*sorted(used), *[letter for letter in _NAME if letter not in used][:1], ":"]
    found: dict[int, str] = {}
    for seed in filter(is_action, seeds):
        if seed.startswith(start):
            found.setdefault(automaton.met(automaton.read(seed)), seed)
    begin = (automaton.read(start), _stage(start))
    seen, waiting = {begin}, [(begin, start)]
    for (state, _), read in waiting:
        if is_action(read):
            found.setdefault(automaton.met(state), read)
        for letter in letters:
            after = (automaton.step(state, letter), _stage(read + letter))
            if after not in seen and _BEGINNING.fullmatch(read + letter):
                if len(seen) >= _STATES:
                    raise TooManyError
                seen.add(after)
                waiting.append((after, read + letter))
    return found


def _stage(text: str) -> tuple[bool, bool]:
    """How much of the name of an action a text has: its colon, and whether the next part is still empty."""
    return ":" in text, text == "" or text.endswith(":")


def arns(
    patterns: Sequence[Pattern],
    *,
    partitions: Iterable[str] = (),
    formats: Sequence[Pattern] = (),
    examples: Iterable[str] = (),
) -> list[str]:
    """An ARN for each set of patterns of six segments that an ARN can match; raises TooManyError.

    With `partitions`, only ARNs of these partitions; with `formats`, only ARNs of one of these formats. The segments
    of `examples` are preferred.
    """
    every = [*patterns, *formats]
    of_format = (1 << len(every)) - (1 << len(patterns))
    words = [tuple(dict.fromkeys(column)) for column in zip(*(arn.split(":", 5) for arn in examples), strict=True)]
    found = {(1 << len(every)) - 1: ""}
    for index in range(6):
        segments = tuple(pattern[index].tokens for pattern in every)
        if index == 0 or (index == 1 and partitions):
            here: Mapping[int, str] = _masks(segments, partitions if index else ("arn",))
        else:
            seeds = (*(words[index] if words else ()), *_SEEDS[index])
            here = _texts(segments, ":" if index < 5 else "", seeds, True)
        after: dict[int, str] = {}
        for mask, head in found.items():
            for other, word in here.items():
                both = mask & other
                if both & of_format or not formats:
                    after.setdefault(both, f"{head}:{word}" if index else word)
        found = after
        if len(found) > _STATES:
            raise TooManyError
    return list(found.values())


def _masks(patterns: Sequence[Sequence[Token]], words: Iterable[str]) -> dict[int, str]:
    """The first of the words for each set of patterns that one of them matches."""
    automaton = _automaton(patterns)
    found: dict[int, str] = {}
    for word in words:
        found.setdefault(automaton.met(automaton.read(word)), word)
    return found


def _automaton(patterns: Iterable[Sequence[Token]]) -> _Automaton:
    literals: dict[str, int] = {}
    one = many = starts = position = 0
    accepts = []
    for tokens in patterns:
        starts |= 1 << position
        for token in tokens:
            if isinstance(token, str):
                for letter in token:
                    literals[letter] = literals.get(letter, 0) | 1 << position
                    position += 1
                continue
            if token is Wildcard.MANY:
                many |= 1 << position
            else:
                one |= 1 << position
            position += 1
        accepts.append(1 << position)
        position += 1
    return _Automaton(literals, one, many, starts, tuple(accepts))
