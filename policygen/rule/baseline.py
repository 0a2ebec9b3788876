"""Baselines: files of the findings that existed when linting was adopted, so that only new ones are reported.

A finding is recognized by a fingerprint, which stays the same if lines and statements move.
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
"""A longer value, in characters, is not a single entry."""


def write_baseline(path: Path, findings: Sequence[Finding], sources: Mapping[str, Source]) -> None:
    """Write a baseline: one sorted line per finding, so that a diff shows what was fixed and what was added."""
    marks = zip(fingerprints(findings, sources), findings, strict=True)
    entries = sorted(json.dumps({"file": f.file, "rule": f.rule, "fingerprint": mark}) for mark, f in marks)
    lines = ",".join(f"\n    {entry}" for entry in entries)
    write_text(path, f'{{\n  "version": 2,\n  "findings": [{lines}\n  ]\n}}\n')


def left_over(path: Path, findings: Sequence[Finding], sources: Mapping[str, Source]) -> list[Finding]:
    """The findings that are not in a baseline; raises PolicygenError if the file is not a baseline."""
    known = _read(path)
    return [f for f, mark in zip(findings, fingerprints(findings, sources), strict=True) if mark not in known]


def _read(path: Path) -> set[str]:
    if not path.exists():
        raise PolicygenError(f"{path}: the baseline does not exist; write it with --update-baseline")
    data = Source(read_text(path), str(path)).data
    try:
        if data["version"] == 1:
            problem = "an earlier policygen wrote it without the content of the statements, which may allow more by now"
            raise PolicygenError(f"{path}: {problem}; review the findings and write it again with --update-baseline")
        if data["version"] != 2:
            raise ValueError
        return {str(entry["fingerprint"]) for entry in data["findings"]}
    except (KeyError, TypeError, ValueError):
        raise PolicygenError(f"{path}: not a baseline; write it again with --update-baseline") from None


def fingerprints(findings: Sequence[Finding], sources: Mapping[str, Source]) -> list[str]:
    """A stable fingerprint of each finding: its rule, file or account, policy, Sid, element, value and whole statement.

    The statement matters because a finding on `Resource` is also about its actions, so it is new if they change.
    The message does not, since it changes with AWS's data. Findings with the same digest are numbered.
    """
    seen: Counter[str] = Counter()
    result = []
    for finding in findings:
        digest = _digest(finding, sources.get(finding.file))
        seen[digest] += 1
        result.append(f"{digest}:{seen[digest]}")
    return result


def context(*bodies: Mapping[str, Any]) -> str:
    """A digest of statements or policies that ignores order, Sids, and whether a single value is in a list."""
    return _hash([_unordered({**body, "Sid": ""}) for body in bodies])


def _unordered(value: Any, depth: int = 6) -> str:
    """JSON with sorted lists, down to the depth of conditions; a policy has nothing below that."""
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
    # the Sid and the value identify the place better than the indices, which may move
    element = _INDEX.sub("", finding.pointer) if finding.sid else finding.pointer
    value = _value(finding, source)
    home = finding.account or finding.file
    return _hash((finding.rule, home, finding.policy, finding.sid, element, value, finding.context))


def _value(finding: Finding, source: Source | None) -> str:
    """The text of an entry; "" for a whole statement or list, in which other parts may change."""
    if source is None or not 0 < finding.end_column - finding.column < _LARGEST or finding.line != finding.end_line:
        return ""
    text = source.line(finding.line)[finding.column - 1 : finding.end_column - 1]
    return "" if text[:1] in ("{", "[") else text
