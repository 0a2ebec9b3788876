"""What condition keys reveal about the caller: the keys that a caller can set, and those that AWS derives."""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from policygen.policy.pattern import matches
from policygen.reference.data import load

WIDEST_BLOCKS: Mapping[int, int] = {4: 1 << 24, 6: 1 << 96}
"""IP version → the size of the widest block that is not public: /8 for IPv4, /32 for IPv6 (Amazon S3, "public")."""


class IdentityProvider(NamedTuple):
    """An OpenID Connect provider with many tenants, and how its tokens distinguish them."""

    provider: str
    """A pattern of its host and path."""
    subject: str
    """A regular expression for `sub`; its group `tenant` identifies the tenant."""
    example: str
    """The `sub` of another tenant's token."""
    who: str
    free: tuple[str, ...]
    """The claims to which any tenant can give any value."""
    single: bool = False
    """Whether its tenants are of one organization, as those of a cluster are."""

    def is_tenant(self, subject: str, name: str) -> bool:
        """Whether a `sub` has the provider's form and belongs to a tenant with a name that contains `name`."""
        match = re.fullmatch(self.subject, subject)
        return match is not None and name in match["tenant"]

    def names_tenant(self, pattern: str) -> bool:
        """Whether every `sub` that a pattern matches belongs to one tenant, whose name the pattern spells out."""
        before, _, after = self.example.partition("stranger")
        tenant, end, _ = pattern.removeprefix(before).partition(after[0])
        return pattern.startswith(before) and bool(tenant and end) and not re.search(r"[*?$]", tenant)


@cache
def told_by(key: str) -> str:
    """What a key (lower case) reveals about the caller: `account`, `arn`, …; "" for a key that the caller can set."""
    return _kinds().get(key, "")


@cache
def identity_provider(provider: str) -> IdentityProvider | None:
    """The entry of an OpenID Connect provider; None for one that is not known to have many tenants."""
    for entry in load("callers")["identity_providers"]:
        if matches(entry["provider"], provider.lower()):
            return IdentityProvider(**{**entry, "free": tuple(entry["free"])})
    return None


@cache
def _kinds() -> Mapping[str, str]:
    return {key.lower(): kind for kind, keys in load("callers")["keys"].items() for key in keys}
