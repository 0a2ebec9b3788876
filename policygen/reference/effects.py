"""What an action does to the resources that it is allowed on; reviewed by hand, since access levels do not show it."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cache

from policygen.policy.pattern import matches
from policygen.reference.data import load
from policygen.reference.services import AccessLevel, Action

_READING_NAMES = ("describe", "get", "list")
"""How actions start that only read, even if AWS's data says Permissions management (`glue:GetStage`)."""


class Effect(StrEnum):
    """What an action does to resources, worst first."""

    PERMISSIONS = "permissions"
    """Hands out permissions, credentials or roles."""
    SHARES = "shares"
    """Opens a resource to other accounts, the public or the internet."""
    SECRETS = "secrets"
    """Returns credentials or secrets of somebody else."""
    DELETES = "deletes"
    """Deletes or overwrites data, or switches off logging or protection."""
    WRITES = "writes"
    """Creates, changes, tags, or deletes what can be created again."""


@cache
def effect_of(action: Action) -> Effect | None:
    """What an action does; None if it only reads.

    An action on permissions that is not in the list, since AWS added it later, counts as sharing.
    """
    known = _of_service(action.service).get(action.name)
    if known:
        return known
    if action.level is AccessLevel.PERMISSIONS_MANAGEMENT:
        if action.name.lower().startswith(_READING_NAMES):
            return None
        return Effect.WRITES if is_argued(str(action)) else Effect.SHARES
    return Effect.WRITES if action.level in (AccessLevel.WRITE, AccessLevel.TAGGING) else None


@cache
def actions_with(effect: Effect) -> Collection[str]:
    """The listed actions with an effect, by name."""
    of_services = load("effects")["effects"].get(effect, {}).items()
    # unlike a set, always in the same order
    return dict.fromkeys(f"{service}:{name}" for service, names in of_services for name in names)


def is_argued(action: str) -> bool:
    """Whether the data says why an action is not listed although its access level or name suggests it."""
    return any(matches(pattern, action) for entry in load("effects")["argued"] for pattern in entry["actions"])


@cache
def _of_service(service: str) -> Mapping[str, Effect]:
    effects: Mapping[str, Mapping[str, list[str]]] = load("effects")["effects"]
    return {name: Effect(effect) for effect, services in effects.items() for name in services.get(service, ())}
