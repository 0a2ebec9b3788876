"""The patterns of a policy's entries (literals, wildcards and policy variables), compiled to tests of a text."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from policygen.policy.arn import segments
from policygen.policy.pattern import assemble

Value = str | tuple[str, ...]
"""A value in the context of a request: one text, or the values of a multivalued key."""
Context = Mapping[str, Value]
"""Lower-case condition key → value; a missing key is absent, which differs from an empty value."""
Test = Callable[[str, Context], bool]
"""Whether any entry matches a text, with the policy variables taken from the context."""

_WILDCARD = re.compile(r"()[*?]")
_TOKEN = re.compile(r"\$\{([^}]+)\}|[*?]")
_DEFAULT = re.compile(r"\s*(.*?)\s*,\s*'(.*)'\s*", re.DOTALL)
_REMEMBERED = 1024
"""How many substitutions a pattern with variables caches."""


class Wildcard(Enum):
    """A token that matches many texts."""

    ONE = "?"
    MANY = "*"


class Variable(NamedTuple):
    """`${key}` or `${key, 'default'}`; the key in lower case."""

    key: str
    default: str | None

    def value(self, context: Context) -> str | None:
        """The value in a request; None if the request does not have exactly one and there is no default."""
        value = context.get(self.key)
        return value if isinstance(value, str) else self.default


Token = str | Variable | Wildcard


class Segment(NamedTuple):
    """One part of a pattern, and the regular expression for a character that a wildcard in it matches."""

    tokens: tuple[Token, ...]
    any_character: str

    def expression(self, context: Context) -> str | None:
        """The segment as a regular expression; None if a variable has no value."""
        stretches = [""]
        for token in self.tokens:
            if token is Wildcard.MANY:
                stretches.append("")
            elif isinstance(token, Wildcard):
                stretches[-1] += self.any_character
            else:
                text = token.value(context) if isinstance(token, Variable) else token
                if text is None:
                    return None
                stretches[-1] += re.escape(text)
        return assemble(stretches, self.any_character)


Pattern = tuple[Segment, ...]
"""The segments of one entry, which are separated by colons."""


@lru_cache(maxsize=4096)
def text_pattern(text: str, *, variables: bool, wildcards: bool = True) -> Pattern:
    """The pattern of a text that is matched as a whole (String operators, actions)."""
    return (Segment(tuple(_tokens(text, variables, wildcards)), "."),)


@lru_cache(maxsize=4096)
def arn_pattern(text: str, *, variables: bool) -> Pattern:
    """The pattern of a value of an Arn operator: wildcards do not cross a colon, except in the last segment."""
    parts = segments(text) if variables else text.split(":", 5)
    return tuple(_segment(part, i, variables) for i, part in enumerate(parts))


@lru_cache(maxsize=4096)
def resource_pattern(text: str, *, variables: bool) -> Pattern:
    """The pattern of a Resource or NotResource entry: variables have an effect in the last segment only.

    Missing segments at the end are `*`. Source: IAM User Guide, "IAM policy elements: Variables and tags" (2026-11);
    the AWS policy simulator pads entries like this.
    """
    parts = segments(text) if variables else tuple(text.split(":", 5))
    padded = parts + ("*",) * (6 - len(parts))
    return tuple(_segment(part, i, variables and i == 5 and len(parts) == 6) for i, part in enumerate(padded))


def variables_in(text: object) -> Iterator[str]:
    """The keys of the policy variables in a value, as written."""
    if isinstance(text, str) and "${" in text:
        for match in _TOKEN.finditer(text):
            if match[1] and match[1] not in ("*", "?", "$"):
                default = _DEFAULT.fullmatch(match[1])
                yield default[1] if default else match[1].strip()


def any_of(patterns: Iterable[Pattern]) -> Test:
    """A test whether any of the patterns matches a text."""
    exact: set[str] = set()
    prefixes: list[str] = []
    expressions: list[str] = []
    templates: list[Test] = []
    for pattern in patterns:
        tokens = [token for segment in pattern for token in segment.tokens]
        wild = [token for token in tokens if isinstance(token, Wildcard)]
        if any(isinstance(token, Variable) for token in tokens):
            templates.append(_template(pattern))
        elif not wild:
            exact.add(_text(pattern))
        elif (
            wild == [Wildcard.MANY] and pattern[-1].any_character == "." and pattern[-1].tokens[-1:] == (Wildcard.MANY,)
        ):
            prefixes.append(_text(pattern))
        else:
            expressions.append(_expression(pattern, {}) or "")
    return _combine(frozenset(exact), tuple(prefixes), expressions, tuple(templates))


def _combine(
    exact: frozenset[str], prefixes: tuple[str, ...], expressions: Sequence[str], templates: tuple[Test, ...]
) -> Test:
    """One test for all patterns, with a single step for each kind of pattern."""
    if not (prefixes or expressions or templates):
        return lambda text, context: text in exact
    if not (expressions or templates):
        return lambda text, context: text in exact or text.startswith(prefixes)
    fullmatch: Callable[[str], object] | None = None

    def test(text: str, context: Context) -> bool:
        nonlocal fullmatch
        if text in exact or text.startswith(prefixes):
            return True
        if expressions:
            if fullmatch is None:  # most statements of an account are never asked, and compiling takes long
                fullmatch = re.compile("|".join(expressions), re.DOTALL).fullmatch
            if fullmatch(text):
                return True
        for template in templates:  # noqa: SIM110  (a generator would take twice the time)
            if template(text, context):
                return True
        return False

    return test


def _text(pattern: Pattern) -> str:
    """The literal tokens of a pattern, with colons between its segments."""
    return ":".join("".join(token for token in segment.tokens if isinstance(token, str)) for segment in pattern)


def literal(pattern: Pattern, context: Context) -> str | None:
    """The only text that a pattern without wildcards matches; None if a variable has no value."""
    texts = [token.value(context) if isinstance(token, Variable) else str(token) for s in pattern for token in s.tokens]
    return None if None in texts else "".join(text for text in texts if text is not None)


def _template(pattern: Pattern) -> Test:
    """The test of a pattern with variables, which caches one regular expression for each set of values."""
    variables = [token for segment in pattern for token in segment.tokens if isinstance(token, Variable)]
    seen: dict[tuple[str | None, ...], re.Pattern[str] | None] = {}

    def test(text: str, context: Context) -> bool:
        values = tuple([variable.value(context) for variable in variables])
        if values not in seen:
            if len(seen) >= _REMEMBERED:
                seen.clear()
            expression = _expression(pattern, context)
            seen[values] = None if expression is None else re.compile(expression, re.DOTALL)
        found = seen[values]
        return found is not None and found.fullmatch(text) is not None

    return test


def _expression(pattern: Pattern, context: Context) -> str | None:
    parts = [segment.expression(context) for segment in pattern]
    return None if None in parts else ":".join(part for part in parts if part is not None)


def _segment(text: str, index: int, variables: bool) -> Segment:
    return Segment(tuple(_tokens(text, variables, True)), "[^:]" if index < 5 else ".")


def _tokens(text: str, variables: bool, wildcards: bool) -> Iterator[Token]:
    """The text split at its variables and wildcards; `${*}`, `${?}` and `${$}` are literal characters."""
    end = 0
    for match in (_TOKEN if variables else _WILDCARD).finditer(text):
        name = match[1]
        if not name and not wildcards:
            continue
        if match.start() > end:
            yield text[end : match.start()]
        if not name:
            yield Wildcard(match[0])
        else:
            yield name if name in ("*", "?", "$") else _variable(name)
        end = match.end()
    if end < len(text):
        yield text[end:]


def _variable(text: str) -> Variable:
    match = _DEFAULT.fullmatch(text)
    return Variable(match[1].lower(), match[2]) if match else Variable(text.strip().lower(), None)
