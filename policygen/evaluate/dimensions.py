"""What requests about one action can be, as far as given statements can tell them apart.

A request is a choice from each dimension: one for its resource, one for each condition key.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations, islice, product
from typing import NamedTuple

from policygen.evaluate.classes import TooManyError, arns, values
from policygen.evaluate.compiled import CompiledStatement
from policygen.evaluate.match import (
    Context,
    Pattern,
    Segment,
    Value,
    Variable,
    Wildcard,
    any_of,
    resource_pattern,
    variables_in,
)
from policygen.evaluate.request import Request
from policygen.policy.model import Condition

_SCENARIOS = 100
_OPEN = 6
"""How many things that might match are tried out in all combinations."""


class Rule(NamedTuple):
    """A statement of one side that speaks about the action in question."""

    new: bool
    statement: CompiledStatement
    meaning: str
    """Effect, resources and conditions as text: rules of one meaning are alike."""


class Option(NamedTuple):
    """One way for a part of a request to be, and what the rules make of it."""

    truths: dict[tuple[int, int], bool]
    """(rule, condition) → whether it holds; condition -1 is the resource."""
    context: Mapping[str, Value | None]
    """The keys that make it so; None for absent ones."""
    resource: str


Dimension = list[Option]


def scenarios(rules: Sequence[Rule]) -> Iterator[dict[str, Value]]:
    """Values for the policy variables: somebody's, none, and what the policies name."""
    names = sorted({name.lower() for rule in rules for text in _texts(rule) for name in variables_in(text)})
    pieces = {piece for rule in rules for e in _entries(rule) for piece in e.split("/")[1:] if piece.isalnum()}
    candidates = []
    for name in names:
        conditions = [c for rule in rules for c in rule.statement.conditions if c.key.lower() == name]
        listed = [value for value in values(conditions)[0] if isinstance(value, str)] if conditions else []
        candidates.append(["someone", None, *sorted(pieces)[:_OPEN], *listed[:_OPEN]])
    for chosen in islice(product(*candidates), _SCENARIOS):
        yield {name: value for name, value in zip(names, chosen, strict=True) if value is not None}


def written(rules: Sequence[Rule], request: Request, context: Context) -> tuple[list[Dimension], bool]:
    """The dimensions of requests that can be written down, and whether they show everything."""
    patterns = [_filled(pattern, context) for rule in rules for pattern in _patterns(rule)]
    dimensions = [_resources(rules, arns([p for p in patterns if p], request.service), request, context)]
    exact = True
    for key, conditions in _by_key(rules).items():
        if key in context:
            found: list[Value | None] = [context[key]]
        else:
            found, complete = values([condition for _, _, condition in conditions])
            found += [value for value in context.values() if value not in found]
            exact = exact and complete
        dimensions.append(_unique([_option(rules, conditions, key, value, context) for value in found]))
    return dimensions, exact


def conceivable(rules: Sequence[Rule], request: Request) -> list[Dimension]:
    """The dimensions of all requests and of some that cannot be: what has variables may match or not."""
    patterns = list(dict.fromkeys(pattern for rule in rules for pattern in _patterns(rule)))
    unsure = [pattern for pattern in patterns if _varies(pattern)]
    if len(unsure) > _OPEN:
        raise TooManyError
    resources = []
    for arn in [*arns([_widest(pattern) for pattern in patterns], request.service), "*"]:
        within = [pattern for pattern in unsure if any_of([_widest(pattern)])(arn, {})]
        for taken in chain.from_iterable(combinations(within, size) for size in range(len(within) + 1)):
            truths = {(i, -1): _might_match(rule, arn, taken) for i, rule in enumerate(rules)}
            resources.append(Option(truths, {}, arn))
    dimensions = [_unique(resources)]
    for key, conditions in _by_key(rules).items():
        found, complete = values([condition for _, _, condition in conditions])
        if complete:
            dimensions.append(_unique([_option(rules, conditions, key, value, {}) for value in found]))
        else:
            dimensions.append(_either(rules, key, conditions))
    return dimensions


def _either(rules: Sequence[Rule], key: str, conditions: Sequence[tuple[int, int, Condition]]) -> Dimension:
    """A key that is absent, or of which every condition may hold or not."""
    atoms = sorted({_atom(rules[i], condition) for i, _, condition in conditions})
    if len(atoms) > _OPEN:
        raise TooManyError
    options = [_option(rules, conditions, key, None, {})]
    for matched in product((False, True), repeat=len(atoms)):
        held = dict(zip(atoms, matched, strict=True))
        options.append(Option({(i, j): held[_atom(rules[i], c)] for i, j, c in conditions}, {}, ""))
    return _unique(options)


def _atom(rule: Rule, condition: Condition) -> str:
    return json.dumps([rule.statement.policy.version, condition.text.lower(), [e.value for e in condition.values]])


def _option(
    rules: Sequence[Rule],
    conditions: Sequence[tuple[int, int, Condition]],
    key: str,
    value: Value | None,
    context: Context,
) -> Option:
    given = {name: known for name, known in {**context, key: value}.items() if known is not None}
    return Option({(i, j): rules[i].statement.tests[j](given) for i, j, _ in conditions}, {key: value}, "")


def _resources(rules: Sequence[Rule], found: Sequence[str], request: Request, context: Context) -> Dimension:
    options = []
    for arn in [*found, "*"]:
        asked = Request(request.principal, request.action, arn, context)
        truths = {(i, -1): rule.statement.resource_matches(asked) for i, rule in enumerate(rules)}
        options.append(Option(truths, {}, arn))
    return _unique(options)


def _might_match(rule: Rule, arn: str, taken: Sequence[Pattern]) -> bool:
    """Whether the statement speaks about a resource that, of the patterns with variables, matches just those."""
    compiled, patterns = rule.statement, _patterns(rule)
    if compiled.resource is None:
        return not compiled.resource_negated
    fixed = any_of([pattern for pattern in patterns if not _varies(pattern)])
    return (fixed(arn, {}) or any(pattern in taken for pattern in patterns)) is not compiled.resource_negated


def _varies(pattern: Pattern) -> bool:
    return any(isinstance(token, Variable) for segment in pattern for token in segment.tokens)


def _widest(pattern: Pattern) -> Pattern:
    """What a pattern can match at most: its variables may stand for anything."""
    return tuple(
        segment._replace(tokens=tuple(Wildcard.MANY if isinstance(t, Variable) else t for t in segment.tokens))
        for segment in pattern
    )


def _unique(options: Sequence[Option]) -> Dimension:
    """One option for each thing that the rules make of them."""
    return list({tuple(option.truths.values()): option for option in reversed(options)}.values())[::-1]


def _by_key(rules: Sequence[Rule]) -> dict[str, list[tuple[int, int, Condition]]]:
    """Lower-case key → the conditions on it as (rule, number, condition)."""
    found: dict[str, list[tuple[int, int, Condition]]] = {}
    for i, rule in enumerate(rules):
        for j, condition in enumerate(rule.statement.conditions):
            found.setdefault(condition.key.lower(), []).append((i, j, condition))
    return found


def _entries(rule: Rule) -> list[str]:
    statement = rule.statement.statement
    return [entry.value for entry in (*statement.resources, *statement.not_resources)]


def _patterns(rule: Rule) -> list[Pattern]:
    if rule.statement.resource is None:
        return []
    variables = rule.statement.policy.version == "2012-10-17"
    return [resource_pattern(entry, variables=variables) for entry in _entries(rule)]


def _texts(rule: Rule) -> Iterator[object]:
    """Where a statement may have policy variables."""
    if rule.statement.policy.version == "2012-10-17":
        yield from _entries(rule)
        yield from (element.value for condition in rule.statement.conditions for element in condition.values)


def _filled(pattern: Pattern, context: Context) -> Pattern | None:
    """The pattern with the values of its variables; None where one has none."""
    segments = []
    for segment in pattern:
        tokens = tuple(t.value(context) if isinstance(t, Variable) else t for t in segment.tokens)
        if None in tokens:
            return None
        segments.append(Segment(tuple(t for t in tokens if t is not None), segment.any_character))
    return tuple(segments)
