"""Find the escalation paths that are open to whoever holds some policies."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from policygen.finding import Finding, Severity
from policygen.lint.escalation.grants import Grant, grants
from policygen.lint.fingerprint import context
from policygen.lint.rule import OfActions
from policygen.policy.model import Kind, Policy
from policygen.policy.pattern import matches
from policygen.reference.escalation import Path, paths

RULES = {
    "policies": ("escalation-by-policy", Severity.ERROR),
    "credentials": ("escalation-by-credentials", Severity.ERROR),
    "roles": ("escalation-by-pass-role", Severity.ERROR),
    "compute": ("escalation-by-running-code", Severity.SECURITY_WARNING),
}
"""Family of paths → the rule that reports it."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """A path that is open, and what opens it: one grant for each action, in the order of the path."""

    path: Path
    grants: tuple[Grant, ...]


@lru_cache(maxsize=8)
def escalations(policies: tuple[Policy, ...]) -> tuple[Escalation, ...]:
    """The paths open to an identity that holds all these policies together, and no others.

    Only identity policies count. Denies of any of them close paths, and so do conditions; of `iam:PassRole` with
    `iam:PassedToService` only the paths over other services.
    """
    granted = grants(tuple(policy for policy in policies if policy.kind is Kind.IDENTITY))
    open_ = ((path, _open(path, granted)) for path in (paths() if granted else ()) if path.every[0] in granted)
    return tuple(Escalation(path, used) for path, used in open_ if used)


def across(policies: Sequence[Policy]) -> list[Finding]:
    """The paths that the policies of one identity open together and that none of them opens alone.

    Each finding stands at the first of the entries that form the path.
    """
    alone = {found.path for policy in policies for found in escalations((policy,))}
    together = [found for found in escalations(tuple(policies)) if found.path not in alone]
    return [_finding(family, found) for family in RULES for found in grouped(together, family)]


def grouped(found: Sequence[Escalation], family: str) -> list[list[Escalation]]:
    """The paths of one family, those that the same entries open together: one finding each."""
    groups: dict[tuple[tuple[int, str], ...], list[Escalation]] = {}
    for escalation in found:
        if escalation.path.family == family:
            entries = tuple(dict.fromkeys((id(grant.policy), grant.entry.pointer) for grant in escalation.grants))
            groups.setdefault(entries, []).append(escalation)
    return list(groups.values())


def sentence(group: Sequence[Escalation]) -> OfActions:
    """What a group of paths that the same entries open comes to."""
    first = group[0]
    by_place: dict[str, list[str]] = {}
    for grant in first.grants:
        by_place.setdefault(grant.place, []).append(f"`{grant.action}`")
    actions = " with ".join(f"{' and '.join(dict.fromkeys(names))} ({place})" for place, names in by_place.items())
    more = len(group) - 1
    others = f"; {more} more path{'s' if more > 1 else ''} open" if more else ""
    message = f"whoever holds {actions} {first.path.gain} (path `{first.path.name}`{others})"
    return OfActions(message, [grant.action for escalation in group for grant in escalation.grants])


def _open(path: Path, granted: dict[str, list[Grant]]) -> tuple[Grant, ...]:
    """The grants that open a path; empty where it is closed."""
    used: list[Grant] = []
    for action in path.every:
        fitting = [grant for grant in granted.get(action, ()) if _fits(grant, path)]
        used += fitting[:1]
        if not fitting:
            return ()
    for alternatives in path.also:
        fitting = [grant for action in alternatives for grant in granted.get(action, ())]
        used += fitting[:1]
        if not fitting:
            return ()
    return tuple(used)


def _fits(grant: Grant, path: Path) -> bool:
    if not (grant.every or (path.own_user_too and grant.own_user)):
        return False
    wanted = grant.services
    return wanted is None or any(matches(pattern, service) for pattern in wanted for service in path.services)


def _finding(family: str, group: list[Escalation]) -> Finding:
    rule, severity = RULES[family]
    first = group[0].grants[0]
    span = first.policy.span(first.entry.pointer) or (0, 0, 0, 0)
    at, sid = first.entry.pointer, first.statement.sid
    said = context(*(grant.statement.body for path in group for grant in path.grants))
    message, file, name = sentence(group), first.policy.file, first.policy.name
    return Finding(rule, severity, str(message), at, file, *span, name, sid, said, message.actions)
