"""What a finding is about, told apart from where it stands today: the same after lines and statements have moved."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256

from policygen.finding import Finding
from policygen.policy.source import Source

_INDEX = re.compile(r"/\d+(?=/|$)")
_LARGEST = 1000
"""Characters of a value beyond which it is no single entry any more."""


def fingerprints(findings: Sequence[Finding], sources: Mapping[str, Source]) -> list[str]:
    """One stable text for each finding, from its rule, file, policy, Sid, element and the value that it is about.

    The message is left out, since it changes with AWS's data. Findings alike in all of this are counted off.
    """
    seen: Counter[str] = Counter()
    result = []
    for finding in findings:
        digest = _digest(finding, sources.get(finding.file))
        seen[digest] += 1
        result.append(f"{digest}:{seen[digest]}")
    return result


def _digest(finding: Finding, source: Source | None) -> str:
    # with a Sid the indices say nothing that the Sid and the value do not say better
    element = _INDEX.sub("", finding.pointer) if finding.sid else finding.pointer
    parts = (finding.rule, finding.file, finding.policy, finding.sid, element, _value(finding, source))
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _value(finding: Finding, source: Source | None) -> str:
    """The text of an entry; "" for a whole statement or list, which may change around what the finding is about."""
    if source is None or not 0 < finding.end_column - finding.column < _LARGEST or finding.line != finding.end_line:
        return ""
    text = source.line(finding.line)[finding.column - 1 : finding.end_column - 1]
    return "" if text[:1] in ("{", "[") else text
