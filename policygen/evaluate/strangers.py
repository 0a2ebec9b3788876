"""Find a request that a resource policy allows although the policy does not name the caller: a stranger.

A stranger is in an account, an organization and a network that the policy does not name: an anonymous caller, another
account, or an AWS service that acts for another account. Keys that a stranger cannot set (`aws:PrincipalOrgID`) have
the stranger's own value; all others are tried with every value that the policy can distinguish.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv6Address
from itertools import chain, islice, product
from typing import NamedTuple

from policygen.evaluate import operators
from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement
from policygen.evaluate.match import Value, resource_pattern
from policygen.evaluate.principal import Naming, Principal, PrincipalType
from policygen.evaluate.representatives import TooManyError, arns
from policygen.evaluate.request import Request
from policygen.evaluate.values import values
from policygen.policy.model import Condition
from policygen.policy.pattern import is_wild
from policygen.reference.callers import WIDEST_BLOCKS, told_by
from policygen.reference.services import actions

_FEW = 30
"""The most patterns and wildcards whose combinations are all tried; if there are more, each pattern by itself."""
_OVERHEAD = 300
"""The cost of one caller and one statement before any request is tried, in looks at a statement."""
_VARIABLE = re.compile(r"\$\{[^}]*\}")
NAME = "stranger"
"""The name that a stranger gives to everything."""
_PRIVATE = "10.7.7.7"


class Witness(NamedTuple):
    """A request that the policy allows; None if there were too many requests to try."""

    statement: CompiledStatement
    action: str
    request: Request | None


class Budget:
    """The effort for one policy, in looks at a statement: about a second. A policy that needs more counts as open."""

    def __init__(self, looks: int = 100_000) -> None:
        self.left = looks

    def spend(self, looks: int) -> bool:
        """Spend some of the budget; False if it was not enough."""
        self.left -= looks
        return self.left >= 0


@dataclass(frozen=True)
class Caller:
    """A possible caller, who decides the values of the condition keys that AWS derives."""

    type: PrincipalType
    account: str
    organization: str
    owner: str
    """The account that the resource belongs to."""
    in_vpc: bool = False
    """Whether the request comes through a VPC endpoint of the caller."""
    arn: str = ""
    """The only ARN that the caller can have; "" for any in its account."""

    @cached_property
    def own(self) -> Mapping[str, Sequence[str | None]]:
        """What a key reveals (`told_by`) → its possible values, None if absent, unless they depend on the policy."""
        signed, service = self._signed, self.type is PrincipalType.SERVICE
        path = f"{self.organization}/r-{NAME[:4]}/"
        return {
            "account": [self.account] if signed else [None],
            "organization": [self.organization, None] if signed else [None],
            "organization_path": [path, None] if signed else [None],
            "user_id": [f"AROA{NAME.upper()}:{NAME}"] if signed else [None],
            "user_name": [None],
            "principal_type": ["AssumedRole", "User"] if signed else [None],
            "is_service": ["true" if service else "false" if signed else None],
            "source_account": [self.account, None] if service else [None],
            "source_organization": [self.organization, None] if service else [None],
            "source_organization_path": [path, None] if service else [None],
            "vpc": [f"vpc-0{NAME.encode().hex()}"] if self.in_vpc else [None],
            "vpc_endpoint": [f"vpce-0{NAME.encode().hex()}"] if self.in_vpc else [None],
            "vpc_address": [_PRIVATE] if self.in_vpc else [None],
            "owner_account": [self.owner],
            "owner_organization": ["o-ownerowner"],
            "owner_organization_path": ["o-ownerowner/r-owner/"],
        }

    @property
    def _signed(self) -> bool:
        return self.type is PrincipalType.ROLE

    def arns(self, kind: str, listed: Iterable[str]) -> list[str | None]:
        """The ARNs of the caller, or of the resource a service acts for, that the listed patterns can distinguish."""
        if (kind == "source_arn") is not (self.type is PrincipalType.SERVICE) or not (self._signed or kind != "arn"):
            return [None]
        if kind == "principal_arn" and (self.arn or not self._signed):
            return [self.arn or None]
        usual = f"arn:aws:iam::{self.account}:role/{NAME}"
        wild = chain.from_iterable(filled(text, self._stuffing) for text in listed if is_wild(text) or "${" in text)
        found = [text for text in dict.fromkeys([usual, *wild]) if self._is_own(text, kind)]
        return [*found, *([None] if kind != "principal_arn" else [])]

    @property
    def _stuffing(self) -> tuple[str, ...]:
        role = f"{self.account}:role/{NAME}"
        return (NAME, self.account, "", f"arn:aws:iam::{role}", role, f"aws:iam::{role}", f"iam::{role}")

    def _is_own(self, arn: str, kind: str) -> bool:
        parts = arn.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            return False
        if kind == "principal_arn":
            return parts[4] == self.account and parts[2] == "iam" and parts[5].startswith(("role/", "user/"))
        return parts[4] == self.account or (not parts[4] and NAME in parts[5])


def strangers(policies: Iterable[CompiledPolicy], *, signed_only: bool) -> Iterator[Caller]:
    """All kinds of callers from an account and an organization that the policies do not mention anywhere."""
    text = json.dumps([policy.policy.document for policy in policies])
    account, owner = islice((digit * 12 for digit in "9876543210" if digit * 12 not in text), 2)
    organization = next(name for name in ("o-strangers0", "o-strangers1", "o-strangers2") if name not in text)
    types = (PrincipalType.ROLE, *(() if signed_only else (PrincipalType.ANONYMOUS, PrincipalType.SERVICE)))
    for who in types:
        for in_vpc in (False, True):
            yield Caller(who, account, organization, owner, in_vpc)


def admitted(
    policy: CompiledPolicy,
    statement: CompiledStatement,
    caller: Caller,
    budget: Budget,
    without: Iterable[str] = (),
) -> Witness | None:
    """A request of a caller that a statement allows and no statement of the policy denies; None if there is none.

    `without` are keys (lower case) that the caller does not send.
    """
    own = _by_key([statement])
    for name in sorted(
        own, key=lambda name: not told_by(name)
    ):  # the keys that the caller cannot set are quick to check
        if not _held(name, candidates(name, tuple(own[name]), caller), statement):
            return None  # the Allow does not match, whatever the Denies do
    if not budget.spend(_OVERHEAD):
        return Witness(statement, _some_action(statement), None)
    for action, rules in _actions(policy, statement, budget):
        keys = _keys(rules, statement, caller, without)
        if not all(keys.values()):
            continue
        for resource, extra in _resources(rules, statement, action, caller, budget):
            for chosen in product(*keys.values()):
                request = _request(caller, action, resource, {**extra, **dict(zip(keys, chosen, strict=True))})
                if not budget.spend(1 + len(rules)):
                    return Witness(statement, action, None)
                if statement.matches(request) and not any(_denies(rule, request) for rule in rules):
                    return Witness(statement, action, request)
    return Witness(statement, _some_action(statement), None) if budget.left < 0 else None


def _some_action(statement: CompiledStatement) -> str:
    return next((entry.value for entry in statement.statement.actions), "*")


def _are_few(texts: Sequence[str]) -> bool:
    return sum(1 + text.count("*") + text.count("?") for text in texts) <= _FEW


def _keys(
    rules: Iterable[CompiledStatement], statement: CompiledStatement, caller: Caller, without: Iterable[str]
) -> dict[str, list[Value | None]]:
    """For each key that the rules read, its possible values for a caller under which the statement can match."""
    keys = {name: candidates(name, tuple(found), caller) for name, found in _by_key(rules).items()}
    keys.update((name, [None]) for name in without if name in keys)
    return {name: _held(name, found, statement) for name, found in keys.items()}


def _denies(rule: CompiledStatement, request: Request) -> bool:
    return not rule.allows and rule.matches(request) and bool(rule.naming and rule.naming(request.principal))


def _principal(caller: Caller, arn: str) -> Principal:
    if caller.type is PrincipalType.ROLE:
        role = arn or f"arn:aws:iam::{caller.account}:role/{NAME}"
        return Principal(PrincipalType.ROLE, role, caller.account, issuer=role)
    return Principal(caller.type, "*" if caller.type is PrincipalType.ANONYMOUS else "s3.amazonaws.com")


def _request(caller: Caller, action: str, resource: str, chosen: Mapping[str, Value | None]) -> Request:
    """A request with the chosen keys (None for absent ones) and those that every request of the caller has."""
    arn = chosen.get("aws:principalarn") or caller.arn
    usual = {key: caller.own[kind][0] for key, kind in _ALWAYS}
    who = _principal(caller, arn if isinstance(arn, str) else "")
    if who.type is PrincipalType.ANONYMOUS:
        usual |= who.keys
    context = {key: value for key, value in {**usual, **chosen}.items() if value is not None}
    return Request(who, action, resource, context, resource_account=caller.owner)


_ALWAYS = (
    ("aws:principalaccount", "account"),
    ("aws:principalorgid", "organization"),
    ("aws:resourceaccount", "owner_account"),
    ("aws:resourceorgid", "owner_organization"),
    ("aws:userid", "user_id"),
)
"""Keys that conditions may use as policy variables, and what they reveal."""


def _by_key(rules: Iterable[CompiledStatement]) -> dict[str, list[Condition]]:
    found: dict[str, list[Condition]] = {}
    for rule in rules:
        for condition in rule.conditions:
            found.setdefault(condition.key.lower(), []).append(condition)
    return found


@lru_cache(maxsize=1024)
def candidates(key: str, conditions: tuple[Condition, ...], caller: Caller) -> list[Value | None]:
    """The values of a key in requests of the caller, as far as the conditions distinguish them."""
    kind, principal = told_by(key), _principal(caller, caller.arn)
    if principal.type is PrincipalType.ANONYMOUS and key in principal.keys:
        return [principal.keys[key]]
    listed = [str(element.value) for condition in conditions for element in condition.values]
    if kind == "address":
        return [None] if caller.in_vpc or caller.type is PrincipalType.SERVICE else [*_addresses(conditions)]
    if kind in ("arn", "source_arn", "principal_arn"):
        return [*caller.arns(kind, listed)]
    if kind == "service_name" and caller.type is not PrincipalType.SERVICE:
        return [None]
    if kind == "user_id" and caller.type is PrincipalType.ROLE:
        wild = chain.from_iterable(filled(text, (NAME, caller.own[kind][0] or "")) for text in listed)
        return [*caller.own[kind], *(text for text in wild if NAME in text.partition(":")[0].lower())]
    if kind == "user_name" and caller.type is PrincipalType.ROLE:
        return [None, NAME, *(text for text in listed if not is_wild(text))]
    if kind == "owner_account":
        return [*caller.own[kind], *listed]
    if kind in caller.own:
        return [*caller.own[kind]]
    if caller.type is PrincipalType.ANONYMOUS and key.startswith(("aws:principal", "aws:multifactor", "aws:token")):
        return [None]
    return values_of(conditions)


def values_of(conditions: Sequence[Condition]) -> list[Value | None]:
    """The values of a key that the caller can set, as far as the conditions distinguish them; None if absent."""
    listed = [str(element.value) for condition in conditions for element in condition.values]
    if _are_few(listed):
        found = values("", conditions, root=True)[0]  # the key "" has no type: a stranger may send anything
    else:
        found = [None, NAME, *listed, *(next(filled(text, (NAME,))) for text in listed)]
    if not any(condition.qualifier for condition in conditions):
        found = [value for value in found if not isinstance(value, tuple)]
    return [*dict.fromkeys([*found, *(_VARIABLE.sub(NAME, text) for text in listed if "${" in text)])]


def _held(key: str, found: Sequence[Value | None], statement: CompiledStatement) -> list[Value | None]:
    """The values under which the statement's conditions on the key hold, ignoring conditions with policy variables."""
    tests = [
        test
        for condition, test in zip(statement.conditions, statement.tests, strict=True)
        if condition.key.lower() == key and not any("${" in str(element.value) for element in condition.values)
    ]
    return [value for value in found if all(test({} if value is None else {key: value}) for test in tests)]


_ELSEWHERE = {(4, int(IPv4Address("203.0.113.77"))), (6, int(IPv6Address("2001:db8:77::77")))}


def _addresses(conditions: Iterable[Condition]) -> Iterator[str]:
    """Addresses that no condition restricts: outside of its blocks, or in blocks so wide that they are public."""
    blocks = [[n for e in c.values if (n := operators.network(str(e.value)))] for c in conditions]
    found = [operators.stretches(listed) for listed in blocks]
    edges = {
        (block.version, number)
        for block in chain.from_iterable(blocks)
        for number in (block.low, block.high, block.low - 1, block.high + 1)
    }
    for version, number in sorted(edges | _ELSEWHERE):
        if 0 <= number < 1 << (32 if version == 4 else 128):
            sizes = (size(version, number) for size in found)
            if all(not size or size > WIDEST_BLOCKS[version] for size in sizes):
                yield str(IPv4Address(number) if version == 4 else IPv6Address(number))


def filled(text: str, stuffing: Sequence[str]) -> Iterator[str]:
    """The texts with each wildcard replaced by a stuffing: all combinations if there are few wildcards, else one."""
    pieces = re.split(r"\*+", _VARIABLE.sub("*", text).replace("?", "x"))
    if len(pieces) > 4:
        yield NAME.join(pieces)
        return
    for chosen in product(stuffing, repeat=len(pieces) - 1):
        yield "".join(chain(*zip(pieces, (*chosen, ""), strict=True)))


def _actions(
    policy: CompiledPolicy, statement: CompiledStatement, budget: Budget
) -> Iterator[tuple[str, list[CompiledStatement]]]:
    """An action of the statement for each set of statements that can apply, with that set: itself and the Denies."""
    body = statement.statement
    texts = (*body.resource_texts, *body.not_resource_texts)
    services = {text.split(":")[2].lower() for text in texts if text.count(":") >= 5} | policy.services
    about = sorted(service for service in services if not is_wild(service)) or ["s3"]
    seen: set[frozenset[int]] = set()
    for name in chain(_literal(entry.value for entry in body.actions), *(_of_service(service) for service in about)):
        if budget.left < 0:
            return
        request = Request(Principal(PrincipalType.ANONYMOUS, "*"), name)
        entries = policy.entries(request.service)
        met = [entry.statement for entry in entries if entry.matches(request)] if budget.spend(len(entries)) else []
        rules = [rule for rule in met if rule is statement or not rule.allows]
        if statement in met and frozenset(map(id, rules)) not in seen:
            seen.add(frozenset(map(id, rules)))
            yield name, rules


def _literal(names: Iterable[str]) -> Iterator[str]:
    """The named actions, and for each pattern an action that it matches, listed or not."""
    for name in names:
        service, _, rest = name.partition(":")
        yield f"{service.replace('*', 's3')}:{(rest or '*').replace('*', 'Other')}".replace("?", "x")


def _of_service(service: str) -> Iterator[str]:
    yield from map(str, actions(service).values())
    yield f"{service}:Other"


def _resources(
    rules: Sequence[CompiledStatement], statement: CompiledStatement, action: str, caller: Caller, budget: Budget
) -> list[tuple[str, dict[str, Value]]]:
    """Resources that the statement applies to, one for each set of rules, with values for the policy variables."""
    service = action.partition(":")[0].lower()
    names = {v[2:-1].split(",")[0].strip().lower() for r in rules for t in _entries(r) for v in _VARIABLE.findall(t)}
    extra: dict[str, Value] = {name: NAME for name in names if not told_by(name)}
    texts = [_VARIABLE.sub(NAME, text) for rule in rules for text in _entries(rule)]
    try:
        few = texts if _are_few(texts) else ()
        patterns = [resource_pattern(text, variables=False) for text in few]
        found = arns(patterns, examples=[f"arn:aws:{service}:::{NAME}"]) if few else []
    except TooManyError:
        found = []
    found += [next(filled(text, (NAME,))) for text in texts] + [f"arn:aws:{service}:::{NAME}"]
    kept: dict[frozenset[int], str] = {}
    for arn in dict.fromkeys(found):
        if not budget.spend(len(rules)):
            break
        request = Request(_principal(caller, ""), action, arn, extra)
        met = frozenset(id(rule) for rule in rules if rule.resource_matches(request))
        if id(statement) in met:
            kept.setdefault(met, arn)
    return [(arn, extra) for arn in kept.values()]


def _entries(rule: CompiledStatement) -> Iterator[str]:
    yield from rule.statement.resource_texts
    yield from rule.statement.not_resource_texts


def everyone(statement: CompiledStatement, caller: Caller) -> bool:
    """Whether a statement names a caller only as `*`."""
    return bool(statement.naming and statement.naming(_principal(caller, caller.arn)) is Naming.EVERYONE)
