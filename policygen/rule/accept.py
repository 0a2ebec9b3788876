"""Accept findings about policies and accounts, each with a reason; an `[[accept]]` that no longer fits is a finding.

`where` says what is accepted. For a rule about policies it is a path, or a pattern as in .gitignore, and behind `#` the
Sid of a statement or the JSON Pointer of a place: `policies/*.json#PassAnyRole`. For a rule about accounts it is an
entity, with wildcards: `user/legacy-*`.
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
"""Actions that a message lists, so that they can be copied; more are better named by wildcards."""
_HASH = re.compile(r"(?<!\\)#")
"""What separates a path from a place in the policy; a path that contains a `#` escapes it, as in .gitignore."""

NOTICES = {
    "stale-accept": """An accepted finding is not found any more.

Why it matters: an `[[accept]]` that matches no finding today may hide something else tomorrow.

Instead: remove the `[[accept]]`, or correct its `rule` or `where`.""",
    "incomplete-accept": """An accepted finding is about actions that its `[[accept]]` does not name.

Why it matters: a finding about a set of actions, such as `write-on-every-resource`, stays the same finding when an
action is added to the statement. That action was not there when the finding was accepted. The finding is reported
too.

Instead: fix the policy, or look at the actions and add them to `actions` of the `[[accept]]`.""",
    "expired-accept": """The day until which a finding was accepted has passed.

Why it matters: it was to be looked at again by now. The finding itself is reported too.

Instead: fix what was found and remove the `[[accept]]`, or give a new `until` and say why in its reason.""",
}
"""What is reported of acceptances themselves: id → documentation."""


@dataclass(frozen=True)
class Acceptance:
    """One `[[accept]]` of the configuration or of a recipe."""

    rule: str
    reason: str
    where: str = ""
    account: str = ""
    """The id of the account; "" for every account."""
    owner: str = ""
    """Who answers for it; always given if it is about an account."""
    until: date | None = None
    """The last day on which it applies."""
    actions: tuple[str, ...] = ()
    """Names or patterns, which must cover the actions of a finding that is about a set of actions."""
    folder: Path = Path()
    """The folder that paths are relative to."""
    of_account: bool = False
    """Whether its rule is about accounts."""
    declared: str = ""
    """The file that contains it, for findings about it."""
    line: int = 0

    @classmethod
    def of(cls, entry: Mapping[str, Any], **place: Any) -> "Acceptance":
        """The acceptance of an entry that matches the schema of its file; `place` says where it was declared."""
        return cls(**{**entry, "actions": tuple(entry.get("actions", ()))}, **place)

    @cached_property
    def path(self) -> str:
        """The path, or pattern of paths, of the policies; "" for all."""
        return _HASH.split(self.where, maxsplit=1)[0]

    @cached_property
    def _pattern(self) -> PathPatterns:
        return path_patterns(self.folder, [self.path])

    def covers(self, file: str) -> bool:
        """Whether it is about policies in a file."""
        return not self.path or self._pattern.cover(file)

    def fits(self, finding: Finding) -> bool:
        """Whether it is about a finding; whether that is accepted depends on the finding's actions, too."""
        if finding.rule != self.rule or not finding.fails:
            return False
        if finding.of_account:
            return self.account in ("", finding.account) and matches(self.where.lower(), str(finding.entity).lower())
        statement = self.where[len(self.path) + 1 :]
        if statement.startswith("/"):
            return self.covers(finding.file) and f"{finding.pointer}/".startswith(f"{statement}/")
        return self.covers(finding.file) and statement in ("", finding.sid)

    def may_fit(self, finding: Finding) -> bool:
        """Whether its rule could not tell, in an account that it is about: then it may still match something."""
        unknown = finding.rule == self.rule and finding.result is Result.UNKNOWN
        return unknown and self.account in ("", finding.account)

    def accepts(self, finding: Finding) -> bool:
        """Whether it is about a finding, and names each of the actions that the finding is about."""
        return self.fits(finding) and not self.missing([finding]) and bool(self.actions) <= bool(finding.actions)

    def expired(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and self.until < today

    def missing(self, findings: Sequence[Finding]) -> list[str]:
        """The actions that findings are about and that it does not name."""
        spoken = sorted({action for finding in findings for action in finding.actions})
        mine = [action.lower() for action in self.actions]
        return [action for action in spoken if not any(covers(one, action.lower()) for one in mine)]

    def advice(self, findings: Sequence[Finding]) -> str:
        """Why it does not accept findings that it is about, and what to do."""
        names = self.missing(findings)
        if not names:
            return "is not about a set of actions; remove `actions` from this `[[accept]]`"
        if len(names) > _LISTED:
            wide = some(f"{name.partition(':')[0]}:*" for name in names)
            add = f"add them to its `actions`, by wildcards such as {wide} if all of these are meant"
        else:
            add = f"write `actions = {json.dumps([*self.actions, *names], ensure_ascii=False)}`"
        return f"is about {some(names)}, which this `[[accept]]` does not name; fix the policy, or {add}"


def accept(findings: Sequence[Finding], acceptances: Sequence[Acceptance], today: date = date.min) -> list[Finding]:
    """The findings, those that are accepted with the result `accepted`; then the notices about acceptances.

    There is one for each acceptance that matches no finding, whose last day has passed, or that does not name every
    action of a finding which no other acceptance accepts.
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
        rule, problem = "stale-accept", "is not found any more; remove this `[[accept]]`"
    elif one.expired(today):
        rule = "expired-accept"
        problem = f"was accepted until {one.until} only; fix it, or look at it again and say why it stays"
    elif left:
        rule, problem = "incomplete-accept", one.advice(left)
    else:
        return None
    what = f"`{one.rule}`{f' on `{one.where}`' if one.where else ''}"
    message = f"{what}{f', for which {one.owner} answers,' if one.owner else ''} {problem}"
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
    """The acceptances in `[[accept]]` entries that are about `rules`, each with its JSON Pointer.

    `others` gives the ids of the rules about the other subject, whose acceptances are left to their own reader; None
    leaves all of them. Raises PolicygenError, with `file:line`, for a rule that does not exist and for a wrong date.
    """
    for number, entry in enumerate(entries):
        at, rule, until = f"/accept/{number}", entry["rule"], entry.get("until")
        if until is not None and (not isinstance(until, date) or isinstance(until, datetime)):
            raise source.error(f"{at}/until", f"until must be a date without quotes, `2027-01-31`, not `{until}`")
        if rule in rules:
            yield at, Acceptance.of(entry, folder=folder, declared=source.file, line=source.line(at))
        elif others is not None and rule not in others():
            raise source.error(f"{at}/rule", f"no rule is called `{rule}`{did_you_mean(rule, rules)}")
