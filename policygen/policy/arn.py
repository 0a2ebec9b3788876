"""Amazon Resource Names and ARN patterns: six segments, matched one by one."""

import re
from functools import lru_cache
from typing import NamedTuple

from policygen.policy.pattern import covers, matches

_VARIABLE = re.compile(r"\$\{[^}]*\}")


class Arn(NamedTuple):
    """`arn:partition:service:region:account:resource`; each part may hold wildcards and policy variables."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return ":".join(("arn", *self))


@lru_cache(maxsize=8192)
def parse(text: str) -> Arn | None:
    """The parts of an ARN, or None if the text does not have six segments.

    Colons inside a policy variable (`${aws:username}`) are not separators.
    """
    parts = segments(text)
    return Arn(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None


@lru_cache(maxsize=65536)
def segments(text: str) -> tuple[str, ...]:
    """The text split at its first five colons, ignoring those inside `${…}`."""
    if "${" not in text:
        return tuple(text.split(":", 5))
    hidden = _VARIABLE.sub(lambda variable: variable[0].replace(":", "\0"), text)
    return tuple(part.replace("\0", ":") for part in hidden.split(":", 5))


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether a Resource entry without variables matches an ARN.

    A wildcard does not cross a colon, except in the last segment; `*` alone matches everything.
    Source: IAM User Guide, "IAM JSON policy elements: Resource".
    """
    if pattern == "*" or pattern == arn:
        return True
    wanted, given = segments(pattern), segments(arn)
    return len(wanted) == len(given) == 6 and all(map(matches, wanted, given))


def arn_covers(general: str, specific: str) -> bool:
    """Whether the first pattern matches every ARN that the second one matches."""
    if general == "*" or general == specific:
        return True
    outer, inner = segments(general), segments(specific)
    return len(outer) == len(inner) == 6 and all(map(covers, outer, inner))


def is_aws_policy(arn: str, name: str) -> bool:
    """Whether an ARN is the AWS managed policy with this name."""
    parts = segments(arn)
    return len(parts) == 6 and parts[4:] == ("aws", f"policy/{name}")
