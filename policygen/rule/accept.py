"""Accept findings about policies and accounts, each with a reason; an outdated `[[accept]]` is a finding itself.

`where` says where findings are accepted. For a rule about policies it is a path, or a pattern as in .gitignore,
optionally with `#` and the Sid of a statement or a JSON Pointer: `policies/*.json#PassAnyRole`. For a rule about
accounts it is an entity, with wildcards: `user/legacy-*`.
"""

import json
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policygen.errors import did_you_mean, some
from policygen.finding import Entity, Finding, Result, Severity
from policygen.loader.gitignore import PathPatterns, path_patterns
from policygen.policy.pattern import covers, matches
from policygen.rule.rule import Rule

if TYPE_CHECKING:
    from policygen.toml import TomlSource

_LISTED = 20
"""The most actions that a message lists for copying; for more, wildcards are better."""
_HASH = re.compile(r"(?<!\\)#")
"""Separates the path from the place in the policy; a `#` in a path is escaped, as in .gitignore."""

NOTICES = {
    "stale-accept": """An `[[accept]]` no longer matches any finding.

Why it matters: an `[[accept]]` that matches no finding today may hide a different one tomorrow.

Instead: remove the `[[accept]]`, or correct its `rule` or `where`.""",
    "incomplete-accept": """An accepted finding is about actions that its `[[accept]]` does not name.

Why it matters: a finding about a set of actions, such as `delete-on-every-resource`, is still the same finding after an
action is added to the statement, but nobody has accepted that action. The finding is reported, too.

Instead: fix the policy, or review the actions and add them to the `actions` of the `[[accept]]`.""",
    "expired-accept": """The `until` date of an `[[accept]]` has passed.

Why it matters: the finding was due for review by then. It is reported, too.

Instead: fix the finding and remove the `[[accept]]`, or set a new `until` and explain it in the reason.""",
}
"""The findings about acceptances themselves: id → documentation."""


@dataclass(frozen=True)
class Acceptance:
    """One `[[accept]]` of the configuration or of a recipe."""

    rule: str
    reason: str
    where: str = ""
    account: str = ""
    """The id of the account; "" for every account."""
    owner: str = ""
    """Who is responsible for it; required if it is about an account."""
    until: date | None = None
    """The last day on which it applies."""
    actions: tuple[str, ...] = ()
    """Names or patterns that must cover every action of a finding about a set of actions."""
    folder: Path = Path()
    """The folder that paths are relative to."""
    of_account: bool = False
    """Whether its rule is about accounts."""
    declared: str = ""
    """The file that contains it."""
    line: int = 0

    @classmethod
    def of(cls, entry: Mapping[str, Any], **place: Any) -> "Acceptance":
        """The acceptance in an entry that the schema of its file allows; `place` says where it was declared."""
        return cls(**{**entry, "actions": tuple(entry.get("actions", ()))}, **place)

    @cached_property
    def path(self) -> str:
        """The path or pattern of the files; "" for all."""
        return _HASH.split(self.where, maxsplit=1)[0]

    @cached_property
    def _pattern(self) -> PathPatterns:
        return path_patterns(self.folder, [self.path])

    def covers(self, file: str) -> bool:
        """Whether it applies to a file."""
        return not self.path or self._pattern.cover(file)

    def fits(self, finding: Finding) -> bool:
        """Whether it matches a finding, leaving aside the finding's actions."""
        if finding.rule != self.rule or not finding.fails:
            return False
        if finding.of_account:
            return self.account in ("", finding.account) and matches(self.where.lower(), str(finding.entity).lower())
        statement = self.where[len(self.path) + 1 :]
        if statement.startswith("/"):
            return self.covers(finding.file) and f"{finding.pointer}/".startswith(f"{statement}/")
        return self.covers(finding.file) and statement in ("", finding.sid)

    def may_fit(self, finding: Finding) -> bool:
        """Whether its rule could not decide in an account that it applies to, so that it may still match something."""
        unknown = finding.rule == self.rule and finding.result is Result.UNKNOWN
        return unknown and self.account in ("", finding.account)

    def accepts(self, finding: Finding) -> bool:
        """Whether it matches a finding and names every action that the finding is about."""
        return self.fits(finding) and not self.missing([finding]) and bool(self.actions) <= bool(finding.actions)

    def expired(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and self.until < today

    def missing(self, findings: Sequence[Finding]) -> list[str]:
        """The actions that findings are about but it does not name."""
        wanted = sorted({action for finding in findings for action in finding.actions})
        mine = [action.lower() for action in self.actions]
        return [action for action in wanted if not any(covers(one, action.lower()) for one in mine)]

    def advice(self, findings: Sequence[Finding]) -> str:
        """Why it does not accept findings that it matches, and what to do."""
        names = self.missing(findings)
        if not names:
            return "is not about a set of actions; remove `actions` from this `[[accept]]`"
        if len(names) > _LISTED:
            wide = some(f"{name.partition(':')[0]}:*" for name in names)
            add = f"add them to its `actions`, with wildcards such as {wide} to accept all of these"
        else:
            add = f"write `actions = {json.dumps([*self.actions, *names], ensure_ascii=False)}`"
        return f"is about {some(names)}, which this `[[accept]]` does not name; fix the policy, or {add}"


def accept(findings: Sequence[Finding], acceptances: Sequence[Acceptance], today: date = date.min) -> list[Finding]:
    """The findings, with the result `accepted` where one applies, followed by notices about acceptances.

    There is a notice for each acceptance that matches no finding, whose last day has passed, or that does not name
    every action of a finding that no other acceptance accepts.
    """
    fitting = [[finding for finding in findings if one.fits(finding)] for one in acceptances]
    accepted: dict[int, Acceptance] = {}  # by identity, since there may be many findings
    for one, found in zip(acceptances, fitting, strict=True):
        if not one.expired(today):
            for finding in found:
                if one.accepts(finding):
                    accepted.setdefault(id(finding), one)
    notices = [
        _notice(one, today, found, accepted)
        for one, found in zip(acceptances, fitting, strict=True)
        if found or not any(map(one.may_fit, findings))
    ]
    marked = (_marked(finding, accepted[id(finding)]) if id(finding) in accepted else finding for finding in findings)
    return [*marked, *filter(None, notices)]


def _marked(finding: Finding, acceptance: Acceptance) -> Finding:
    until = f"until {acceptance.until}" if acceptance.until else ""
    detail = " ".join(filter(None, (acceptance.owner, until)))
    reason = f"{acceptance.reason} ({detail})" if detail else acceptance.reason
    return replace(finding, result=Result.ACCEPTED, reason=reason)


def _notice(one: Acceptance, today: date, fitting: Sequence[Finding], accepted: Container[int]) -> Finding | None:
    left = [finding for finding in fitting if id(finding) not in accepted]
    if not fitting:
        rule, problem = "stale-accept", "no longer matches any finding; remove this `[[accept]]`"
    elif one.expired(today):
        rule = "expired-accept"
        problem = f"was only accepted until {one.until}; fix it, or review it and set a new `until`"
    elif left:
        rule, problem = "incomplete-accept", one.advice(left)
    else:
        return None
    what = f"`{one.rule}`{f' on `{one.where}`' if one.where else ''}"
    message = f"{what}{f', owned by {one.owner},' if one.owner else ''} {problem}"
    start = (one.line, 1, one.line, 11) if one.line else ()
    notice = Finding(rule, Severity.ERROR, message, "", one.declared, *start)
    about = Entity("accept", f"{one.rule} on {one.where}")
    return replace(notice, policy=str(about), entity=about, account=one.account) if one.of_account else notice


def read_acceptances(
    entries: Sequence[Mapping[str, Any]],
    source: "TomlSource",
    folder: Path,
    rules: Mapping[str, Rule[Any]],
    others: Callable[[], Container[str]] | None,
) -> Iterator[tuple[str, Acceptance]]:
    """The acceptances of findings of `rules` in `[[accept]]` entries, each with its JSON Pointer.

    `others` returns the ids of the rules about the other subject, whose entries are skipped; if it is None, every other
    rule is skipped. Raises PolicygenError, with `file:line`, for a rule that does not exist or an invalid date.
    """
    for number, entry in enumerate(entries):
        at, rule, until = f"/accept/{number}", entry["rule"], entry.get("until")
        if until is not None and (not isinstance(until, date) or isinstance(until, datetime)):
            raise source.error(f"{at}/until", f"until must be a date without quotes, `2027-01-31`, not `{until}`")
        if rule in rules:
            yield at, Acceptance.of(entry, folder=folder, declared=source.file, line=source.line(at))
        elif others is not None and rule not in others():
            raise source.error(f"{at}/rule", f"no rule is called `{rule}`{did_you_mean(rule, rules)}")
