"""AWS's partitions and the regions in each."""

from collections.abc import Mapping
from functools import cache

from policygen.reference.data import load


@cache
def partitions() -> Mapping[str, tuple[str, ...]]:
    """Partition → its regions."""
    return {name: tuple(entry["regions"]) for name, entry in load("partitions")["partitions"].items()}


def data_date() -> str:
    """The day of the list of partitions and their regions."""
    return str(load("partitions")["date"])


@cache
def regions() -> frozenset[str]:
    """Every region of every partition."""
    return frozenset(region for regions in partitions().values() for region in regions)


@cache
def iam_region(partition: str) -> str | None:
    """The `aws:RequestedRegion` of every request to IAM, which has one endpoint in a partition; None if unknown.

    Source: IAM User Guide, "aws:RequestedRegion" ("IAM calls are always made to the us-east-1 Region") and botocore's
    endpoints.
    """
    entry = load("partitions")["partitions"].get(partition, {})
    alone = entry.get("regions", ())
    region: str | None = entry.get("iam_region", alone[0] if len(alone) == 1 else None)
    return region
