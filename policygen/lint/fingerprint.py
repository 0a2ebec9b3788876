"""What a finding is about, told apart from where it stands today: the same after lines and statements have moved."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from policygen.finding import Finding
from policygen.policy.source import Source

_INDEX = re.compile(r"/\d+(?=/|$)")
_LARGEST = 1000
"""Characters of a value beyond which it is no single entry any more."""


def fingerprints(findings: Sequence[Finding], sources: Mapping[str, Source]) -> list[str]:
    """One stable text for each finding: its rule, file, policy, Sid, element, value, and all that its statement says.

    A finding on `Resource` is about the statement's actions too, so it is new where they are not the same any more.
    The message is left out, since it changes with AWS's data. Findings alike in all of this are counted off.
    """
    seen: Counter[str] = Counter()
    result = []
    for finding in findings:
        digest = _digest(finding, sources.get(finding.file))
        seen[digest] += 1
        result.append(f"{digest}:{seen[digest]}")
    return result


def context(*bodies: Mapping[str, Any]) -> str:
    """A digest of what statements or policies say: the same in any order, with or without lists of one, for any Sid."""
    return _hash([_unordered({**body, "Sid": ""}) for body in bodies])


def _unordered(value: Any, depth: int = 6) -> str:
    """JSON with lists sorted, down to a policy's conditions; what is nested deeper is not policy language."""
    if isinstance(value, str):
        return json.dumps(value)
    if depth and isinstance(value, dict):
        listed = ((key, item if isinstance(item, (dict, list)) else [item]) for key, item in sorted(value.items()))
        return "{{{}}}".format(",".join(f"{json.dumps(key)}:{_unordered(item, depth - 1)}" for key, item in listed))
    if depth and isinstance(value, list):
        return "[{}]".format(",".join(sorted(_unordered(item, depth - 1) for item in value)))
    return json.dumps(value, sort_keys=True)


def _hash(parts: Iterable[str]) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _digest(finding: Finding, source: Source | None) -> str:
    # with a Sid the indices say nothing that the Sid and the value do not say better
    element = _INDEX.sub("", finding.pointer) if finding.sid else finding.pointer
    value = _value(finding, source)
    return _hash((finding.rule, finding.file, finding.policy, finding.sid, element, value, finding.context))


def _value(finding: Finding, source: Source | None) -> str:
    """The text of an entry; "" for a whole statement or list, which may change around what the finding is about."""
    if source is None or not 0 < finding.end_column - finding.column < _LARGEST or finding.line != finding.end_line:
        return ""
    text = source.line(finding.line)[finding.column - 1 : finding.end_column - 1]
    return "" if text[:1] in ("{", "[") else text
