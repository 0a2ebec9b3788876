"""The canonical text of a policy document: AWS's key order, two spaces, lists in the author's order."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

# the order of IAM User Guide, "IAM JSON policy elements reference" (2026-11)
_TOP = ("Version", "Id", "Statement")
_STATEMENT = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)

_SHORTEST: dict[str, Any] = {"separators": (",", ":")}
_dumps = partial(json.dumps, ensure_ascii=False, allow_nan=False)


def canonical(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its keys in AWS's order; unknown elements come last, in the author's order."""
    ordered = _order(document, _TOP)
    statement = ordered.get("Statement")
    if isinstance(statement, list):
        ordered["Statement"] = [_order(s, _STATEMENT) if isinstance(s, Mapping) else s for s in statement]
    elif isinstance(statement, Mapping):
        ordered["Statement"] = _order(statement, _STATEMENT)
    return ordered


def dumps(document: Mapping[str, Any], *, minify: bool = False) -> str:
    """The canonical text of a policy, with a final newline; equal documents give the same text."""
    return _dumps(canonical(document), **(_SHORTEST if minify else {"indent": 2})) + "\n"


def size(document: Mapping[str, Any]) -> int:
    """The number of characters that count against IAM's quotas, which ignore white space.

    Source: IAM User Guide, "IAM and AWS STS quotas, name requirements, and character limits" (2026-11).
    """
    return sum(map(len, _dumps(document, **_SHORTEST).split()))  # key order does not matter here


def _order(mapping: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    return {key: mapping[key] for key in known if key in mapping} | dict(mapping)
