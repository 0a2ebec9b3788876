"""Why each statement matches a request or not: the first part that fails, tested by the code that decides."""

from collections.abc import Iterator
from typing import NamedTuple

from policygen.evaluate import ambiguous
from policygen.evaluate.compiled import CompiledStatement
from policygen.evaluate.layers import Layers
from policygen.evaluate.match import Value, variables_in
from policygen.evaluate.request import Request
from policygen.policy.model import Condition

_SHOWN = 3
"""How many values of a long list are shown."""


class Explanation(NamedTuple):
    """Whether one statement matches a request, and why not."""

    layer: str
    """`identity`, `boundary`, `session`, `scp level 1`, `rcp level 1`, `resource`."""
    statement: CompiledStatement
    part: str
    """The first part that does not match: `action`, `principal`, `resource`, `condition`; "" if all match."""
    why: str
    """What does not match and what the request has instead; "" if all parts match."""
    absent: tuple[Condition, ...]
    """The conditions that hold because the request lacks their key."""

    @property
    def matches(self) -> bool:
        """Whether the statement matches."""
        return not self.part


def explain(request: Request, layers: Layers) -> list[Explanation]:
    """One explanation for each statement of each layer, in order."""
    found: list[Explanation] = []
    for layer, policy in layers.named():
        applying = {id(entry.statement) for entry in policy.entries(request.service) if entry.matches(request)}
        for statement in policy.statements:
            failing = next(_failures(statement, id(statement) in applying, request), ("", ""))
            absent = () if failing[0] else tuple(_absent(statement, request))
            found.append(Explanation(layer, statement, *failing, absent))
    return found


def _failures(statement: CompiledStatement, applies: bool, request: Request) -> Iterator[tuple[str, str]]:
    """The parts that do not match and why, in order; `applies` says whether the action matches."""
    if not applies:
        negated = "NotAction" in statement.statement.body
        yield "action", f"`{request.action}` is {_among('NotAction' if negated else 'Action', negated)}"
    if statement.naming and not statement.naming(request.principal):
        yield "principal", f"it does not name `{request.principal.arn}`"
    if statement.is_ambiguous(request):
        yield "resource", f"`{request.resource}` may or may not be among its resources: {ambiguous.REASON}"
    elif not statement.resource_matches(request):
        negated = statement.resource_negated
        why = f"`{request.resource}` is {_among('NotResource' if negated else 'Resource', negated)}"
        yield "resource", why + _without_value(statement, request)
    for condition, test in zip(statement.conditions, statement.tests, strict=True):
        if not test(request.context):
            yield "condition", _unmet(condition, request.context.get(condition.key.lower()))


def _among(element: str, negated: bool) -> str:
    return f"in its {element}" if negated else f"not in its {element}"


def _without_value(statement: CompiledStatement, request: Request) -> str:
    """A clause about the policy variables of the resources that have no value in the request."""
    entries = (*statement.statement.resources, *statement.statement.not_resources)
    names = dict.fromkeys(name for entry in entries for name in variables_in(entry.value))
    lacking = [name for name in names if not isinstance(request.context.get(name.lower()), str)]
    if not lacking or statement.policy.version != "2012-10-17":
        return ""
    return f"; the request has no value for {', '.join(f'`{name}`' for name in lacking)}"


def _unmet(condition: Condition, seen: Value | None) -> str:
    wanted = [f"`{element.value}`" for element in condition.values[:_SHOWN]]
    more = f" or {len(condition.values) - _SHOWN} more" if len(condition.values) > _SHOWN else ""
    start = f"`{condition.text}` of `{condition.key}` requires {' or '.join(wanted) or 'nothing'}{more}"
    if seen is None or seen == ():
        return f"{start}, and the request lacks the key"
    if isinstance(seen, str):
        return f"{start}, and the request has `{seen}`"
    values = f"{start}, and the request has {', '.join(f'`{value}`' for value in seen)}"
    if condition.qualifier or condition.operator.lower() == "null":
        return values
    return f"{values}: only `ForAllValues` and `ForAnyValue` match several values"


def _absent(statement: CompiledStatement, request: Request) -> Iterator[Condition]:
    for condition in statement.conditions:
        if request.context.get(condition.key.lower(), ()) == () and condition.operator.lower() != "null":
            yield condition
