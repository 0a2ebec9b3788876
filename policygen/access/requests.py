"""Whether a person can do something: known values are filled into their requests, and unknown ones are tried.

A person can choose some values (a region, a tag, a bucket): one choice that is allowed is enough. Other values are open
(the address, the organization): each value that makes a difference to the policies is a scenario.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any

from policygen.account.model import Role, User
from policygen.evaluate import (
    CompiledPolicy,
    CompiledStatement,
    Decision,
    Layers,
    Outcome,
    Request,
    decide,
    person_request,
)
from policygen.evaluate.match import Value, variables_in
from policygen.evaluate.request import owner_in
from policygen.evaluate.values import values
from policygen.policy.model import Condition
from policygen.policy.pattern import is_wild
from policygen.reference.callers import told_by
from policygen.reference.partitions import iam_region
from policygen.reference.services import actions, expand

_OPEN_KINDS = frozenset(
    (
        *("address", "vpc", "vpc_endpoint", "vpc_address", "organization", "organization_path"),
        *("owner_organization", "owner_organization_path"),
    )
)
_OPEN_KEYS = frozenset({"aws:sourcevpcarn", "aws:vpceaccount", "aws:principalorgmasteraccountid"})
_OPEN_FOR_ROLES = frozenset({"aws:multifactorauthpresent", "aws:multifactorauthage", "aws:sourceidentity"})
"""The keys of a role session that depend on how the role was assumed."""
_CHOSEN = ("aws:requestedregion", "aws:requesttag/", "aws:tagkeys", "aws:resourcetag/", "aws:useragent", "aws:referer")
"""The global keys whose values a person chooses, like those of all keys of services."""
_PERSONAL = (
    *("aws:principalarn", "aws:principaltag/", "aws:principaltype", "aws:principalservicename"),
    *("aws:username", "aws:userid", "aws:multifactorauth", "aws:tokenissuetime", "aws:sourceidentity"),
)
"""The keys whose values differ between people."""
_SCENARIOS = 64
_WAYS = 256
_PLACES = 16

# What a user needs to enrol an MFA device, and what the recipes allow without one.
_ENROLMENT = frozenset(
    f"iam:{name}"
    for name in (
        "changepassword",
        "createvirtualmfadevice",
        "enablemfadevice",
        "getaccountpasswordpolicy",
        "getaccountsummary",
        "getmfadevice",
        "getuser",
        "listmfadevices",
        "listvirtualmfadevices",
        "resyncmfadevice",
    )
) | {"sts:getsessiontoken", "sts:getcalleridentity"}
_USUAL = ("s3:ListAllMyBuckets", "ec2:DescribeInstances", "iam:ListUsers", "sts:AssumeRole")

Scenario = Mapping[str, Value | None]
"""Open key, as a policy spells it → its value; None if it is absent."""


@dataclass(frozen=True)
class Person:
    """A user or role as the source of requests; `context` is known about all of them."""

    entity: User | Role
    account: str
    partition: str
    context: Mapping[str, str]

    def request(self, action: str, resource: str, session: str | None, scenario: Scenario) -> Request:
        """The request with the keys that follow from the principal, the session and the service."""
        entity, now = self.entity, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        known: dict[str, Any] = {
            "aws:SecureTransport": "true",
            "aws:ViaAWSService": "false",
            "aws:CurrentTime": now,
            **{f"aws:PrincipalTag/{key}": value for key, value in entity.tags.items()},
        }
        if isinstance(entity, User):
            known["aws:userid"] = entity.id or []
            principal = f"user{entity.path}{entity.name}"
            if session != "long-term-key":
                known["aws:TokenIssueTime"] = now
        else:
            principal = f"role/{entity.name}/policygen"
        fixed = {}
        if action.lower().startswith("iam:") and (region := iam_region(self.partition)):
            fixed["aws:RequestedRegion"] = region
        given: dict[str, Any] = {}
        for key, value in (*known.items(), *_listed(scenario), *self.context.items(), *fixed.items()):
            given = {other: kept for other, kept in given.items() if other.lower() != key.lower()} | {key: value}
        owner = owner_in(resource, self.account) or self.account
        given = {key: value for key, value in given.items() if key.lower() != "aws:resourceaccount"}
        return person_request(
            principal,
            action,
            resource,
            account=self.account,
            partition=self.partition,
            session=session,
            context=given,
            resource_account=owner,
        )


def of_others(context: Mapping[str, str]) -> dict[str, str]:
    """The keys of the caller's context that apply to the requests of others, too."""
    return {key: value for key, value in context.items() if not key.lower().startswith(_PERSONAL)}


def scenarios(person: Person, policies: Iterable[CompiledPolicy]) -> tuple[list[Scenario], bool]:
    """The combinations of open keys' values that make a difference to the policies, and whether these are all."""
    given = {key.lower() for key in person.context}
    statements = [statement for policy in policies for statement in policy.statements]
    found = [
        (key, pairs)
        for key, pairs in _by_key(statements).items()
        if key not in given and _open(key, isinstance(person.entity, Role))
    ]
    candidates, exact = zip(*(_values(key, pairs) for key, pairs in found), strict=True) if found else ((), ())
    keys = [pairs[0][2].key if pairs else key for key, pairs in found]
    chosen: list[Scenario] = [dict(zip(keys, one, strict=True)) for one in islice(product(*candidates), _SCENARIOS + 1)]
    return chosen[:_SCENARIOS], all(exact) and len(chosen) <= _SCENARIOS


def can(request: Request, layers: Layers) -> tuple[bool | None, Decision]:
    """Whether a request is allowed for some choice of the values that the person can choose; None if not known.

    The decision is the first that allows, or else the one on the request as given.
    """
    first = decide(request, layers)
    statements = [
        entry.statement
        for _, policy in layers.named()
        for entry in policy.entries(request.service)
        if entry.matches(request)
    ]
    choices = [
        (key, *_values(key, pairs))
        for key, pairs in _by_key(statements).items()
        if key not in request.context and key not in request.absent and _chosen(key)
    ]
    if not choices or not any(statement.allows for statement in statements):
        return _known(first.outcome), first
    certain = all(exact for _, _, exact in choices)
    tried = 0
    for tried, chosen in enumerate(product(*(options for _, options, _ in choices)), 1):
        if tried > _WAYS:
            return None, first
        picked = {key: value for (key, _, _), value in zip(choices, chosen, strict=True)}
        context = {**request.context, **{key: value for key, value in picked.items() if value is not None}}
        absent = request.absent | {key for key, value in picked.items() if value is None}
        decision = decide(replace(request, context=context, absent=absent), layers)
        if decision.outcome is Outcome.ALLOW:
            return True, decision
        certain = certain and decision.outcome is not Outcome.UNKNOWN
    return (False if certain else None), first


def probes(name: str, policies: Sequence[CompiledPolicy]) -> Iterator[tuple[str, str]]:
    """Actions and resources to try, of which one is allowed if any is; one per set of statements that match.

    Actions to enrol an MFA device are left out. The likeliest come first.
    """
    seen: set[frozenset[int]] = set()
    for action in _actions(policies):
        if action.lower() in _ENROLMENT:
            continue
        matching = _matching(action, policies)
        alike = frozenset(map(id, matching))
        if alike in seen or not any(statement.allows for statement in matching):
            continue
        seen.add(alike)
        yield from ((action, resource) for resource in islice(_resources(name, matching), _PLACES))


def _matching(action: str, policies: Iterable[CompiledPolicy]) -> list[CompiledStatement]:
    service, folded = action.partition(":")[0].lower(), action.lower()
    return [
        entry.statement
        for policy in policies
        for entry in policy.entries(service)
        if entry.action(folded, {}) is not entry.negated
    ]


def _actions(policies: Sequence[CompiledPolicy]) -> Iterator[str]:
    yield from _USUAL
    named = sorted({service for policy in policies for service in policy.services})
    for service in named:
        yield from map(str, actions(service).values() or [f"{service}:Other"])
    entries = (e for policy in policies for s in policy.policy.statements for e in (*s.actions, *s.not_actions))
    if any(is_wild(str(e.value).partition(":")[0]) and e.value != "*" for e in entries):
        yield from map(str, expand("*"))
    yield next(str(action) for action in expand("*") if str(action).partition(":")[0].lower() not in named)


def _resources(name: str, statements: Iterable[CompiledStatement]) -> Iterator[str]:
    """`*`, the resources that an Allow names, and those that a Deny excludes."""
    found = ["*"]
    for statement in statements:
        entries = statement.statement.resources if statement.allows else statement.statement.not_resources
        found += [_concrete(str(entry.value), name) for entry in entries]
    return iter(dict.fromkeys(found))


def _concrete(text: str, name: str) -> str:
    if text == "*":
        return text
    text = text.replace("${aws:username}", name)
    for variable in variables_in(text):
        text = text.replace(f"${{{variable}}}", "z9z9")
    return text.replace("*", "z9z9").replace("?", "z")


def _open(key: str, role: bool) -> bool:
    return told_by(key) in _OPEN_KINDS or key in _OPEN_KEYS or (role and key in _OPEN_FOR_ROLES)


def _chosen(key: str) -> bool:
    return not key.startswith("aws:") or key.startswith(_CHOSEN)


Pairs = list[tuple[CompiledStatement, int, Condition]]


def _by_key(statements: Iterable[CompiledStatement]) -> dict[str, Pairs]:
    """Lower-case key → its conditions: statement, number and condition; keys of policy variables are included."""
    found: dict[str, Pairs] = {}
    for statement in statements:
        for number, condition in enumerate(statement.conditions):
            found.setdefault(condition.key.lower(), []).append((statement, number, condition))
            for value in condition.values:
                for key in variables_in(value.value):
                    found.setdefault(key.lower(), [])
        for entry in (*statement.statement.resources, *statement.statement.not_resources):
            for key in variables_in(entry.value):
                found.setdefault(key.lower(), [])
    return found


def _values(key: str, pairs: Pairs) -> tuple[list[Value | None], bool]:
    """One value for each combination of results of a key's conditions, and whether these are all."""
    if not pairs:
        return ["z9z9"], False
    found, exact = values(key.lower(), [condition for _, _, condition in pairs], root=False)
    several = any(condition.qualifier for _, _, condition in pairs)
    kept: dict[tuple[bool, ...], Value | None] = {}
    for value in found:
        if (several or not isinstance(value, tuple)) and not (value is None and key == "aws:requestedregion"):
            context = {} if value is None else {key: value}
            kept.setdefault(tuple(statement.tests[number](context) for statement, number, _ in pairs), value)
    return list(kept.values()), exact


def _known(outcome: Outcome) -> bool | None:
    return None if outcome is Outcome.UNKNOWN else outcome is Outcome.ALLOW


def _listed(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    for key, value in scenario.items():
        yield key, [] if value is None else list(value) if isinstance(value, tuple) else value
