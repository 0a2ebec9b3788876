"""Conditions (operator, qualifier, `IfExists`, key and values) compiled to tests of a request's context.

Sources: IAM User Guide, "Condition operators", "Multivalued context keys" and "Null condition operator" (2026-11).
"""

from collections.abc import Callable, Iterable
from typing import Any

from policygen.errors import did_you_mean
from policygen.evaluate.match import Context
from policygen.evaluate.operators import COMPARISONS, Comparison
from policygen.policy.model import Condition, Element
from policygen.reference.operators import OPERATORS, find_operator
from policygen.reference.quotas import longest_document

ContextTest = Callable[[Context], bool]


class RefusedError(ValueError):
    """Something that IAM rejects in a policy, so that there is nothing to decide; the message says what and where."""


def condition_test(condition: Condition, *, variables: bool) -> ContextTest:
    """The test of one condition; raises RefusedError if IAM would reject it.

    `variables` says whether the policy's version has policy variables.
    """
    key = condition.key.lower()
    check_length(condition.values, condition.pointer)
    values = tuple(text(element.value, condition.pointer) for element in condition.values)
    if condition.operator.lower() == "null":
        if condition.qualifier or condition.if_exists:
            raise RefusedError(f"`{condition.text}` at {condition.pointer}: `Null` cannot have a prefix or a suffix")
        return _null(key, frozenset(value.lower() for value in values))
    operator = find_operator(condition.operator)
    if operator is None:
        hint = did_you_mean(condition.operator, (known.name for known in OPERATORS.values() if known.family != "Null"))
        raise RefusedError(f"the condition operator `{condition.text}` does not exist ({condition.pointer}){hint}")
    compare = COMPARISONS[operator.family, operator.comparison](values, variables)
    if condition.qualifier:
        some = condition.qualifier.lower() == "foranyvalue"
        return _set(key, compare, operator.negated, some, missing=not some or condition.if_exists)
    return _single(key, compare, operator.negated, missing=operator.negated or condition.if_exists)


def check_length(elements: Iterable[Element], pointer: str) -> None:
    """Raises RefusedError for a string that is longer than any policy may be."""
    longest = longest_document("iam-api")
    if any(isinstance(element.value, str) and len(element.value) > longest for element in elements):
        raise RefusedError(f"a string of more than {longest:,} characters at {pointer}")


def text(value: Any, pointer: str = "") -> str:
    """The text that IAM compares for a scalar in a policy or a request's context; raises RefusedError for others."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        try:
            return str(value)
        except ValueError:  # an integer of thousands of digits
            raise RefusedError(f"a number with too many digits{f' at {pointer}' if pointer else ''}") from None
    kinds = {list: "a list in a list", dict: "an object", type(None): "null"}
    raise RefusedError(
        f"{kinds.get(type(value), 'a value')}{f' at {pointer}' if pointer else ''}: "
        "a condition value must be a string, a number or a boolean"
    )


def _null(key: str, wanted: frozenset[str]) -> ContextTest:
    def test(context: Context) -> bool:
        return ("true" if context.get(key, ()) == () else "false") in wanted

    return test


def _single(key: str, compare: Comparison, negated: bool, *, missing: bool) -> ContextTest:
    """The test of an operator without qualifier, which never matches a key with several values."""

    def test(context: Context) -> bool:
        value = context.get(key)
        if value.__class__ is str:
            found = compare(value, context)
            return found is not None and found is not negated
        return missing if value is None or value == () else False

    return test


def _set(key: str, compare: Comparison, negated: bool, some: bool, *, missing: bool) -> ContextTest:
    """The test of `ForAnyValue` (`some`) or of `ForAllValues`, which treats only empty values like no values."""

    def holds(value: str, context: Context) -> bool:
        found = compare(value, context)
        return found is not None and found is not negated

    def test(context: Context) -> bool:
        value = context.get(key, ())
        values = (value,) if isinstance(value, str) else value
        if not values:
            return missing
        if some:
            return any(holds(value, context) for value in values)
        return not any(values) or all(holds(value, context) for value in values)

    return test
