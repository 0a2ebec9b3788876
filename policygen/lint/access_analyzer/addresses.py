"""IP addresses in conditions: their CIDR notation, and private ranges where only public ones can match."""

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from policygen.finding import Severity
from policygen.lint.access_analyzer import error, suggestion
from policygen.lint.access_analyzer.family import Row, family
from policygen.lint.access_analyzer.operators import each_condition
from policygen.lint.rule import Objections
from policygen.policy.model import Condition, Policy
from policygen.reference.operators import find_operator

if TYPE_CHECKING:
    from ipaddress import IPv4Interface, IPv6Interface

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


@error("type-mismatch-ip-range")
def type_mismatch_ip_range(policy: Policy) -> Objections:
    """An IP operator compares with a value that is neither an address nor a range.

    Why it matters: the value never matches.
    Instead: use CIDR notation: `203.0.113.0/24`, `2001:db8::/32`.

    Fires on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "office"}}}
    Fires on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/33"}}}
    Quiet on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7"}}}
    """
    for condition in _address_conditions(policy):
        for value, pointer in condition.values:
            if not _range(value) and "${" not in str(value):
                yield pointer, f"`{value}` is not an address or a range; write it as `203.0.113.0/24`"


@suggestion("improve-ip-range")
def improve_ip_range(policy: Policy) -> Objections:
    """A range has bits set after its prefix length.

    Why it matters: IAM ignores those bits; the author may have meant a single address.
    Instead: write the range as IAM reads it.

    Fires on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7/24"}}}
    Quiet on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    """
    for condition in _address_conditions(policy):
        for value, pointer in condition.values:
            known = _range(value)
            if known and known.ip != known.network.network_address:
                message = f"`{value}` is read as `{known.network}`; write that, or `{known.ip}` if one address is meant"
                yield pointer, message


def _private(policy: Policy, case: tuple[bool, bool, str]) -> Objections:
    negated, alone, message = case
    for condition in _address_conditions(policy):
        operator = find_operator(condition.operator)
        if condition.key.lower() == "aws:sourceip" and operator and operator.negated == negated:
            private = [entry for entry in condition.values if _is_private(entry.value)]
            if alone and private and len(private) == len(condition.values):
                yield condition.pointer, f"the source address of a caller is never private, so this {message}"
            if not alone and len(private) < len(condition.values):
                for value, pointer in private:
                    yield pointer, f"the source address of a caller is never private; `{value}` {message}"


def _row(rule: str, operator: str, message: str, *, alone: bool) -> Row[tuple[bool, bool, str]]:
    negated = operator == "NotIpAddress"

    def example(*addresses: str) -> str:
        effect = "Deny" if negated else "Allow"
        condition = json.dumps({"Condition": {operator: {"aws:SourceIp": addresses}}})
        return f'{{…, "Effect": "{effect}", {condition[1:]}'

    among = "only" if alone else "among public ones"
    return Row(
        rule,
        Severity.ERROR if alone else Severity.SUGGESTION,
        f"`aws:SourceIp` is compared with private addresses {among}{', to exclude them' * negated}.",
        f"AWS sees the public address of a caller, so {'the condition' if alone else 'a private one'} {message}.",
        "use public ranges; for calls through a VPC endpoint, compare `aws:VpcSourceIp` in a separate statement.",
        fires=example("10.0.0.0/8", *[] if alone else ["203.0.113.0/24"]),
        quiet=example("203.0.113.0/24"),
        data=(negated, alone, message),
    )


family(
    _private,
    _row("private-ip-address", "IpAddress", "never matches", alone=True),
    _row("private-not-ip-address", "NotIpAddress", "always matches", alone=True),
    _row("private-ip-address-subset", "IpAddress", "never matches", alone=False),
    _row("private-not-ip-address-subset", "NotIpAddress", "excludes nobody", alone=False),
)


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
