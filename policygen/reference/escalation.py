"""The known paths of privilege escalation."""

from dataclasses import dataclass
from functools import cache

from policygen.reference.data import load


@dataclass(frozen=True, slots=True)
class Path:
    """One path of privilege escalation; action names as AWS writes them."""

    name: str
    family: str
    """What is used to escalate: `policies`, `credentials`, `roles` or `compute`."""
    every: tuple[str, ...]
    """The actions that must all be allowed, each on every resource of its type."""
    own_user_too: bool
    """Whether it is enough if they are allowed on the caller's own user."""
    also: tuple[tuple[str, ...], ...]
    """Groups of actions; one action of each must be allowed on some resource."""
    services: tuple[str, ...]
    """The service principals that a role must be passed to, or that the role of what is changed trusts."""
    gain: str
    """What anyone with the actions can do: `makes an access key for any user`."""
    pathfinding: tuple[str, ...] = ()
    """The ids of the path in the catalog of pathfinding.cloud."""


@cache
def paths() -> tuple[Path, ...]:
    """All known paths."""
    return tuple(
        Path(
            entry["name"],
            entry["family"],
            tuple(entry["every"]),
            entry.get("own_user_too", False),
            tuple(map(tuple, entry.get("with", ()))),
            tuple(entry.get("service", ())),
            entry["gain"],
            tuple(entry.get("pathfinding", ())),
        )
        for entry in load("escalation_paths")["paths"]
    )


@cache
def administrator_policies() -> tuple[str, ...]:
    """The names of the AWS managed policies that lead to every permission."""
    return tuple(load("escalation_paths")["administrator_policies"])
