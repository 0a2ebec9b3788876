"""Accept findings, each with a reason; an acceptance that accepts nothing, or not all, is itself a finding."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from policygen.errors import some
from policygen.finding import Finding, Severity
from policygen.policy.pattern import covers

_LISTED = 20
"""Actions that a message lists, so that they can be copied; more are better named by wildcards."""


NOTICES = {
    "stale-accept": """An accepted finding is not found any more.

Why it matters: an acceptance that accepts nothing today may hide something else tomorrow.

Instead: remove the `[[accept]]`, or correct its rule, file or statement.""",
    "incomplete-accept": """An accepted finding is about actions that the acceptance does not name.

Why it matters: a finding about a set of actions, such as `write-on-every-resource`, stays the same finding when an
action is added to the statement. Whoever accepted it has not looked at that one. The finding is reported too.

Instead: fix the policy, or look at the actions and add them to `actions` of the `[[accept]]`.""",
    "expired-accept": """The day until which a finding was accepted has passed.

Why it matters: whoever accepted it wanted it to be looked at again by now. The finding itself is reported too.

Instead: fix the policy and remove the `[[accept]]`, or give a new `until` and say why in its reason.""",
}
"""What is reported of acceptances themselves: id → documentation."""


@dataclass(frozen=True)
class Acceptance:
    """One `[[accept]]` of a recipe or of the configuration."""

    rule: str
    reason: str
    statement: str = ""
    """A Sid, or the JSON Pointer of a place in the policy; "" for the whole of it."""
    file: str = ""
    """A pattern as in .gitignore; "" for any file."""
    until: date | None = None
    """The last day on which it holds."""
    declared: str = ""
    """The file that it stands in, for findings about it."""
    line: int = 0
    actions: tuple[str, ...] = ()
    """Names or patterns, which must cover what a finding about a set of actions speaks of."""

    @classmethod
    def of(cls, entry: Mapping[str, Any], declared: str = "", line: int = 0) -> "Acceptance":
        """The acceptance that an entry of a file says, as its schema has it."""
        return cls(**{**entry, "actions": tuple(entry.get("actions", ()))}, declared=declared, line=line)

    def fits(self, finding: Finding) -> bool:
        """Whether it speaks of a finding, if it speaks of its file."""
        if finding.rule != self.rule:
            return False
        if self.statement.startswith("/"):
            return f"{finding.pointer}/".startswith(f"{self.statement}/")
        return self.statement in ("", finding.sid)

    def accepts(self, finding: Finding) -> bool:
        """Whether it speaks of a finding, and of each action that the finding speaks of as a set."""
        return self.fits(finding) and not self.missing([finding]) and bool(self.actions) <= bool(finding.actions)

    def missing(self, findings: Sequence[Finding]) -> list[str]:
        """The actions that findings speak of and that it does not name."""
        spoken = sorted({action for finding in findings for action in finding.actions})
        mine = [action.lower() for action in self.actions]
        return [action for action in spoken if not any(covers(one, action.lower()) for one in mine)]

    def advice(self, findings: Sequence[Finding]) -> str:
        """What is wrong with an acceptance that speaks of findings and does not accept them, and what to do."""
        names = self.missing(findings)
        if not names:
            return "is not about a set of actions; remove `actions` from this `[[accept]]`"
        if len(names) > _LISTED:
            wide = some(f"{name.partition(':')[0]}:*" for name in names)
            add = f"add them to its `actions`, by wildcards such as {wide} if all of these are meant"
        else:
            add = f"write `actions = {json.dumps([*self.actions, *names], ensure_ascii=False)}`"
        return f"is about {some(names)}, which this `[[accept]]` does not name; fix the policy, or {add}"


def accept(
    findings: Sequence[Finding],
    acceptances: Sequence[Acceptance],
    today: date = date.min,
    speaks_of: Callable[[Acceptance, str], bool] = lambda acceptance, file: True,
) -> list[Finding]:
    """The findings that nobody accepted, and after them an error for every acceptance that does not hold.

    It is stale, has expired, or does not name every action of a finding that no other acceptance accepts.

    `speaks_of` says whether an acceptance is about a file.
    """
    accepted: set[int] = set()  # by identity: findings may be many
    notices = []
    of_each = [[f for f in findings if one.fits(f) and speaks_of(one, f.file)] for one in acceptances]
    for acceptance, fitting in zip(acceptances, of_each, strict=True):
        if not fitting:
            notices.append(_notice("stale-accept", acceptance, "is not found any more; remove this `[[accept]]`"))
        elif acceptance.until and acceptance.until < today:
            ending = f"was accepted until {acceptance.until} only; fix the policy, or look at it again and say why"
            notices.append(_notice("expired-accept", acceptance, ending))
        else:
            accepted.update(id(finding) for finding in fitting if acceptance.accepts(finding))
    for acceptance, fitting in zip(acceptances, of_each, strict=True):
        left = [finding for finding in fitting if id(finding) not in accepted]
        if left and not (acceptance.until and acceptance.until < today):
            notices.append(_notice("incomplete-accept", acceptance, acceptance.advice(left)))
    return [finding for finding in findings if id(finding) not in accepted] + notices


def _notice(rule: str, acceptance: Acceptance, what: str) -> Finding:
    places = (
        f"statement `{acceptance.statement}`" * bool(acceptance.statement),
        acceptance.file and f"`{acceptance.file}`",
    )
    where = " of ".join(filter(None, places))
    message = f"`{acceptance.rule}`{f' in {where}' if where else ''} {what}"
    start = (acceptance.line, 1, acceptance.line, 11) if acceptance.line else ()
    return Finding(rule, Severity.ERROR, message, "", acceptance.declared, *start)
