"""Compare two sets of identity policies: does the new one allow, or decide, anything that the old one does not?

Requests fall into finitely many classes; one of each is enough. Where a class has no request that could be written
down, because policy variables or too many patterns are in play, the search goes on over what such a request *might*
match: if even that shows no difference there is none, and otherwise the verdict is `unknown`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from policygen.evaluate import specials
from policygen.evaluate.classes import TooManyError
from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement
from policygen.evaluate.decide import Outcome, decide
from policygen.evaluate.dimensions import Dimension, Option, Rule, conceivable, scenarios, written
from policygen.evaluate.layers import Layers, trusting
from policygen.evaluate.match import Context
from policygen.evaluate.principal import Principal, PrincipalType
from policygen.evaluate.request import Request
from policygen.policy.pattern import is_wild
from policygen.reference.services import actions, expand, services

Policies = Sequence[CompiledPolicy]
Differs = Callable[[Outcome, Outcome], bool]
"""Whether the outcome of the old and that of the new are a difference that is looked for."""

_USER = Principal(PrincipalType.USER, "arn:aws:iam::123456789012:user/someone", "123456789012")
_STEPS = 200_000
"""Of the search, for all actions together: a few seconds."""


class Verdict(str, Enum):
    """What a comparison came to."""

    NONE = "none"
    FOUND = "found"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value


class Comparison(NamedTuple):
    """A verdict with its witness: a request that the evaluator has decided under both."""

    verdict: Verdict
    witness: Request | None = None
    reason: str = ""
    """Why the verdict is unknown."""


def new_access(old: Policies, new: Policies) -> Comparison:
    """Whether the new policies allow a user a request that the old ones do not."""
    return _compare(old, new, lambda before, after: after is Outcome.ALLOW and before is not Outcome.ALLOW)


def difference(old: Policies, new: Policies) -> Comparison:
    """Whether any request of a user is decided otherwise by the new policies; explicit and implicit denies differ."""
    return _compare(old, new, lambda before, after: before is not after)


def _compare(old: Policies, new: Policies, differs: Differs) -> Comparison:
    if any(policy.refused for policy in (*old, *new)):
        return Comparison(Verdict.UNKNOWN, reason="IAM would refuse one of the policies")
    if any(statement.short for policy in (*old, *new) for statement in policy.statements):
        return Comparison(Verdict.UNKNOWN, reason="an entry of a Resource lacks segments of an ARN")
    if any(statement.naming for policy in (*old, *new) for statement in policy.statements):
        return Comparison(Verdict.UNKNOWN, reason="policies that name principals are not compared")
    sides = (old, new)
    rules_of = [{id(s): Rule(bool(side), s, _meaning(s)) for p in sides[side] for s in p.statements} for side in (0, 1)]
    layers = [Layers(tuple(policies), resource=(trusting(_USER.account),)) for policies in sides]
    seen: set[frozenset[tuple[bool, int]]] = set()
    doubt, budget = "", [_STEPS]
    for action in _actions((*old, *new)):
        request = Request(_USER, action)
        rules = [
            rules_of[side][id(entry.statement)]
            for side in (0, 1)
            for policy in sides[side]
            for entry in policy.entries(request.service)
            if entry.matches(request)
        ]
        names = frozenset((rule.new, id(rule.statement)) for rule in rules)
        if names in seen or _alike(rules) or specials.uncontrolled(request):
            continue
        seen.add(names)
        found, why = _search(rules, request, layers, differs, budget)
        if found:
            return Comparison(Verdict.FOUND, found)
        doubt = doubt or why
    return Comparison(Verdict.UNKNOWN, reason=doubt) if doubt else Comparison(Verdict.NONE)


def _meaning(statement: CompiledStatement) -> str:
    body = statement.statement.body
    parts = {name: value for name, value in body.items() if name not in ("Sid", "Action", "NotAction")}
    return json.dumps([statement.policy.version, parts], sort_keys=True)


def _alike(rules: Sequence[Rule]) -> bool:
    """Whether both sides say the same about the action."""
    return {rule.meaning for rule in rules if rule.new} == {rule.meaning for rule in rules if not rule.new}


def _actions(policies: Policies) -> Iterator[str]:
    """Every action of each service that the policies name, and one of a service that they do not."""
    named = {service for policy in policies for service in policy.services}
    statements = [compiled.statement for policy in policies for compiled in policy.statements]
    prefixes = {e.value.partition(":")[0] for s in statements for e in (*s.actions, *s.not_actions)} - {"*"}
    if any(map(is_wild, prefixes)):
        yield from map(str, expand("*"))
    for service in sorted(named):
        yield from map(str, actions(service).values() or [f"{service}:Other"])
    others = ("s3:GetObject", "ec2:RunInstances", *(f"{service}:Other" for service in services()))
    yield next(action for action in others if action.partition(":")[0] not in named)


def _search(
    rules: Sequence[Rule], request: Request, layers: Sequence[Layers], differs: Differs, budget: list[int]
) -> tuple[Request | None, str]:
    """A request that is decided differently, or else why there might be one, "" if there is none."""
    exact = True
    for context in scenarios(rules):
        exact = exact and not context
        try:
            dimensions, complete = written(rules, request, context)
        except TooManyError:
            exact = False
            continue
        exact = exact and complete
        for chosen in _leaves(rules, dimensions, differs, budget):
            found = _request(request, context, chosen)
            if differs(decide(found, layers[0]).outcome, decide(found, layers[1]).outcome):
                return found, ""
    if exact and budget[0]:
        return None, ""
    try:
        might = next(_leaves(rules, conceivable(rules, request), differs, budget), None)
    except TooManyError:
        return None, f"there are too many ways to match what is said about `{request.action}`"
    if might or not budget[0]:
        return None, f"no request for `{request.action}` was found, but not every one could be looked at"
    return None, ""


def _leaves(
    rules: Sequence[Rule], dimensions: Sequence[Dimension], differs: Differs, budget: list[int]
) -> Iterator[list[Option]]:
    """The combinations of options under which the two sides differ, as far as the budget of steps goes."""

    def walk(index: int, truths: dict[tuple[int, int], bool], chosen: list[Option]) -> Iterator[list[Option]]:
        if not budget[0]:
            return
        budget[0] -= 1
        if not any(differs(a, b) for a in _outcomes(rules, False, truths) for b in _outcomes(rules, True, truths)):
            return
        if index == len(dimensions):
            yield chosen
            return
        for option in dimensions[index]:
            yield from walk(index + 1, truths | option.truths, [*chosen, option])

    return walk(0, {}, [])


def _outcomes(rules: Sequence[Rule], new: bool, truths: Mapping[tuple[int, int], bool]) -> list[Outcome]:
    """What the decision of one side can still become when only some of what it depends on is known."""
    sure, possible = set(), set()
    for index, rule in enumerate(rules):
        if rule.new is new:
            literals = [truths.get((index, number)) for number in range(-1, len(rule.statement.tests))]
            if False not in literals:
                possible.add(rule.statement.allows)
                if None not in literals:
                    sure.add(rule.statement.allows)
    if False in sure:
        return [Outcome.EXPLICIT_DENY]
    outcomes = [Outcome.EXPLICIT_DENY] if False in possible else []
    outcomes += [Outcome.ALLOW] if True in possible else []
    return outcomes if True in sure else [*outcomes, Outcome.IMPLICIT_DENY]


def _request(asked: Request, context: Context, chosen: Sequence[Option]) -> Request:
    keys = {key: value for option in chosen for key, value in option.context.items() if value is not None}
    resource = next(option.resource for option in chosen if option.resource)
    return Request(_USER, asked.action, resource, {**context, **keys}, resource_account=_USER.account)
