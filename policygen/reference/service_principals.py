"""Service principals: `ec2.amazonaws.com`."""

import re
from functools import cache

from policygen.reference.data import load

# older principals of services that AWS bought or runs apart
_OTHER_SUFFIXES = frozenset(("aws.internal", "aws.com", "amazon.com"))
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


@cache
def split_service_principal(text: str) -> tuple[str, ...] | None:
    """What stands before the DNS suffix: `("ec2",)`, `("logs", "eu-west-1")`; None for what is no service principal."""
    for suffix in _suffixes():
        labels = tuple(text.removesuffix(f".{suffix}").split("."))
        if text.endswith(f".{suffix}") and all(map(_LABEL.fullmatch, labels)):
            return labels
    return None


@cache
def _suffixes() -> frozenset[str]:
    return _OTHER_SUFFIXES | {entry["dns_suffix"] for entry in load("partitions")["partitions"].values()}
