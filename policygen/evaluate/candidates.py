"""The requests for one action that given statements can distinguish.

A request is one option from each dimension: one dimension for its resource, one for each condition key.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations, islice, product
from typing import NamedTuple

from policygen.evaluate import witness
from policygen.evaluate.compiled import CompiledStatement
from policygen.evaluate.layers import Layers
from policygen.evaluate.match import (
    Context,
    Pattern,
    Segment,
    Test,
    Value,
    Variable,
    Wildcard,
    any_of,
    resource_pattern,
    text_pattern,
    variables_in,
)
from policygen.evaluate.representatives import TooManyError, arns
from policygen.evaluate.request import Request
from policygen.evaluate.values import examples, filled, possible, values
from policygen.policy.model import Condition
from policygen.reference.condition_keys import always_present
from policygen.reference.partitions import partitions as known_partitions

_SCENARIOS = 100
_OPEN = 6
"""The most undecided matches that are tried in all combinations."""


class Rule(NamedTuple):
    """A statement of one side that applies to the action in question."""

    new: bool
    layer: str
    statement: CompiledStatement
    meaning: str
    """Effect, principals, resources and conditions as text, equal for rules that mean the same."""


def rules_of(layers: Layers, *, new: bool) -> dict[tuple[str, int], Rule]:
    """The statements of one side as rules, by their layer and the `id` of the statement."""
    return {
        (layer, id(statement)): Rule(new, layer, statement, _meaning(statement))
        for layer, policy in layers.named()
        for statement in policy.statements
    }


def _meaning(statement: CompiledStatement) -> str:
    body = statement.statement.body
    parts = {name: value for name, value in body.items() if name not in ("Sid", "Action", "NotAction")}
    return json.dumps([statement.policy.version, parts], sort_keys=True)


class Option(NamedTuple):
    """One possibility for a part of a request, and which parts of the rules match it."""

    truths: dict[tuple[int, int], bool]
    """(rule, condition) → whether it matches; condition -1 is the resource."""
    context: Mapping[str, Value | None]
    """The values of the keys; None for absent ones."""
    resource: str


Dimension = list[Option]


def variables_of(rules: Sequence[Rule]) -> list[str]:
    """The keys (lower case) of the policy variables in resources and conditions."""
    return sorted({name.lower() for rule in rules for text in _texts(rule) for name in variables_in(text)})


def scenarios(
    rules: Sequence[Rule], fixed: Mapping[str, Value | None], *, root: bool
) -> Iterator[dict[str, Value | None]]:
    """Values for the policy variables: ordinary ones, none, and what the policies name; some may be `fixed`."""
    names = [name for name in variables_of(rules) if name not in fixed]
    pieces = {piece for rule in rules for e in _entries(rule) for piece in e.split("/")[1:] if piece.isalnum()}
    candidates = []
    for name in names:
        conditions = [c for rule in rules for c in rule.statement.conditions if c.key.lower() == name]
        listed = (
            [value for value in values(name, conditions, root=root)[0] if isinstance(value, str)] if conditions else []
        )
        absent = [] if name in always_present() else [None]
        named, said = (
            [value for value in found if possible(name, value, root=root)] for found in (sorted(pieces), listed)
        )
        candidates.append([*(examples(name)[:1] or ["someone"]), *absent, *named[:_OPEN], *said[:_OPEN]])
    for chosen in islice(product(*candidates), _SCENARIOS):
        yield {**fixed, **dict(zip(names, chosen, strict=True))}


def resource_of(
    rules: Sequence[Rule], asked: Request, context: Mapping[str, Value | None], found: Iterable[str], closed: Test
) -> Dimension:
    """The dimension of the resource, with an option for each of `found` that the rules, or `closed`, distinguish."""
    known = _known(context)
    options: dict[object, Option] = {}
    for arn in found:
        request = replace(asked, resource=arn, context=known)
        truths = {(i, -1): rule.statement.resource_matches(request) for i, rule in enumerate(rules)}
        options.setdefault((tuple(truths.values()), closed(arn, {})), Option(truths, {}, arn))
    return list(options.values())


def keys_in(rules: Sequence[Rule]) -> list[str]:
    """The keys (lower case) that the rules read, in conditions and as policy variables."""
    return list(dict.fromkeys([*_by_key(rules), *variables_of(rules)]))


def keys_of(
    rules: Sequence[Rule],
    context: Mapping[str, Value | None],
    given: Mapping[str, Sequence[Value | None]],
    *,
    root: bool,
) -> tuple[list[Dimension], bool]:
    """The dimensions of the condition keys, and whether their values cover every request.

    The keys of `context` have only the value that they have there, and those of `given` only the values there.
    """
    known = _known(context)
    dimensions, exact = [], True
    by_key = _by_key(rules)
    linked = witness.linked((*by_key, *context))
    for key, conditions in by_key.items():
        found: list[Value | None]
        if key in context:
            found = [context[key]]
        elif key in given:
            found = list(given[key])
        else:
            found, complete = values(key, [condition for _, _, condition in conditions], root=root)
            near = [
                *known.values(),
                *(text for _, _, condition in conditions for text in _substituted(condition, known)),
            ]
            found += [value for value in near if value not in found and possible(key, value, root=root)]
            exact = exact and complete
        options = [_option(rules, conditions, key, value, known) for value in found]
        dimensions.append(options if key in linked else _unique(options))
    return dimensions, exact


def _known(context: Mapping[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in context.items() if value is not None}


def patterns(rules: Sequence[Rule], context: Mapping[str, Value | None]) -> list[Pattern]:
    """The patterns of the rules' resources with their variables replaced, except where a variable has no value."""
    known = _known(context)
    found = (_filled(pattern, known) for rule in rules for pattern in _patterns(rule))
    return list(dict.fromkeys(pattern for pattern in found if pattern))


def partitions(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The partitions to try: those that the rules name, since IAM rejects a policy that names another partition.

    If they name none, one is enough, unless their patterns distinguish partitions: then all of them and a new one.
    """
    segments = {pattern[1].tokens for rule in rules for pattern in _patterns(rule)}
    literal = sorted(
        "".join(map(str, tokens)) for tokens in segments if tokens and all(isinstance(t, str) for t in tokens)
    )
    if literal or segments <= {(Wildcard.MANY,)}:
        return tuple(literal or ["aws"])
    return (*known_partitions(), "aws-new")


def conceivable(
    rules: Sequence[Rule],
    among: Sequence[str],
    formats: Sequence[Pattern],
    fixed: Mapping[str, Value | None],
    *,
    root: bool,
) -> list[Dimension]:
    """The dimensions of all requests in some partitions, and of some impossible ones: a variable may match or not.

    With `formats`, resources have one of these. The keys of `fixed` have only the value that they have there.
    """
    every = list(dict.fromkeys(pattern for rule in rules for pattern in _patterns(rule)))
    unsure = [pattern for pattern in every if _varies(pattern)]
    if len(unsure) > _OPEN:
        raise TooManyError
    resources = []
    for arn in [*arns([_widest(pattern) for pattern in every], partitions=among, formats=formats), "*"]:
        within = [pattern for pattern in unsure if any_of([_widest(pattern)])(arn, {})]
        for taken in chain.from_iterable(combinations(within, size) for size in range(len(within) + 1)):
            truths = {(i, -1): _might_match(rule, arn, taken) for i, rule in enumerate(rules)}
            resources.append(Option(truths, {}, arn))
    dimensions = [_unique(resources)]
    for key, conditions in _by_key(rules).items():
        found, complete = values(key, [condition for _, _, condition in conditions], root=root)
        if key in fixed:
            found, complete = [fixed[key]], not any(_varies_in(condition) for _, _, condition in conditions)
        if complete:
            dimensions.append(_unique([_option(rules, conditions, key, value, {}) for value in found]))
        else:
            dimensions.append(_either(rules, key, conditions))
    return dimensions


def _either(rules: Sequence[Rule], key: str, conditions: Sequence[tuple[int, int, Condition]]) -> Dimension:
    """The dimension of a key that is absent, or on which each condition may hold or not."""
    atoms = sorted({_atom(rules[i], condition) for i, _, condition in conditions})
    if len(atoms) > _OPEN:
        raise TooManyError
    options = [] if key in always_present() else [_option(rules, conditions, key, None, {})]
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


def _might_match(rule: Rule, arn: str, taken: Sequence[Pattern]) -> bool:
    """Whether the statement applies to a resource, if of the patterns with variables exactly `taken` match it."""
    compiled, patterns = rule.statement, _patterns(rule)
    if compiled.resource is None:
        return not compiled.resource_negated
    fixed = any_of([pattern for pattern in patterns if not _varies(pattern)])
    return (fixed(arn, {}) or any(pattern in taken for pattern in patterns)) is not compiled.resource_negated


def _varies(pattern: Pattern) -> bool:
    return any(isinstance(token, Variable) for segment in pattern for token in segment.tokens)


def _substituted(condition: Condition, context: Context) -> Iterator[str]:
    """Texts that the values with policy variables match, as far as the variables are known."""
    for element in condition.values:
        if "${" in (value := str(element.value)):
            (segment,) = text_pattern(value, variables=True)
            tokens = [token.value(context) if isinstance(token, Variable) else token for token in segment.tokens]
            if None not in tokens:
                yield filled("".join(str(getattr(token, "value", token)) for token in tokens))


def _varies_in(condition: Condition) -> bool:
    return any("${" in str(element.value) for element in condition.values)


def _widest(pattern: Pattern) -> Pattern:
    """The pattern with a `*` for every variable, which is the most that it can match."""
    return tuple(
        segment._replace(tokens=tuple(Wildcard.MANY if isinstance(t, Variable) else t for t in segment.tokens))
        for segment in pattern
    )


def _unique(options: Sequence[Option]) -> Dimension:
    """One option for each set of truths."""
    return list({tuple(option.truths.values()): option for option in reversed(options)}.values())[::-1]


def _by_key(rules: Sequence[Rule]) -> dict[str, list[tuple[int, int, Condition]]]:
    """Lower-case key → the conditions on it, as (index of the rule, index in the rule, condition)."""
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
    """The texts of a statement that may contain policy variables."""
    if rule.statement.policy.version == "2012-10-17":
        yield from _entries(rule)
        yield from (element.value for condition in rule.statement.conditions for element in condition.values)


def _filled(pattern: Pattern, context: Context) -> Pattern | None:
    """The pattern with its variables replaced; None if one has no value."""
    segments = []
    for segment in pattern:
        tokens = tuple(t.value(context) if isinstance(t, Variable) else t for t in segment.tokens)
        if None in tokens:
            return None
        segments.append(Segment(tuple(t for t in tokens if t is not None), segment.any_character))
    return tuple(segments)
