"""Accept findings, each with a reason; an acceptance that accepts nothing is itself a finding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from policygen.finding import Finding, Severity


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

    def fits(self, finding: Finding) -> bool:
        """Whether it speaks of a finding, if it speaks of its file."""
        if finding.rule != self.rule:
            return False
        if self.statement.startswith("/"):
            return f"{finding.pointer}/".startswith(f"{self.statement}/")
        return self.statement in ("", finding.sid)


def accept(
    findings: Sequence[Finding],
    acceptances: Sequence[Acceptance],
    today: date = date.min,
    speaks_of: Callable[[Acceptance, str], bool] = lambda acceptance, file: True,
) -> list[Finding]:
    """The findings that nobody accepted, and after them an error for every acceptance that is stale or has expired.

    `speaks_of` says whether an acceptance is about a file.
    """
    accepted: set[int] = set()  # by identity: findings may be many
    notices = []
    for acceptance in acceptances:
        fitting = [f for f in findings if acceptance.fits(f) and speaks_of(acceptance, f.file)]
        if not fitting:
            notices.append(_notice("stale-accept", acceptance, "is not found any more; remove this `[[accept]]`"))
        elif acceptance.until and acceptance.until < today:
            ending = f"was accepted until {acceptance.until} only; mend the policy, or look at it again and say why"
            notices.append(_notice("expired-accept", acceptance, ending))
        else:
            accepted.update(map(id, fitting))
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
