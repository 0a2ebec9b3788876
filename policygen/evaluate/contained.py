"""Whether one statement covers another, decided entry by entry; False can also mean that this is not certain."""

from collections.abc import Iterable, Sequence

from policygen.evaluate.candidates import Rule
from policygen.evaluate.compiled import CompiledStatement
from policygen.evaluate.principal import Principal
from policygen.policy.arn import segments
from policygen.policy.model import Condition
from policygen.policy.pattern import covers
from policygen.reference.operators import find_operator


def allows_no_more(rules: Sequence[Rule], who: Principal | None = None) -> bool:
    """Whether each new Allow is covered by an old one of its layer, and each old Deny by a new one.

    The rules are about one action and, if given, about one principal. It follows that nothing is newly allowed, if the
    new stack has every layer that limits the old one.
    """
    return all(
        any(
            other.new is not rule.new
            and other.layer == rule.layer
            and other.statement.allows is rule.statement.allows
            and _names_alike(rule.statement, other.statement, who)
            and contained(rule.statement, other.statement)
            for other in rules
        )
        for rule in rules
        if rule.new is rule.statement.allows
    )


def _names_alike(inner: CompiledStatement, outer: CompiledStatement, who: Principal | None) -> bool:
    """Whether `outer` names the principal, or everyone whom `inner` names, at least as directly."""
    if inner.naming is None or outer.naming is None:
        return inner.naming is outer.naming
    if who is None:
        elements = ("Principal", "NotPrincipal")
        return all(inner.statement.body.get(name) == outer.statement.body.get(name) for name in elements)
    less, more = inner.naming(who), outer.naming(who)
    return less is not None and more is not None and less <= more


def contained(inner: CompiledStatement, outer: CompiledStatement) -> bool:
    """Whether `outer` matches every request that `inner` matches, for actions that both apply to."""
    same_language = inner.policy.version == outer.policy.version
    return _resources(inner, outer, same_language) and all(
        any(_implies(one, wanted, same_language) for one in inner.conditions) for wanted in outer.conditions
    )


def _resources(inner: CompiledStatement, outer: CompiledStatement, same_language: bool) -> bool:
    if outer.resource is None:
        return not outer.resource_negated
    if inner.resource is None:
        return inner.resource_negated
    if inner.resource_negated is not outer.resource_negated:
        return False
    less, more = inner.statement, outer.statement
    if inner.resource_negated:
        return _all_covered(more.not_resource_texts, less.not_resource_texts, same_language)
    return _all_covered(less.resource_texts, more.resource_texts, same_language)


def _all_covered(entries: Iterable[str], general: Sequence[str], same_language: bool) -> bool:
    known = frozenset(general)
    return all((same_language and entry in known) or any(_covers(wide, entry) for wide in general) for entry in entries)


def _covers(general: str, specific: str) -> bool:
    if "${" in general or "${" in specific:
        return False
    outer, inner = segments(general), segments(specific)
    outer, inner = (parts + ("*",) * (6 - len(parts)) for parts in (outer, inner))
    return all(map(covers, outer, inner))


def _implies(one: Condition, wanted: Condition, same_language: bool) -> bool:
    if one.key.lower() != wanted.key.lower() or one.text.lower() != wanted.text.lower():
        return False
    less, more = ([str(element.value) for element in condition.values] for condition in (one, wanted))
    operator = find_operator(one.operator)
    if operator and operator.negated:
        less, more = more, less
    return set(less) <= set(more) and (same_language or not any("${" in value for value in (*less, *more)))
