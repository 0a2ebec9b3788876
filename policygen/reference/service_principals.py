"""Service principals: `ec2.amazonaws.com`."""

import re
from functools import cache

from policygen.errors import did_you_mean
from policygen.reference.data import load
from policygen.reference.guesses import prefixes_of
from policygen.reference.partitions import regions
from policygen.reference.services import is_retired, services

# older principals of services that AWS acquired or runs separately
_OTHER_SUFFIXES = frozenset(("aws.internal", "aws.com", "amazon.com"))
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_EVERYWHERE = "amazonaws.com"
"""The DNS suffix of partition `aws`, which most service principals have in every partition."""


@cache
def split_service_principal(text: str) -> tuple[str, ...] | None:
    """The labels before the DNS suffix, such as `("logs", "eu-west-1")`; None if it is not a service principal."""
    for suffix in _suffixes():
        labels = tuple(text.removesuffix(f".{suffix}").split("."))
        if text.endswith(f".{suffix}") and all(map(_LABEL.fullmatch, labels)):
            return labels
    return None


@cache
def is_known(text: str) -> bool:
    """Whether a service principal is listed, with or without a region, or named after a service prefix."""
    labels = split_service_principal(text)
    if labels is None:
        return False
    if any(text.endswith(f".{suffix}") for suffix in _OTHER_SUFFIXES):
        return True  # there is no list of these
    name = ".".join(label for label in labels if label not in regions())
    return name in _names() or name in services() or is_retired(name)


def guess(text: str) -> str:
    """The end of a message about an unknown service principal: "; did you mean `lambda.…`?", or ""."""
    suffix = next((suffix for suffix in sorted(_suffixes()) if text.endswith(f".{suffix}")), _EVERYWHERE)
    name = ".".join(label for label in text.partition(".amazon")[0].split(".") if label not in regions())
    if meant := next((prefix for prefix in prefixes_of(name) if prefix in _names()), ""):
        return f"; did you mean `{meant}.{suffix}`?"
    # names of one or two letters are similar to any short name
    hint = did_you_mean(name, [known for known in _names() if len(known) >= min(3, len(name))])
    return hint.replace("`?", f".{suffix}`?")


@cache
def partitions_of(text: str) -> frozenset[str]:
    """The partitions in which a service principal can be used; all partitions for `….amazonaws.com`."""
    entries = load("partitions")["partitions"].items()
    own = frozenset(name for name, entry in entries if text.endswith(f".{entry['dns_suffix']}"))
    return own if own and "aws" not in own else frozenset(name for name, _ in entries)


def data_date() -> str:
    """The day of the list of service principals."""
    return str(load("service_principals")["date"])


@cache
def _names() -> frozenset[str]:
    return frozenset(load("service_principals")["names"])


@cache
def _suffixes() -> frozenset[str]:
    return _OTHER_SUFFIXES | {entry["dns_suffix"] for entry in load("partitions")["partitions"].values()}
