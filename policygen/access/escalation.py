"""The escalation paths that are open to an identity with some policies."""

from collections.abc import Sequence
from dataclasses import dataclass

from policygen.access.grants import Grant, grants
from policygen.policy.model import Kind, Policy, once_per_policy
from policygen.policy.pattern import matches
from policygen.reference.escalation import Path, paths

FAMILIES = ("policies", "credentials", "roles", "compute")
"""The families of paths, in the order in which they are reported."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """An open path, and the grants that open it: one for each action, in the order of the path."""

    path: Path
    grants: tuple[Grant, ...]


def escalations(policies: tuple[Policy, ...]) -> tuple[Escalation, ...]:
    """The paths open to an identity that has these policies and no others.

    Only identity policies count. A Deny in any of them closes paths, and so do conditions; `iam:PassedToService` on
    `iam:PassRole` only closes the paths through other services.
    """
    granted = grants(tuple(policy for policy in policies if policy.kind is Kind.IDENTITY))
    open_ = ((path, _open(path, granted)) for path in (paths() if granted else ()) if path.every[0] in granted)
    return tuple(Escalation(path, used) for path, used in open_ if used)


@once_per_policy
def escalations_of(policy: Policy) -> tuple[Escalation, ...]:
    """The paths that one policy opens alone."""
    return escalations((policy,))


def grouped(found: Sequence[Escalation], family: str) -> list[list[Escalation]]:
    """The paths of one family, grouped by the entries that open them: each group is one finding."""
    groups: dict[tuple[tuple[int, str], ...], list[Escalation]] = {}
    for escalation in found:
        if escalation.path.family == family:
            entries = tuple(dict.fromkeys((id(grant.policy), grant.entry.pointer) for grant in escalation.grants))
            groups.setdefault(entries, []).append(escalation)
    return list(groups.values())


def in_words(group: Sequence[Escalation]) -> str:
    """A sentence about a group of paths that the same entries open."""
    first = group[0]
    by_place: dict[str, list[str]] = {}
    for grant in first.grants:
        by_place.setdefault(grant.place, []).append(f"`{grant.action}`")
    actions = " with ".join(f"{' and '.join(dict.fromkeys(names))} ({place})" for place, names in by_place.items())
    more = len(group) - 1
    others = f"; {more} more path{'s' if more > 1 else ''} open" if more else ""
    return f"anyone with {actions} {first.path.gain} (path `{first.path.name}`{others})"


def _open(path: Path, granted: dict[str, list[Grant]]) -> tuple[Grant, ...]:
    """The grants that open a path; empty if it is closed."""
    fitting = [[grant for grant in granted.get(action, ()) if _fits(grant, path)] for action in path.every]
    fitting += [[grant for action in names for grant in granted.get(action, ())] for names in path.also]
    return tuple(found[0] for found in fitting) if all(fitting) else ()


def _fits(grant: Grant, path: Path) -> bool:
    if not (grant.every or (path.own_user_too and grant.own_user)):
        return False
    wanted = grant.services
    return wanted is None or any(matches(pattern, service) for pattern in wanted for service in path.services)
