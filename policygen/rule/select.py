"""Select rules by the names in settings: of rules, groups and rulesets."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.rule.rule import Rule, Subject


def names(rules: Mapping[str, Rule[Any]]) -> set[str]:
    """Every name that can select a rule."""
    return {name for rule in rules.values() for name in (rule.id, rule.group, *rule.rulesets)}


def ids(
    given: Iterable[str], rules: Mapping[str, Rule[Any]], rulesets: Mapping[str, frozenset[str]] = {}
) -> frozenset[str]:
    """The ids of the rules that names select; `rulesets` are the user's own, by name.

    Raises PolicygenError, with a suggestion, for an unknown name.
    """
    found: set[str] = set()
    for name in given:
        meant = rulesets.get(name) or {
            rule.id for rule in rules.values() if name in (rule.id, rule.group) or name in rule.rulesets
        }
        if not meant:
            guess = did_you_mean(name, {*names(rules), *rulesets}) or "; `policygen explain` lists them"
            raise PolicygenError(f"no rule and no group is called `{name}`{guess}")
        found |= meant
    return frozenset(found)


def select(
    rules: Mapping[str, Rule[Subject]],
    wanted: Collection[str],
    ignored: Collection[str],
    named: Collection[str] = (),
) -> tuple[Rule[Subject], ...]:
    """The rules with the `wanted` ids, except the `ignored` ones.

    If `wanted` is empty: the rules that run by default, and those `named` elsewhere in the settings.
    """
    return tuple(
        rule
        for rule in rules.values()
        if (rule.id in wanted if wanted else rule.default or rule.id in named) and rule.id not in ignored
    )


def by_group(rules: Mapping[str, Rule[Subject]]) -> dict[str, list[Rule[Subject]]]:
    """The rules of each group, in order."""
    groups: dict[str, list[Rule[Subject]]] = {}
    for rule in rules.values():
        groups.setdefault(rule.group, []).append(rule)
    return groups
