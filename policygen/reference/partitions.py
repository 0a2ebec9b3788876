"""AWS's partitions and the regions in each."""

from collections.abc import Mapping
from functools import cache

from policygen.reference.data import load


@cache
def partitions() -> Mapping[str, tuple[str, ...]]:
    """Partition → its regions."""
    return {name: tuple(entry["regions"]) for name, entry in load("partitions")["partitions"].items()}


@cache
def regions() -> frozenset[str]:
    """Every region of every partition."""
    return frozenset(region for regions in partitions().values() for region in regions)
