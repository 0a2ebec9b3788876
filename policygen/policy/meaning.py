"""Whether two documents or statements mean the same, however they are ordered and written.

Ignored are the order and repetition of list entries, whether a single entry is in a list, and the case of actions. IAM
compares texts, so `true` and `"true"` mean the same; with `typed` they differ, because a plan writes exactly what was
asked for. Whether one entry covers another is the business of `evaluate/`.
"""

import json
from collections.abc import Mapping
from typing import Any

_LISTS = ("Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")


def normal(document: Mapping[str, Any]) -> dict[str, Any]:
    """The normal form of a document, the same for all documents that mean the same with values of the same types."""
    statements = [normal_statement(body, typed=True) for body in listed(document.get("Statement", []))]
    return {**document, "Statement": sorted(statements, key=as_text)}


def same(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether two documents have the same normal form."""
    return left == right or normal(left) == normal(right)


def normal_statement(body: Any, *, sid: bool = True, typed: bool = False) -> Any:
    """The normal form of a statement, with or without its Sid; anything but an object is returned unchanged."""
    if not isinstance(body, Mapping):
        return body
    kept = {key: value for key, value in body.items() if sid or key != "Sid"}
    return kept | {key: normal_entries(key, kept[key], typed=typed) for key in _LISTS if key in kept}


def normal_entries(element: str, value: Any, *, typed: bool = False) -> Any:
    """The normal form of the entries of an element; for `Principal` and `Condition`, of the entries under each key."""
    if isinstance(value, Mapping):
        return {key: normal_entries(element, item, typed=typed) for key, item in value.items()}
    texts = {entry if isinstance(entry, str) and not typed else as_text(entry) for entry in listed(value)}
    return sorted({text.lower() for text in texts} if element.endswith("Action") else texts)


def listed(value: Any) -> list[Any]:
    """The entries of a list; a value that is not a list counts as a list of one."""
    return value if isinstance(value, list) else [value]


def as_text(value: Any) -> str:
    """A value as JSON; equal values give the same text."""
    return json.dumps(value, sort_keys=True)
