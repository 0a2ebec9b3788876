"""The comparisons of the condition operators, compiled from the values in a policy.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (2026-11).
"""

import operator
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple

from policygen.evaluate.match import Context, any_of, arn_pattern, literal, text_pattern

Comparison = Callable[[str, Context], bool | None]
"""Whether a value of the request matches any value of the policy; None if it is not of the operator's type, so that
neither the operator nor its negation matches."""
Compile = Callable[[Sequence[str], bool], Comparison]
"""Takes the values of a policy, and whether its version has policy variables."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)
_DATE = re.compile(
    r"(\d{4})-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?", re.ASCII | re.IGNORECASE
)
_EPOCH = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_PREFIX = re.compile(r"\d{1,3}", re.ASCII)


@lru_cache(maxsize=4096)
def number(text: str) -> Decimal | None:
    """An exact decimal with sign, point and exponent; None for anything else."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=4096)
def moment(text: str) -> Decimal | None:
    """The seconds since 1970 of an ISO 8601 date in W3C's profile, or of epoch seconds; None for anything else.

    A date without a time means midnight, and a time without an offset is in UTC.
    """
    if _EPOCH.fullmatch(text):
        return Decimal(text)
    match = _DATE.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        date = datetime(
            int(year),
            int(month),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=_zone(offset),
        )
        whole = (date - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None
    return Decimal(whole) + Decimal(fraction or 0)


class Network(NamedTuple):
    """A range of addresses of one family, both ends included."""

    version: int
    low: int
    high: int


@lru_cache(maxsize=4096)
def network(text: str) -> Network | None:
    """The range of a CIDR block or of one address; None for anything else.

    Bits after the prefix are ignored. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is that IPv4 address.
    """
    address, slash, length = text.partition("/")
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if "%" in address or (slash and not _PREFIX.fullmatch(length)):
        return None
    prefix = int(length) if slash else parsed.max_prefixlen
    if prefix > parsed.max_prefixlen:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) and prefix >= 96 else None
    if mapped:
        parsed, prefix = mapped, prefix - 96
    size = 1 << (parsed.max_prefixlen - prefix)
    low = int(parsed) // size * size
    return Network(parsed.version, low, low + size - 1)


def stretches(networks: Iterable[Network]) -> Callable[[int, int], int]:
    """A function of an address (version, number): the size of the contiguous range of blocks around it, or 0."""
    merged = _merged(networks)

    def size(version: int, number: int) -> int:
        index = bisect_right(merged, (version, number, 1 << 128)) - 1
        found = merged[index] if index >= 0 else None
        inside = found is not None and found.version == version and number <= found.high
        return found.high - found.low + 1 if found and inside else 0

    return size


def _equals(values: Sequence[str], variables: bool) -> Comparison:
    return any_of(text_pattern(value, variables=variables, wildcards=False) for value in values)


def _equals_ignore_case(values: Sequence[str], variables: bool) -> Comparison:
    patterns = [text_pattern(value, variables=variables, wildcards=False) for value in values]
    plain = frozenset(value.lower() for value in values if not variables or "${" not in value)
    if len(plain) == len(patterns):
        return lambda value, context: value.lower() in plain

    def compared(value: str, context: Context) -> bool:
        texts = (literal(pattern, context) for pattern in patterns)
        return any(text is not None and text.lower() == value.lower() for text in texts)

    return compared


def _like(values: Sequence[str], variables: bool) -> Comparison:
    return any_of(text_pattern(value, variables=variables) for value in values)


def _arn(values: Sequence[str], variables: bool) -> Comparison:
    patterns = (arn_pattern(value, variables=variables) for value in values)
    return any_of(pattern for pattern in patterns if len(pattern) == 6)


def _bool(values: Sequence[str], _variables: bool) -> Comparison:
    wanted = frozenset(value.lower() == "true" for value in values)
    return lambda value, context: (value.lower() == "true") in wanted


def _binary(values: Sequence[str], _variables: bool) -> Comparison:
    wanted = frozenset(values)
    return lambda value, context: value in wanted


def _ordered(read: Callable[[str], Decimal | None], compare: Callable[[Any, Any], bool]) -> Compile:
    """The comparisons of ordered values; a value of the policy that cannot be read never matches."""

    def compile_values(values: Sequence[str], _variables: bool) -> Comparison:
        limits = [limit for limit in map(read, values) if limit is not None]

        def compared(value: str, _context: Context) -> bool | None:
            given = read(value)
            return None if given is None else any(compare(given, limit) for limit in limits)

        return compared

    return compile_values


def _ip(values: Sequence[str], _variables: bool) -> Comparison:
    ranges = _merged(found for found in map(network, values) if found)

    def compared(value: str, _context: Context) -> bool | None:
        given = network(value)
        if given is None:
            return None
        # the last range that starts at or before the address is the only one that can contain it
        index = bisect_right(ranges, (given.version, given.low, 1 << 128)) - 1
        return index >= 0 and ranges[index].version == given.version and given.high <= ranges[index].high

    return compared


def _merged(networks: Iterable[Network]) -> list[Network]:
    """The same addresses as ranges that neither overlap nor touch, in order."""
    merged: list[Network] = []
    for found in sorted(networks):
        last = merged[-1] if merged else None
        if last and last.version == found.version and found.low <= last.high + 1:
            merged[-1] = last._replace(high=max(last.high, found.high))
        else:
            merged.append(found)
    return merged


def _zone(offset: str | None) -> timezone:
    if not offset or offset in "zZ":
        return UTC
    sign = -1 if offset[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:])))


COMPARISONS: dict[tuple[str, str], Compile] = {
    ("String", "equal"): _equals,
    ("String", "equal in any case"): _equals_ignore_case,
    ("String", "like"): _like,
    ("ARN", "like"): _arn,
    ("Bool", "equal"): _bool,
    ("Binary", "equal"): _binary,
    ("IPAddress", "inside"): _ip,
    **{
        (family, name): _ordered(read, compare)
        for family, read in (("Numeric", number), ("Date", moment))
        for name, compare in (
            ("equal", operator.eq),
            ("less", operator.lt),
            ("at most", operator.le),
            ("greater", operator.gt),
            ("at least", operator.ge),
        )
    },
}
"""(family, comparison) of an operator in `reference.operators` → its comparison; `Null` does not read values."""
