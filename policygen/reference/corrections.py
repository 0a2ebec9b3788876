"""What AWS's data lacks although AWS's own documentation mentions it; `data/corrections.json` names each source."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from policygen.reference.data import load


@cache
def added_resource_types(service: str) -> Mapping[str, str]:
    """Resource type → ARN format, for the types of a service that the data lacks; `${*}` is a literal `*`."""
    return {name: entry["arn"] for name, entry in _of_service("resource_types", service).items()}


@cache
def added_types_of_actions(service: str) -> Mapping[str, tuple[str, ...]]:
    """Lower-case name of an action → the resource types that it acts on and that the data lacks."""
    return {name.lower(): tuple(entry["resource_types"]) for name, entry in _of_service("actions", service).items()}


def is_shared(service: str) -> bool:
    """Whether the data may lack resource types for any action of a service prefix (lower case)."""
    return service in load("corrections")["shared_prefixes"]["names"]


def _of_service(section: str, service: str) -> Mapping[str, Any]:
    entries = load("corrections")[section].items()
    return {name.partition(":")[2]: entry for name, entry in entries if name.startswith(f"{service}:")}
