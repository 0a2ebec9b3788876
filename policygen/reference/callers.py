"""What condition keys tell about who calls: those that a caller chooses, and those that follow from who it is."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from policygen.policy.pattern import matches
from policygen.reference.data import load

WIDEST_BLOCKS: Mapping[int, int] = {4: 1 << 24, 6: 1 << 96}
"""IP version → the addresses of the widest block that still names somebody: /8 and /32 (Amazon S3, "public")."""


class IdentityProvider(NamedTuple):
    """A provider that vouches for more than one tenant, and how its tokens tell them apart."""

    provider: str
    """Its host and path, a pattern."""
    subject: str
    """The form of `sub`, a regular expression whose group `tenant` only the tenant can have."""
    example: str
    """The `sub` of somebody else's token."""
    who: str
    free: tuple[str, ...]
    """The claims that everybody can make come out as wanted."""


@cache
def told_by(key: str) -> str:
    """What a key (lower case) tells about the caller: `account`, `arn`, …; "" for a key that the caller chooses."""
    return _kinds().get(key, "")


@cache
def identity_provider(provider: str) -> IdentityProvider | None:
    """What is known of a provider of OpenID Connect; None for one that is not known to have many tenants."""
    for entry in load("callers")["identity_providers"]:
        if matches(entry["provider"], provider.lower()):
            return IdentityProvider(**{**entry, "free": tuple(entry["free"])})
    return None


@cache
def _kinds() -> Mapping[str, str]:
    return {key.lower(): kind for kind, keys in load("callers")["keys"].items() for key in keys}
