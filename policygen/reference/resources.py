"""Which resource types of a service a Resource entry matches.

AWS's ARN formats are patterns too: a `${Placeholder}` matches any text. An entry can match a type if both patterns
intersect; it matches all resources of the type if it covers the format. Nothing is sampled.
"""

from collections.abc import Iterable
from functools import cache, lru_cache

from policygen.policy.arn import segments
from policygen.policy.pattern import covers, head, intersects
from policygen.reference.services import placeholders_as_wildcards, resource_types

WITHOUT_SLASH = {("s3", "bucket")}
"""(service, resource type) whose placeholders do not match a slash, so that the ARN of an object is not a bucket's."""


def is_everything(entry: str) -> bool:
    """Whether a Resource entry is `*`, the only entry that matches actions without resource types."""
    return entry.strip("*") == ""


def is_arn(entry: str) -> bool:
    """Whether the entry has the six segments of an ARN, which its resource types follow from."""
    return len(segments(entry)) == 6


@lru_cache(maxsize=65536)
def touched(service: str, entry: str) -> frozenset[str]:
    """The resource types (lower case) with at least one resource that the entry can match.

    A `*` at the end of a segment may match beyond the colon (IAM User Guide, "IAM JSON policy elements: Resource"), so
    `arn:aws:secretsmanager:*:*:app!*` matches secrets.
    """
    if is_everything(entry):
        return frozenset(_formats(service))
    ours = segments(placeholders_as_wildcards(entry))
    if len(ours) != 6:
        return frozenset()
    slash, start = "/" in ours[5], head(ours[5])
    return frozenset(
        kind
        for kind, theirs, begin in _formats_by_head(service)
        if (begin.startswith(start) or start.startswith(begin))  # rules out most formats cheaply
        if intersects(ours[2], theirs[2]) and not (slash and (service, kind) in WITHOUT_SLASH)
        if _intersect(ours, theirs)
    )


@lru_cache(maxsize=65536)
def covered(service: str, entry: str) -> frozenset[str]:
    """The resource types (lower case) whose resources the entry all matches, in every region and account."""
    if is_everything(entry):
        return touched(service, entry)
    ours = segments(entry)[2:]
    return frozenset(
        kind
        for kind in touched(service, entry)
        if all(all(map(covers, ours, _held(format_)[2:])) for format_ in _formats(service)[kind])
    )


@lru_cache(maxsize=65536)
def covered_somewhere(service: str, entry: str) -> frozenset[str]:
    """The resource types (lower case) whose resources in some region and account the entry all matches.

    `arn:aws:iam::123456789012:role/*` covers roles: an account's policies cannot grant access to roles of others.
    """
    if is_everything(entry):
        return covered(service, entry)
    resource = segments(entry)[-1]
    return covered(service, entry) | {
        kind
        for kind in touched(service, entry)
        if all("*" in format_[5] and covers(resource, _held(format_)[5]) for format_ in _formats(service)[kind])
    }


def as_written(types: Iterable[tuple[str, str]], most: int = 2) -> str:
    """The ARN formats of (service, resource type) pairs as a message lists them: `a` or `b` or 3 more."""
    arns = [arn.replace("${*}", "*") for service, kind in types for arn in resource_types(service).get(kind, ())]
    listed = [f"`{arn}`" for arn in sorted(set(arns), key=lambda arn: (len(arn), arn))]
    return " or ".join([*listed[:most], *([f"{len(listed) - most} more"] if len(listed) > most else [])])


def _intersect(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    if intersects(ours[5], theirs[5]):
        return all(map(intersects, ours, theirs))
    return ":" in theirs[5] and any(
        ours[end].endswith("*")
        and intersects(":".join(("*", *ours[end + 1 :])), theirs[5])
        and all(map(intersects, ours[: end + 1], theirs))
        for end in (3, 4)
    )


def _held(format_: tuple[str, ...]) -> tuple[str, ...]:
    """The format with placeholders that match at least one character, as in the ARNs of actual resources."""
    return tuple(segment.replace("*", "?*") for segment in format_)


@cache
def _formats(service: str) -> dict[str, list[tuple[str, ...]]]:
    """Resource type → the segments of each of its ARN formats, each placeholder a `*`."""
    return {
        kind: [segments(placeholders_as_wildcards(arn)) for arn in arns]
        for kind, arns in resource_types(service).items()
    }


@cache
def _formats_by_head(service: str) -> list[tuple[str, tuple[str, ...], str]]:
    """Resource type, a format of it, and how the format's resource starts; "" if the start rules nothing out."""
    return [
        (kind, ours, "" if ":" in ours[5] else head(ours[5]))
        for kind, formats in _formats(service).items()
        for ours in formats
    ]
