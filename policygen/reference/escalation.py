"""The known ways from some permissions to more, and the actions on permissions, credentials and resources of others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from policygen.reference.data import load


@dataclass(frozen=True, slots=True)
class Path:
    """One way; action names as AWS writes them."""

    name: str
    family: str
    """`policies`, `credentials`, `roles` or `compute`: what is turned into permissions."""
    every: tuple[str, ...]
    """Each must be allowed on every resource of its type."""
    own_user_too: bool
    """Whether the caller's own user is as good as every user."""
    also: tuple[tuple[str, ...], ...]
    """Of each, one must be allowed on anything at all."""
    services: tuple[str, ...]
    """The service principals that a role must be passed to; none where no role is passed."""
    gain: str
    """What anyone with the actions can do: `makes an access key for any user`."""


@cache
def paths() -> tuple[Path, ...]:
    """Every known path."""
    return tuple(
        Path(
            entry["name"],
            entry["family"],
            tuple(entry["every"]),
            entry.get("own_user_too", False),
            tuple(map(tuple, entry.get("with", ()))),
            tuple(entry.get("service", ())),
            entry["gain"],
        )
        for entry in load("escalation_paths")["paths"]
    )


@cache
def administrator_policies() -> tuple[str, ...]:
    """The names of AWS's policies that let anyone who has them take every permission."""
    return tuple(load("escalation_paths")["administrator_policies"])


@cache
def returns_credentials() -> Collection[str]:
    """The actions that return credentials or secrets of something else than the caller."""
    return dict.fromkeys(load("exposing_actions")["returns_credentials"])  # a set would order them anew in each run


@cache
def exposes_resources() -> Collection[str]:
    """The actions that can open a resource to other accounts or to the public."""
    return dict.fromkeys(load("exposing_actions")["exposes_resources"])


@cache
def sensitive_actions() -> Mapping[str, str]:
    """Action → `roles`, `credentials` or `permissions`, for those whose access level does not show it."""
    data = load("sensitive_actions")
    return {action: kind for kind in ("roles", "credentials", "permissions") for action in data[kind]}
