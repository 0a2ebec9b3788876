"""A baseline: the findings that were there when linting was adopted, so that only new ones count."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from policygen.errors import PolicygenError
from policygen.files import read_text, write_text
from policygen.finding import Finding
from policygen.lint.fingerprint import fingerprints
from policygen.policy.source import Source


def write_baseline(path: Path, findings: Sequence[Finding], sources: Mapping[str, Source]) -> None:
    """Put down findings: a line each, sorted, so that a diff shows what was fixed and what was added."""
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
        raise PolicygenError(f"{path}: there is no such baseline; write it with --update-baseline")
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
