"""Resource entries whose meaning AWS leaves open: those with too few segments, and those whose `*` may cross a colon.

Source: IAM User Guide, "IAM JSON policy elements: Resource", "Using wildcards in resource ARNs" (2026-11).
"""

from policygen.evaluate.match import Pattern, resource_pattern, text_pattern
from policygen.policy.arn import segments

REASON = (
    "a `*` that ends a segment of its Resource can match beyond the colon, or an entry lacks segments of an ARN, and "
    "AWS's documentation leaves open whether it does here; write all six segments"
)


def is_short(entry: str) -> bool:
    """Whether an entry lacks segments of an ARN and has no final `*` that could match them (`arn:aws:s3:*`)."""
    return len(segments(entry)) < 6 and is_ambiguous(entry)


def is_ambiguous(entry: str) -> bool:
    """Whether an entry may match more or less than its segments do one by one."""
    *inner, last = segments(entry)
    return any(segment.endswith("*") for segment in inner) or (len(inner) < 5 and not last.endswith("*"))


def wide_pattern(entry: str, *, variables: bool) -> Pattern:
    """The most that an entry can match: an ambiguous one is matched as one text, without segments."""
    pattern = text_pattern if is_ambiguous(entry) else resource_pattern
    return pattern(entry, variables=variables and not is_short(entry))
