"""IP addresses in conditions: CIDR notation, and private ranges where only public ones can match."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from policygen.lint.access_analyzer import error, suggestion
from policygen.lint.access_analyzer.operators import each_condition
from policygen.lint.rule import Objections
from policygen.policy.model import Condition, Element, Policy
from policygen.reference.operators import find_operator

if TYPE_CHECKING:
    from ipaddress import IPv4Interface, IPv6Interface

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


@error("type-mismatch-ip-range")
def type_mismatch_ip_range(policy: Policy) -> Objections:
    """An IP operator is given something else than an address or a range.

    Why it matters: the value never matches.
    Instead: CIDR notation: `203.0.113.0/24`, `2001:db8::/32`.

    Fires on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "office"}}}
    Fires on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/33"}}}
    Quiet on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7"}}}
    """
    for condition in _address_conditions(policy):
        for value, pointer in condition.values:
            if not _range(value) and "${" not in str(value):
                yield pointer, f"`{value}` is no address or range; write it as `203.0.113.0/24`"


@suggestion("improve-ip-range")
def improve_ip_range(policy: Policy) -> Objections:
    """A range has bits behind its mask.

    Why it matters: they do not count; whoever wrote them may have meant a single address.
    Instead: the range as it counts.

    Fires on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7/24"}}}
    Quiet on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    """
    for condition in _address_conditions(policy):
        for value, pointer in condition.values:
            known = _range(value)
            if known and known.ip != known.network.network_address:
                yield (
                    pointer,
                    f"`{value}` counts as `{known.network}`; write that, or `{known.ip}` if one address is meant",
                )


@error("private-ip-address")
def private_ip_address(policy: Policy) -> Objections:
    """`aws:SourceIp` is compared with private addresses only.

    Why it matters: AWS sees the public address of a caller, so the condition never matches.
    Instead: public ranges, or `aws:VpcSourceIp` for calls through a VPC endpoint.

    Fires on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    Quiet on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    """
    for condition, _ in _private(policy, negated=False, all_of_them=True):
        yield condition.pointer, "the source address of a caller is never private, so this never matches"


@error("private-not-ip-address")
def private_not_ip_address(policy: Policy) -> Objections:
    """`aws:SourceIp` is compared with private addresses only, to exclude them.

    Why it matters: AWS sees the public address of a caller, so the condition always matches.
    Instead: public ranges, or `aws:VpcSourceIp` for calls through a VPC endpoint.

    Fires on: {…, "Effect": "Deny", "Action": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    Quiet on: {…, "Effect": "Deny", "Action": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    """
    for condition, _ in _private(policy, negated=True, all_of_them=True):
        yield condition.pointer, "the source address of a caller is never private, so this always matches"


@suggestion("private-ip-address-subset")
def private_ip_address_subset(policy: Policy) -> Objections:
    """`aws:SourceIp` is compared with private addresses among public ones.

    Why it matters: the private ones never match.
    Instead: remove them, or compare them with `aws:VpcSourceIp` in a statement of its own.

    Fires on: {…, "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}}}
    Quiet on: {…, "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}}
    """
    for _, entry in _private(policy, negated=False, all_of_them=False):
        yield entry.pointer, f"the source address of a caller is never private; `{entry.value}` never matches"


@suggestion("private-not-ip-address-subset")
def private_not_ip_address_subset(policy: Policy) -> Objections:
    """`aws:SourceIp` is compared with private addresses among public ones, to exclude them.

    Why it matters: the private ones exclude nobody.
    Instead: remove them, or compare them with `aws:VpcSourceIp`.

    Fires on: {…, "Effect": "Deny", "Action": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24",
               "10.0.0.0/8"]}}}
    Quiet on: {…, "Effect": "Deny", "Action": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}}
    """
    for _, entry in _private(policy, negated=True, all_of_them=False):
        yield entry.pointer, f"the source address of a caller is never private; `{entry.value}` excludes nobody"


def _private(policy: Policy, *, negated: bool, all_of_them: bool) -> Iterator[tuple[Condition, Element]]:
    """The private ranges under `aws:SourceIp` (one entry a condition if all of its values are)."""
    for condition in _address_conditions(policy):
        operator = find_operator(condition.operator)
        if condition.key.lower() == "aws:sourceip" and operator and operator.negated == negated:
            private = [entry for entry in condition.values if _is_private(entry.value)]
            if private and (len(private) == len(condition.values)) == all_of_them:
                yield from ((condition, entry) for entry in (private[:1] if all_of_them else private))


def _address_conditions(policy: Policy) -> Iterator[Condition]:
    for condition in each_condition(policy):
        if condition.operator.lower() in {"ipaddress", "notipaddress"}:
            yield condition


def _is_private(value: object) -> bool:
    known = _range(value)
    return known is not None and any(_lies_in(known, private) for private in map(_parsed, _PRIVATE) if private)


def _lies_in(known: "IPv4Interface | IPv6Interface", outer: "IPv4Interface | IPv6Interface") -> bool:
    return known.version == outer.version and known.network.subnet_of(outer.network)  # type: ignore[arg-type]


def _range(value: object) -> "IPv4Interface | IPv6Interface | None":
    return _parsed(value) if isinstance(value, str) else None


@cache
def _parsed(text: str) -> "IPv4Interface | IPv6Interface | None":
    from ipaddress import ip_interface

    try:
        return ip_interface(text)
    except ValueError:
        return None
