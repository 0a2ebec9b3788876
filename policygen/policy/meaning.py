"""Whether documents or statements mean the same, whatever the order and the form in which they are written.

Order and repetition mean nothing in a list, nor whether one entry is in a list, nor the case of an action. IAM compares
texts, so `true` means what `"true"` does; `typed` tells them apart all the same, as a plan does, which writes what was
asked for. What covers or implies something else is not looked at: that is for `evaluate/`.
"""

import json
from collections.abc import Mapping
from typing import Any

_LISTS = ("Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")


def normal(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document in one form of all that mean the same and have values of the same types."""
    statements = [normal_statement(body, typed=True) for body in listed(document.get("Statement", []))]
    return {**document, "Statement": sorted(statements, key=as_text)}


def same(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether two documents have the same normal form."""
    return left == right or normal(left) == normal(right)


def normal_statement(body: Any, *, sid: bool = True, typed: bool = False) -> Any:
    """A statement in one form of all that mean the same, with its Sid or without; what is not an object as it is."""
    if not isinstance(body, Mapping):
        return body
    kept = {key: value for key, value in body.items() if sid or key != "Sid"}
    return kept | {key: normal_entries(key, kept[key], typed=typed) for key in _LISTS if key in kept}


def normal_entries(element: str, value: Any, *, typed: bool = False) -> Any:
    """The entries of an element in one form; of `Principal` and `Condition` those under each key."""
    if isinstance(value, Mapping):
        return {key: normal_entries(element, item, typed=typed) for key, item in value.items()}
    texts = {entry if isinstance(entry, str) and not typed else as_text(entry) for entry in listed(value)}
    return sorted({text.lower() for text in texts} if element.endswith("Action") else texts)


def listed(value: Any) -> list[Any]:
    """The entries of a list, or one that is not in a list."""
    return value if isinstance(value, list) else [value]


def as_text(value: Any) -> str:
    """JSON, the same for the same value."""
    return json.dumps(value, sort_keys=True)
