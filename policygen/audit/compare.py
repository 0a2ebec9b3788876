"""Compare two audits of the same accounts: which failures are new, still there, fixed, gone or unsettled."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from policygen.audit.run import Outcome, each
from policygen.errors import PolicygenError
from policygen.files import read_text
from policygen.finding import Entity, Finding, Result, Severity

Key = tuple[str, str, str, str]
"""Account, rule, type of entity, and its name in lower case, since IAM ignores case."""


@dataclass(frozen=True)
class Earlier:
    """An earlier report: its failures, and the options with which each rule ran."""

    failures: Mapping[Key, Finding]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """What happened to the failures.

    `findings` are the current ones, with failures marked `new` or `still`. `fixed` pass now, with the same options.
    `gone` are those whose entity does not exist any more. `open` are the rest: they got worse, or nothing is known
    about them; their `reason` says which.
    """

    findings: tuple[Finding, ...]
    fixed: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()
    open: tuple[Finding, ...] = ()


def read_report(path: Path) -> Earlier:
    """A report that `audit --format json` wrote; raises PolicygenError for any other file."""
    try:
        data = json.loads(read_text(path))
        found = [_finding(entry) for entry in data["findings"]] if data["version"] == 1 else None
        options = dict(data.get("audit", {}).get("options", {}))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        found = None
    if found is None:
        raise PolicygenError(f"{path}: is not a report that `policygen audit --format json` wrote")
    return Earlier({key: finding for one in found if one.fails for key, finding in keys(one)}, options)


def compare(old: Earlier, outcome: Outcome) -> Comparison:
    """What happened to each failure of an earlier report; the outcome must contain the passes too."""
    # a rule can report the same entity several times; the worst result counts
    worst = sorted(outcome.findings, key=lambda finding: list(Result).index(finding.result), reverse=True)
    now = {key: finding for one in worst for key, finding in keys(one)}
    marked = tuple(
        replace(finding, change=_since(finding, old)) if finding.fails else finding for finding in outcome.findings
    )
    ended: dict[str, list[Finding]] = {"fixed": [], "gone": [], "open": []}
    for key, finding in old.failures.items():
        change, reason = _change(key, finding, old, outcome, now.get(key))
        if change:
            ended[change].append(replace(finding, change=change, reason=reason))
    return Comparison(marked, *map(tuple, ended.values()))


def _change(key: Key, old: Finding, earlier: Earlier, outcome: Outcome, now: Finding | None) -> tuple[str, str]:
    """`fixed`, `gone` or `open`, with the reason; "" for a failure that is still there."""
    if now and now.fails:
        return "", ""
    if old.account not in outcome.accounts:
        return "open", "the account was not audited"
    if old.rule not in outcome.results:
        return "open", "the rule was not run"
    if now and now.result is Result.UNKNOWN:
        return "open", f"unknown now: {now.message}"
    if now and now.result is Result.ACCEPTED:
        return "open", f"accepted now: {now.reason}"
    if earlier.options.get(old.rule) != outcome.options.get(old.rule):
        return "open", "the rule has other options now"
    if now:
        return ("open", now.message) if now.message else ("fixed", "")
    there = outcome.entities.get(old.account, {}).get(old.entity.type)
    if there and key[3] not in there:
        return "gone", f"the {old.entity.type} does not exist any more"
    same = (other for other in outcome.findings if (other.account, other.rule) == key[:2])
    blind = (other.message for other in same if other.result is Result.UNKNOWN and other.entity.type == "account")
    return "open", f"unknown now: {next(blind, 'it was not judged')}"


def _since(finding: Finding, old: Earlier) -> str:
    """Whether a failure was there before, for everyone whom it is about."""
    return "still" if all(key in old.failures for key, _ in keys(finding)) else "new"


def keys(finding: Finding) -> Iterator[tuple[Key, Finding]]:
    """The finding itself; of one that is told by its cause, a finding for each holder."""
    for one in each(finding):
        yield (one.account, one.rule, one.entity.type, one.entity.name.lower()), one


def _entity(entry: Mapping[str, Any]) -> Entity:
    return Entity(str(entry["type"]), str(entry["name"]), str(entry["arn"]))


def _finding(entry: Mapping[str, Any]) -> Finding:
    about = entry["entity"]
    return Finding(
        str(entry["rule"]),
        Severity(entry["severity"]),
        str(entry["message"]),
        policy=str(entry["policy"]),
        result=Result(entry["result"]),
        entity=_entity(about),
        account=str(entry["account"]),
        holders=tuple(_entity(holder) for holder in entry.get("holders", ())),
    )
