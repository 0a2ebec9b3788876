"""A baseline: the findings that were there when linting was adopted, so that only new ones count.

A finding is known by a fingerprint of what it is about, which stays the same if lines and statements move.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from policygen.errors import PolicygenError
from policygen.files import read_text, write_text
from policygen.finding import Finding
from policygen.policy.source import Source

_INDEX = re.compile(r"/\d+(?=/|$)")
_LARGEST = 1000
"""Characters of a value beyond which it is not a single entry."""


def write_baseline(path: Path, findings: Sequence[Finding], sources: Mapping[str, Source]) -> None:
    """Write findings down: a line each, sorted, so that a diff shows what was fixed and what was added."""
    marks = zip(fingerprints(findings, sources), findings, strict=True)
    entries = sorted(json.dumps({"file": f.file, "rule": f.rule, "fingerprint": mark}) for mark, f in marks)
    lines = ",".join(f"\n    {entry}" for entry in entries)
    write_text(path, f'{{\n  "version": 2,\n  "findings": [{lines}\n  ]\n}}\n')


def left_over(path: Path, findings: Sequence[Finding], sources: Mapping[str, Source]) -> list[Finding]:
    """The findings that are not in a baseline; raises PolicygenError where the file is not a baseline."""
    known = _read(path)
    return [f for f, mark in zip(findings, fingerprints(findings, sources), strict=True) if mark not in known]


def _read(path: Path) -> set[str]:
    if not path.exists():
        raise PolicygenError(f"{path}: the baseline does not exist; write it with --update-baseline")
    data = Source(read_text(path), str(path)).data
    try:
        if data["version"] == 1:
            problem = "an earlier policygen wrote it, without what each statement says, so more may be allowed by now"
            raise PolicygenError(f"{path}: {problem}; look at the findings and write it again with --update-baseline")
        if data["version"] != 2:
            raise ValueError
        return {str(entry["fingerprint"]) for entry in data["findings"]}
    except (KeyError, TypeError, ValueError):
        raise PolicygenError(f"{path}: is not a baseline; write it again with --update-baseline") from None


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
