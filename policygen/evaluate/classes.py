"""Texts and values that stand for all others: one for each way in which a set of patterns or conditions can take them.

Policies look at a request only through finitely many patterns and limits, so finitely many requests show everything.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from itertools import chain, combinations, count, pairwise
from typing import NamedTuple

from policygen.evaluate import operators
from policygen.evaluate.conditions import text
from policygen.evaluate.match import Pattern, Token, Value, Wildcard, arn_pattern, text_pattern
from policygen.policy.model import Condition

_STATES = 4_000
_VALUES = 64
_DIGITS = 12
_FRESH = "xyzqwvjkhu0123456789"
_SEEDS = (("arn",), ("aws",), (), ("", "us-east-1"), ("123456789012", ""), ())
"""What the segments of an ARN like to be, so that examples look like ARNs."""


class TooManyError(Exception):
    """There are more classes than are worth looking at."""


class _Automaton(NamedTuple):
    """A pattern read character by character; bit i of a state says that i tokens are behind it."""

    literals: dict[str, int]
    one: int
    many: int
    accept: int

    def close(self, state: int) -> int:
        """A `*` may stand for nothing."""
        while (wider := state | (state & self.many) << 1) != state:
            state = wider
        return state

    def step(self, state: int, letter: str) -> int:
        """The state behind one more character."""
        return self.close((state & (self.literals.get(letter, 0) | self.one)) << 1 | state & self.many)


def texts(
    patterns: Sequence[Sequence[Token]], *, without: str = "", seeds: Iterable[str] = (), empty: bool = True
) -> dict[int, str]:
    """For each set of patterns that some text meets, as bits, a text that meets just these: a seed or a shortest one.

    `without` is a character that no text has; `empty` says whether a text may be empty. Raises TooManyError.
    """
    automata = [_automaton(tokens) for tokens in patterns]
    start = tuple(automaton.close(1) for automaton in automata)
    letters = sorted({letter for automaton in automata for letter in automaton.literals} - {without})
    letters.append(next(letter for letter in chain(_FRESH, map(chr, count(0x100))) if letter not in letters))
    found: dict[int, str] = {}
    for seed in seeds:
        state = start
        for letter in seed:
            state = tuple(a.step(s, letter) for a, s in zip(automata, state, strict=True))
        found.setdefault(_mask(automata, state), seed)
    seen, waiting = {start}, [(start, "")]
    for state, read in waiting:
        if read or empty:
            found.setdefault(_mask(automata, state), read)
        for letter in letters:
            after = tuple(a.step(s, letter) for a, s in zip(automata, state, strict=True))
            if after not in seen:
                if len(seen) >= _STATES:
                    raise TooManyError
                seen.add(after)
                waiting.append((after, read + letter))
    return found


def arns(patterns: Sequence[Pattern], service: str) -> list[str]:
    """An ARN for each set of patterns of six segments that some ARN meets; raises TooManyError."""
    every = (1 << len(patterns)) - 1
    found = {every: ""}
    for index in range(6):
        segments = [pattern[index].tokens for pattern in patterns]
        seeds = (service,) if index == 2 else _SEEDS[index]
        here = texts(segments, without=":" if index < 5 else "", seeds=seeds)
        if index == 0:
            here = {mask: word for mask, word in here.items() if word == "arn"}
        after: dict[int, str] = {}
        for mask, head in found.items():
            for other, word in here.items():
                after.setdefault(mask & other, f"{head}:{word}" if index else word)
        found = after
        if len(found) > _STATES:
            raise TooManyError
    return list(found.values())


def values(conditions: Sequence[Condition]) -> tuple[list[Value | None], bool]:
    """Values of one key that show all that the conditions can make of it, None for its absence, and whether all."""
    single, exact = _singles(conditions)
    sets = sum(bool(condition.qualifier) for condition in conditions)
    found: list[Value | None] = [None, *single]
    if sets:
        for size in range(1, min(sets, 3) + 1):
            found += [tuple(chosen) for chosen in combinations(single, size)]
        exact = exact and sets <= 3
    else:
        found.append((single[0], single[0]))  # what several values make of an operator that takes one
    return found[:_VALUES], exact and len(found) <= _VALUES


def _singles(conditions: Sequence[Condition]) -> tuple[list[str], bool]:
    """Values with one text: every boundary, its neighbours, and one that nothing names."""
    families: dict[str, list[Condition]] = {}
    for condition in conditions:
        families.setdefault(_family(condition.operator), []).append(condition)
    found: dict[str, None] = {}
    # two families see one text with different eyes, and nothing here looks at it with both
    exact = len(families.keys() - {"null"}) <= 1 and "ignorecase" not in families
    for family, members in families.items():
        exact = exact and not any("${" in str(element.value) for one in members for element in one.values)
        try:
            found |= dict.fromkeys(_of_family(family, members))
        except TooManyError:
            exact = False
    # an empty text is one more value, which only ForAllValues takes for none
    return [*(found or ["x"]), *([""] if "" not in found else [])], exact


def _of_family(family: str, conditions: Sequence[Condition]) -> Iterable[str]:
    listed = [text(element.value) for condition in conditions for element in condition.values]
    match family:
        case "null":
            return ["x"]
        case "bool":
            return ["true", "false"]
        case "numeric":
            return _around(listed, operators.number)
        case "date":
            return _around(listed, operators.moment)
        case "ipaddress":
            return _addresses(listed)
        case "arn":
            patterns = [pattern for value in listed if len(pattern := arn_pattern(value, variables=False)) == 6]
            return [*arns(patterns, "iam"), "none"]
        case "ignorecase":
            return [*listed, *map(str.upper, listed), *map(str.lower, listed), "none of these"]
    patterns = [
        text_pattern(text(element.value), variables=False, wildcards="like" in condition.operator.lower())
        for condition in conditions
        for element in condition.values
    ]
    return texts([pattern[0].tokens for pattern in patterns], empty=False).values()


def _family(operator: str) -> str:
    name = operator.lower()
    for family in ("ignorecase", "numeric", "date", "ipaddress", "arn", "bool", "null"):
        if family in name:
            return family
    return "like"


def _around(listed: Iterable[str], read: Callable[[str], Decimal | None]) -> Iterable[str]:
    """Every limit, something between each two of them and beyond both ends, and what is no number."""
    limits = sorted({limit for limit in map(read, listed) if limit is not None})
    if any(abs(limit.adjusted()) > _DIGITS or len(limit.as_tuple().digits) > _DIGITS for limit in limits):
        raise TooManyError
    between = [(low + high) / 2 for low, high in pairwise(limits)]
    beyond = [limits[0] - 1, limits[-1] + 1] if limits else [Decimal(0)]
    return [*(format(number, "f") for number in (*limits, *between, *beyond)), "none"]


def _addresses(listed: Iterable[str]) -> Iterator[str]:
    """Both ends of every block and their neighbours, an address of each family beside them, and what is no address."""
    for found in filter(None, map(operators.network, listed)):
        address, end = (IPv4Address, 2**32) if found.version == 4 else (IPv6Address, 2**128)
        for number in (found.low, found.high, found.low - 1, found.high + 1):
            if 0 <= number < end:
                yield str(address(number))
    yield from ("203.0.113.77", "2001:db8:77::77", "none")


def _automaton(tokens: Sequence[Token]) -> _Automaton:
    literals: dict[str, int] = {}
    one = many = position = 0
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
    return _Automaton(literals, one, many, 1 << position)


def _mask(automata: Sequence[_Automaton], state: tuple[int, ...]) -> int:
    return sum(1 << i for i, (a, s) in enumerate(zip(automata, state, strict=True)) if s & a.accept)
