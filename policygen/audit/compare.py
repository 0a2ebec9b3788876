"""Two audits of the same accounts, earlier and now: what is new, what is still there, what is fixed."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from policygen.audit.result import Entity, EntityFinding, Result
from policygen.audit.run import Outcome
from policygen.errors import PolicygenError
from policygen.files import read_text
from policygen.finding import Severity

Key = tuple[str, str, str, str]
"""Account, rule, type and name of the entity; IAM compares names without case."""


def read_report(path: Path) -> dict[Key, EntityFinding]:
    """The failures of a report that `audit --format json` wrote; raises PolicygenError where the file is none."""
    try:
        data = json.loads(read_text(path))
        found = [_finding(entry) for entry in data["findings"]] if data["version"] == 1 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    if found is None:
        raise PolicygenError(f"{path}: is not a report that `policygen audit --format json` wrote")
    return {_key(finding): finding for finding in found if finding.fails}


def compare(
    old: Mapping[Key, EntityFinding], outcome: Outcome
) -> tuple[tuple[EntityFinding, ...], tuple[EntityFinding, ...]]:
    """The findings, failures marked `new` or `still`, and the old failures that are fixed.

    Fixed is what was looked for again and does not fail: not what is unknown now, nor what a rule that did not run, or
    another account, said.
    """
    now = {_key(finding): finding for finding in outcome.findings}
    marked = tuple(
        replace(finding, change="still" if _key(finding) in old else "new") if finding.fails else finding
        for finding in outcome.findings
    )
    blind = {(f.account, f.rule) for f in outcome.findings if f.result is Result.UNKNOWN and f.entity.type == "account"}
    fixed = (
        finding
        for key, finding in old.items()
        if finding.account in outcome.accounts and finding.rule in outcome.results and key[:2] not in blind
        if key not in now or now[key].result is Result.PASS
    )
    return marked, tuple(fixed)


def _key(finding: EntityFinding) -> Key:
    return finding.account, finding.rule, finding.entity.type, finding.entity.name.lower()


def _finding(entry: Mapping[str, Any]) -> EntityFinding:
    about = entry["entity"]
    return EntityFinding(
        str(entry["rule"]),
        Severity(entry["severity"]),
        str(entry["message"]),
        policy=str(entry["policy"]),
        result=Result(entry["result"]),
        entity=Entity(str(about["type"]), str(about["name"]), str(about["arn"])),
        account=str(entry["account"]),
    )
