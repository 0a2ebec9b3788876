"""Choose rules by their ids and the names of their groups."""

from collections.abc import Iterable, Sequence

from policygen.errors import PolicygenError, did_you_mean
from policygen.lint.notice import every_rule
from policygen.lint.rule import Rule, registry


def select(wanted: Sequence[str] = (), ignored: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules of the ids and groups wanted (all of them if none is named), without those ignored.

    Raises PolicygenError for a name that no rule and no group has.
    """
    for name in (*wanted, *ignored):
        check_name(name)
    return tuple(
        rule
        for rule in registry().values()
        if (not wanted or {rule.id, rule.group} & set(wanted)) and not {rule.id, rule.group} & set(ignored)
    )


def groups() -> dict[str, list[Rule]]:
    """Every rule, and what the linter itself reports, by group."""
    result: dict[str, list[Rule]] = {}
    for rule in every_rule().values():
        result.setdefault(rule.group, []).append(rule)
    return result


def check_name(name: str) -> None:
    """Raises PolicygenError for a name that no rule and no group has."""
    known: Iterable[str] = {**every_rule(), **groups()}
    if name not in known:
        hint = did_you_mean(name, known) or "; `policygen explain` lists them"
        raise PolicygenError(f"no rule and no group is called `{name}`{hint}")
