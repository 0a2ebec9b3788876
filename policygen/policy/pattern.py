"""IAM's wildcard patterns: `*` matches any text, `?` one character, everything else is literal."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from operator import eq, methodcaller

_STATES = 20_000
_RUN = re.compile(r"[*?]{2,}")


@lru_cache(maxsize=65536)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A test whether a whole text matches the pattern. Case matters.

    The literal text between two `*` is matched at its first occurrence without backtracking, so that even a hostile
    pattern costs no more than its length times that of the text.
    """
    if "?" in pattern:
        stretches = [".".join(map(re.escape, part.split("?"))) for part in normalise(pattern).split("*")]
        expression = re.compile(assemble(stretches), re.DOTALL)
        return lambda text: expression.fullmatch(text) is not None
    head, *stretches = pattern.split("*")
    if not stretches:
        return partial(eq, pattern)
    if stretches == [""]:  # most patterns of most policies
        return methodcaller("startswith", head)
    return partial(_has_stretches, head, stretches)


def assemble(stretches: Sequence[str], any_character: str = ".") -> str:
    """The regular expression for pieces of regular expression with a `*` between them."""
    first, *rest = stretches
    text = first + "".join(f"(?>{any_character}*?{part})" for part in rest[:-1])
    return f"{text}{any_character}*{rest[-1]}" if rest else text


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches the pattern. Case matters; lower both sides where IAM ignores it."""
    if pattern == "*":
        return True
    return matcher(pattern)(text) if is_wild(pattern) else pattern == text


def is_wild(pattern: str) -> bool:
    """Whether the pattern contains a wildcard."""
    return "*" in pattern or "?" in pattern


def head(pattern: str) -> str:
    """The literal text before the first wildcard."""
    return pattern.split("*", 1)[0].split("?", 1)[0]


def normalise(pattern: str) -> str:
    """An equivalent pattern in which each run of wildcards has its `?`s first, then at most one `*`."""
    return _RUN.sub(lambda run: "?" * run[0].count("?") + "*" * ("*" in run[0]), pattern)


@lru_cache(maxsize=65536)
def covers(general: str, specific: str) -> bool:
    """Whether `general` matches every text that `specific` matches.

    Exact, except for hostile patterns: if _STATES pairs of states do not settle it, the answer is False.
    """
    if general == "*" or general == specific:
        return True
    if not is_wild(specific) or "?" not in general:
        # the wildcards of `specific` can match a letter that is not in `general`, which only a `*` matches
        return matches(general, specific)
    # two sample texts usually settle it, and walking the automata takes a hundred times longer
    letters = specific.replace("?", "\0")
    if not matches(general, letters.replace("*", "")) or not matches(general, letters.replace("*", "\0")):
        return False
    return _included(normalise(specific), normalise(general))


@lru_cache(maxsize=65536)
def intersects(left: str, right: str) -> bool:
    """Whether some text matches both patterns; exact for all patterns."""
    if left == "*" or right == "*" or left == right:
        return True
    if "?" not in left and "?" not in right:
        if "*" in left and "*" in right:
            # all that is between the first and the last `*` of one fits into a `*` of the other
            return _ends_agree(left, right)
        return matches(left, right) or matches(right, left)
    left, right = normalise(left), normalise(right)
    reached = _closure(1, left)  # positions in `left` after a text that `right` matches up to here
    for wanted in right:
        # a `*` can consume all of `left` from the first position reached
        reached = (1 << len(left) + 1) - (reached & -reached) if wanted == "*" else _step(reached, left, wanted)
        if not reached:
            return False
    return bool(reached >> len(left) & 1)


def _ends_agree(left: str, right: str) -> bool:
    """Whether one text can have both beginnings (before the first `*`) and both ends (after the last)."""
    head, other_head = left[: left.index("*")], right[: right.index("*")]
    tail, other_tail = left[left.rindex("*") + 1 :], right[right.rindex("*") + 1 :]
    return (head.startswith(other_head) or other_head.startswith(head)) and (
        tail.endswith(other_tail) or other_tail.endswith(tail)
    )


def _step(reached: int, pattern: str, character: str) -> int:
    """The positions reached in a pattern after one more character; `?` is any character at all."""
    star, question, letters = _masks(pattern)
    taken = (1 << len(pattern)) - 1 - star if character == "?" else question | letters.get(character, 0)
    after = reached & star | (reached & taken) << 1
    return after | (after & star) << 1


def _closure(reached: int, pattern: str) -> int:
    """Add the positions after a `*`, which may match nothing."""
    return reached | (reached & _masks(pattern)[0]) << 1


@lru_cache(maxsize=65536)
def _masks(pattern: str) -> tuple[int, int, dict[str, int]]:
    """The positions, as bits, of `*`, of `?` and of each letter in a normalised pattern."""
    masks: dict[str, int] = {}
    for position, token in enumerate(pattern):
        masks[token] = masks.get(token, 0) | 1 << position
    return masks.pop("*", 0), masks.pop("?", 0), masks


def _included(specific: str, general: str) -> bool:
    """`covers` by walking both automata at once; "\\0" is a letter that is in neither pattern."""
    letters = {*specific, *general} - {"*", "?"} | {"\0"}
    start = (_closure(1, specific), _closure(1, general))
    seen, waiting = {start}, [start]
    while waiting:
        if len(seen) > _STATES:
            return False
        inner, outer = waiting.pop()
        if inner >> len(specific) & 1 and not outer >> len(general) & 1:
            return False
        for letter in letters:
            after = _step(inner, specific, letter)
            state = (after, _step(outer, general, letter))
            if after and state not in seen:
                seen.add(state)
                waiting.append(state)
    return True


def _has_stretches(head: str, stretches: Sequence[str], text: str) -> bool:
    *middle, tail = stretches
    at, end = len(head), len(text) - len(tail)
    if at > end or not text.startswith(head) or not text.endswith(tail):
        return False
    for stretch in middle:
        found = text.find(stretch, at, end)
        if found < 0:
            return False
        at = found + len(stretch)
    return True
