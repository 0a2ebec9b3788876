"""How dangerous an action is, to show the most dangerous first."""

from collections.abc import Iterable
from enum import StrEnum
from functools import cache

from policygen.reference.effects import effect_of
from policygen.reference.escalation import paths
from policygen.reference.services import AccessLevel, find_action


class Danger(StrEnum):
    """What an action does, the most dangerous first: the effects of `reference.effects`, and what has none."""

    PERMISSIONS = "permissions"
    SHARES = "shares"
    SECRETS = "secrets"
    DELETES = "deletes"
    UNLISTED = "unlisted"
    """AWS's data does not list the action, so nobody knows."""
    WRITES = "writes"
    READS = "reads"
    LISTS = "lists"


_ORDER = tuple(Danger)


@cache
def danger(name: str) -> Danger:
    """The danger of an action, by its effect or else its access level."""
    action = find_action(name)
    if action is None:
        return Danger.UNLISTED
    if effect := effect_of(action):
        return Danger(effect)
    return Danger.LISTS if action.level is AccessLevel.LIST else Danger.READS


def by_danger(names: Iterable[str]) -> list[str]:
    """Names of actions, the most dangerous first: those known to escalate privileges before others, then by name."""
    return sorted(names, key=lambda name: (_ORDER.index(danger(name)), name not in _escalating(), name.lower()))


@cache
def _escalating() -> frozenset[str]:
    return frozenset(action for path in paths() for action in path.every)
