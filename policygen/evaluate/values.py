"""The values of a condition key that conditions can distinguish, as far as AWS sends such values.

AWS's documentation of the global keys and the Service Authorization Reference say which keys have one value, which are
always present, and what their types are. A key that neither lists may have any value.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from itertools import combinations, pairwise

from policygen.evaluate import operators
from policygen.evaluate.conditions import text
from policygen.evaluate.match import Value, any_of, arn_pattern, text_pattern
from policygen.evaluate.principal import PrincipalType
from policygen.evaluate.representatives import TooManyError, arns, texts
from policygen.policy.model import Condition
from policygen.reference.condition_keys import ConditionKey, always_present, find_condition_key

ACCOUNT = "123456789012"
"""The account in requests that does not matter otherwise: that of AWS's own examples."""
_VALUES = 64
_MANY = 1024
_REMEMBERED: dict[tuple[str, tuple[tuple[str, tuple[str, ...]], ...], bool], tuple[list[Value | None], bool]] = {}
"""The results of `values`: a comparison asks for the same conditions again and again."""
_DIGITS = 12
_TYPES = {"numeric": "Numeric", "date": "Date", "ipaddress": "IPAddress", "arn": "ARN"}
_ACCOUNTS = (ACCOUNT, "111122223333", "444455556666")
_EXAMPLES = {
    "aws:username": ("someone",),
    "aws:userid": ("AIDACKCEVSQ6C2EXAMPLE",),
    "aws:requestedregion": ("us-east-1", "eu-west-1"),
    "aws:epochtime": ("1767225600",),
    "aws:principalarn": (f"arn:aws:iam::{ACCOUNT}:user/someone", f"arn:aws:iam::{ACCOUNT}:role/example"),
}
_OF_ACCOUNTS = ("aws:principalaccount", "aws:resourceaccount", "aws:sourceaccount")
_OF_TYPE = {
    "Numeric": ("1",),
    "Date": ("2026-01-01T00:00:00Z",),
    "IPAddress": ("203.0.113.77",),
    "ARN": ("arn:aws:sns:us-east-1:123456789012:example",),
    "Bool": ("true", "false"),
}
_TEXTUAL = ("stringequals", "stringnotequals", "stringlike", "stringnotlike")
_READ: dict[str, Callable[[str], object]] = {
    "Numeric": operators.number,
    "Date": operators.moment,
    "IPAddress": operators.network,
}
PRINCIPALS = (
    "arn:aws*:iam::????????????:user/?*",
    "arn:aws*:iam::????????????:role/?*",
    "arn:aws*:sts::????????????:federated-user/?*",
    "arn:aws*:iam::????????????:root",
)
"""What `aws:PrincipalArn` looks like in the requests of users, roles, root users and federated users."""


def examples(key: str) -> tuple[str, ...]:
    """Typical values of a key (lower case), the most ordinary one first."""
    if key.endswith("account"):
        return _ACCOUNTS
    known = find_condition_key(key)
    return _only(key, known, root=True) or _EXAMPLES.get(key) or (_OF_TYPE.get(known.type, ()) if known else ())


def possible(key: str, value: Value, *, root: bool) -> bool:
    """Whether a key (lower case) could have a value, as far as AWS documents the form of its values."""
    known = find_condition_key(key)
    if only := _only(key, known, root=root):
        return value in only
    if known is None or not isinstance(value, str):
        return known is None or known.multivalued
    if key in _OF_ACCOUNTS:
        return len(value) == 12 and value.isascii() and value.isdigit()
    if known.type in _READ:
        return _READ[known.type](value) is not None
    if formats := _formats(key, root=root):
        return any_of(arn_pattern(format_, variables=False) for format_ in formats)(value, {})
    return value.count(":") >= 5 if known.type == "ARN" else True


def values(key: str, conditions: Sequence[Condition], *, root: bool) -> tuple[list[Value | None], bool]:
    """The values of a key (lower case) that the conditions can distinguish, None if absent, and whether these are all.

    `root` says whether root users make requests too.
    """
    said = tuple(
        (condition.text, tuple(str(element.value) for element in condition.values)) for condition in conditions
    )
    if (key, said, root) not in _REMEMBERED:
        if len(_REMEMBERED) >= _MANY:
            _REMEMBERED.clear()
        _REMEMBERED[key, said, root] = _values(key, conditions, root=root)
    found, exact = _REMEMBERED[key, said, root]
    return list(found), exact


def _values(key: str, conditions: Sequence[Condition], *, root: bool) -> tuple[list[Value | None], bool]:
    known = find_condition_key(key)
    single, exact = _singles(key, known, conditions, root=root)
    found: list[Value | None] = [*([] if key in always_present() else [None]), *single]
    sets = sum(bool(condition.qualifier) for condition in conditions)
    if known is None or known.multivalued:
        for size in range(1, min(sets, 3) + 1):
            found += [tuple(chosen) for chosen in combinations(single, size)]
        exact = exact and sets <= 3
        if not sets:
            found.append((single[0], single[0]))  # an operator for one value never matches several
    return found[:_VALUES], exact and len(found) <= _VALUES


def _only(key: str, known: ConditionKey | None, *, root: bool) -> tuple[str, ...]:
    """All values that a key can have in a request that a user, a role or (`root`) a root user signs; () if unlimited.

    Source: IAM User Guide, "AWS global condition context keys" (2026-11). Keys of services may come from a header.
    """
    if key == "aws:principalisawsservice":
        return ("false",)
    if key == "aws:principaltype":
        signing = (PrincipalType.USER, PrincipalType.ROLE, PrincipalType.FEDERATED_USER, PrincipalType.ROOT)
        return tuple(kind.value for kind in (signing if root else signing[:-1]))
    return ("true", "false") if known and known.type == "Bool" and key.startswith("aws:") else ()


def _singles(
    key: str, known: ConditionKey | None, conditions: Sequence[Condition], *, root: bool
) -> tuple[list[str], bool]:
    """The single values: every limit, its neighbours, and a value that no condition names."""
    families: dict[str, list[Condition]] = {}
    for condition in conditions:
        families.setdefault(_family(condition, key), []).append(condition)
    variable = any(
        "${" in str(element.value)
        for family, members in families.items()
        if family in ("like", "arn", "ignorecase")
        for one in members
        for element in one.values
    )
    if only := _only(key, known, root=root):
        return list(only), not variable
    # operators of two families read one text differently, and no value here is chosen for both
    exact = len(families.keys() - {"null"}) <= 1 and "ignorecase" not in families and not variable
    found: dict[str, None] = {}
    for family, members in families.items():
        try:
            shown = _of_family(family, members, key, root=root)
        except TooManyError:
            exact = False
            shown = examples(key)
        if known and known.type == _TYPES.get(family):
            # the service sends only values of the type, so that others need not be tried
            shown = [value for value in shown if value != "none" and not (key.startswith("aws:") and value[0] == "-")]
        found |= dict.fromkeys(shown)
    if "" not in found and not (known and known.type != "String") and key not in always_present():
        found[""] = None  # one more value, which only ForAllValues treats like no value
    return list(found or ["x"]), exact


def _of_family(family: str, conditions: Sequence[Condition], key: str, *, root: bool) -> Iterable[str]:
    listed = [text(element.value) for condition in conditions for element in condition.values]
    match family:
        case "null":
            return [*examples(key), "x"][:1]
        case "bool":
            return ["true", "false"]
        case "numeric":
            return _around(listed, operators.number)
        case "date":
            return map(_written, _around(listed, operators.moment))
        case "ipaddress":
            return _addresses(listed)
        case "arn":
            patterns = [pattern for value in listed if len(pattern := arn_pattern(value, variables=False)) == 6]
            formats = [arn_pattern(format_, variables=False) for format_ in _formats(key, root=root)]
            near = [*_EXAMPLES["aws:principalarn"], *(filled(value) for value in listed if value.count(":") >= 5)]
            return [*arns(patterns, formats=formats, examples=near), "none"]
        case "ignorecase":
            return [*listed, *map(str.upper, listed), *map(str.lower, listed), "none of these"]
    patterns = [
        text_pattern(text(element.value), variables=False, wildcards="like" in condition.operator.lower())
        for condition in conditions
        for element in condition.values
    ]
    seeds = [*map(filled, listed), *listed, *examples(key), "example"]
    return texts(patterns, seeds=seeds, empty=False).values()


def _formats(key: str, *, root: bool) -> tuple[str, ...]:
    """The patterns of all values of a key, if AWS documents them."""
    return (PRINCIPALS if root else PRINCIPALS[:-1]) if key == "aws:principalarn" else ()


def filled(pattern: str) -> str:
    """A realistic text that a pattern without variables may match."""
    parts = pattern.split(":", 5)
    ordinary = ("arn", "aws", "iam", "us-east-1", ACCOUNT) if len(parts) == 6 else ()
    filling = [*ordinary, *["example"] * (len(parts) - len(ordinary))]
    return ":".join(part.replace("*", word).replace("?", "x") for part, word in zip(parts, filling, strict=True))


def _family(condition: Condition, key: str) -> str:
    """The operators that read a value alike; a text that has the colons of an ARN is matched to one like an ARN."""
    name = condition.operator.lower()
    like_arns = all(str(element.value).count(":") == 5 for element in condition.values)
    if like_arns and name in _TEXTUAL and _formats(key, root=True):
        return "arn"
    for family in ("ignorecase", "numeric", "date", "ipaddress", "arn", "bool", "null"):
        if family in name:
            return family
    return "like"


def _around(listed: Iterable[str], read: Callable[[str], Decimal | None]) -> Iterable[str]:
    """Every limit, a number between each two and beyond both ends, and a text that is not a number."""
    limits = sorted({limit for limit in map(read, listed) if limit is not None})
    if any(abs(limit.adjusted()) > _DIGITS or len(limit.as_tuple().digits) > _DIGITS for limit in limits):
        raise TooManyError
    between = [(low + high) / 2 for low, high in pairwise(limits)]
    beyond = [limits[0] - 1, limits[-1] + 1] if limits else [Decimal(0)]
    return [*(format(number, "f") for number in (*limits, *between, *beyond)), "none"]


def _written(seconds: str) -> str:
    """Epoch seconds as a date in AWS's form, if that is possible."""
    if not seconds.isdigit() or int(seconds) >= 253_402_300_800:  # the year 10000
        return seconds
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _addresses(listed: Iterable[str]) -> Iterator[str]:
    """Both ends of every block with their neighbours, an address of each family, and a text that is not an address."""
    for found in filter(None, map(operators.network, listed)):
        address, end = (IPv4Address, 2**32) if found.version == 4 else (IPv6Address, 2**128)
        for number in (found.low, found.high, found.low - 1, found.high + 1):
            if 0 <= number < end:
                yield str(address(number))
    yield from ("203.0.113.77", "2001:db8:77::77", "none")
