"""Policies as they apply to one principal: known values replace its condition keys and policy variables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from policygen.evaluate import CompiledPolicy, CompiledStatement, Layers, compile_policy
from policygen.evaluate.match import Value, variables_in
from policygen.policy.model import Condition

Known = Mapping[str, Value | None]
"""Lower-case condition key → its value; None if it is absent."""

_VARIABLE = re.compile(r"\$\{\s*([^},]+?)\s*(,[^}]*)?\}")
_SPECIAL = frozenset("*?$")


class Specialised:
    """Makes policies special to principals; equal ones are made once."""

    def __init__(self) -> None:
        self._made: dict[object, CompiledPolicy] = {}

    def layers(self, layers: Layers, known: Known) -> Layers:
        """The policies as they apply to a principal of which some keys are known.

        Its requests are decided alike by both; other principals' are not.
        """

        def every(policies: tuple[CompiledPolicy, ...]) -> tuple[CompiledPolicy, ...]:
            return tuple(self._policy(policy, known) for policy in policies)

        return replace(
            layers,
            identity=every(layers.identity),
            boundary=self._policy(layers.boundary, known) if layers.boundary else None,
            scps=tuple(map(every, layers.scps)),
            rcps=tuple(map(every, layers.rcps)),
            resource=None if layers.resource is None else every(layers.resource),
        )

    def _policy(self, policy: CompiledPolicy, known: Known) -> CompiledPolicy:
        relevant = {key: known[key] for s in policy.statements for key in keys_of(s) if key in known}
        if not relevant:
            return policy
        key = tuple(map(id, policy.statements)), tuple(sorted(relevant.items(), key=repr))
        if key not in self._made:
            bodies = [body for statement in policy.statements for body in _body(statement, relevant)]
            document = {**policy.policy.document, "Statement": bodies}
            self._made[key] = compile_policy(replace(policy.policy, document=document, source=None))
        return self._made[key]


def keys_of(statement: CompiledStatement) -> Iterator[str]:
    """The condition keys and policy variables that a statement reads, in lower case."""
    of = statement.statement
    for condition in of.conditions:
        yield condition.key.lower()
    texts = (*of.resource_texts, *of.not_resource_texts, *(v.value for c in of.conditions for v in c.values))
    for text in texts if statement.policy.version == "2012-10-17" else ():
        yield from map(str.lower, variables_in(text))


def _body(statement: CompiledStatement, known: Known) -> Iterator[dict[str, Any]]:
    """The statement with what is known put in place; none if it cannot match."""
    body = {name: value for name, value in statement.statement.body.items() if name != "Condition"}
    present = {key: value for key, value in known.items() if value is not None}
    substituted = statement.policy.version == "2012-10-17"
    kept: dict[str, dict[str, Any]] = {}
    for condition, test in zip(statement.conditions, statement.tests, strict=True):
        if not _decided(condition, known, substituted):
            values = [put(value.value, known) if substituted else None for value in condition.values]
            pairs = zip(condition.values, values, strict=True)
            kept.setdefault(condition.text, {})[condition.key] = [v.value if new is None else new for v, new in pairs]
        elif not test(present):
            return
    if substituted and statement.statement.resource_texts:
        body["Resource"] = [new for text in statement.statement.resource_texts if (new := put(text, known)) is not None]
        if not body["Resource"]:
            return
    if substituted and statement.statement.not_resource_texts:
        texts = [new for text in statement.statement.not_resource_texts if (new := put(text, known)) is not None]
        del body["NotResource"]
        body |= {"NotResource": texts} if texts else {"Resource": "*"}
    yield {**body, "Condition": kept} if kept else body


def _decided(condition: Condition, known: Known, substituted: bool) -> bool:
    """Whether what is known is enough to decide a condition."""
    variables = [name.lower() for value in condition.values for name in variables_in(value.value) if substituted]
    return all(name in known for name in (condition.key.lower(), *variables))


def put(text: Any, known: Known) -> Any:
    """A text with the variables replaced whose values are known; None if one is absent, so that it matches nothing."""
    if not isinstance(text, str) or "${" not in text:
        return text
    absent = False

    def value(variable: re.Match[str]) -> str:
        nonlocal absent
        name, default = variable[1].lower(), variable[2]
        if name not in known or default:  # a variable with a default is left to the evaluator
            return variable[0]
        found = known[name]
        absent = absent or found is None
        return found if isinstance(found, str) and _SPECIAL.isdisjoint(found) else variable[0]

    filled = _VARIABLE.sub(value, text)
    return None if absent else filled
