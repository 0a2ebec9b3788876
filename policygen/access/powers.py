"""What a user or role can do in the best circumstances: with MFA, from the right place, at the right time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from policygen.access.denies import applies_to, limits
from policygen.access.limiting import narrowed
from policygen.access.reach import all_actions
from policygen.account.model import Role, User
from policygen.evaluate import (
    CompiledPolicy,
    Layers,
    Outcome,
    Principal,
    PrincipalType,
    Request,
    compile_policy,
    decide,
)
from policygen.policy.model import Condition, Kind, Policy, Statement, once_per_policy
from policygen.policy.pattern import is_wild
from policygen.reference.resources import is_everything

_ANYTHING = (
    ("iam:CreatePolicyVersion", "policy/policygen-probe"),
    ("iam:AttachUserPolicy", "user/policygen-probe"),
    ("iam:PutUserPolicy", "user/policygen-probe"),
    ("iam:AttachRolePolicy", "role/policygen-probe"),
    ("iam:PutRolePolicy", "role/policygen-probe"),
    ("iam:CreateAccessKey", "user/policygen-probe"),
    ("iam:AddUserToGroup", "group/policygen-probe"),
    ("iam:UpdateAssumeRolePolicy", "role/policygen-probe"),
    ("iam:PassRole", "role/policygen-probe"),
    ("policygen-probe:Anything", "*"),
)
"""Requests that, all together, only an administrator may make: to change permissions, and to use an unknown service."""

_PASSED_TO = "iam:passedtoservice"
_SERVICES = ("iam", "sts", "policygen-probe")
"""The services of all requests that are decided here."""
KNOWN = ("aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:username", _PASSED_TO)
"""The condition keys that follow from the principal and the action, so that the evaluator can decide on them."""
_MET = ("aws:multifactorauthpresent", "aws:multifactorauthage", "sts:externalid", "aws:securetransport")
"""The keys of conditions in trust policies that a principal of the same account can meet."""


@dataclass(frozen=True, eq=False)
class Powers:
    """What a set of policies allows together of IAM and STS, under a permissions boundary.

    Conditions on who makes a request, how, from where and when are assumed to be met. A condition that limits the
    resource makes an answer None: perhaps. So does a policy that could not be read (`unread` says which).
    """

    account: str
    partition: str
    policies: tuple[Policy, ...]
    boundary: Policy | None = None
    unread: tuple[str, ...] = ()

    def can(self, who: Principal, action: str, resource: str, passed_to: str = "") -> bool | None:
        """Whether a principal can perform an action on a resource, or pass a role to a service."""
        return self.decide(request(who, action, resource, passed_to))

    def decide(self, request: Request, trust: Policy | None = None) -> bool | None:
        """Whether a request is allowed; `trust` is the trust policy if its resource is a role."""
        certain, possible = self._layers
        if trust:
            certain = replace(certain, resource=(_certain(trust),))
            possible = replace(possible, resource=(_possible(trust),))
        if decide(request, certain).outcome is Outcome.ALLOW:
            return True
        decision = decide(request, possible)
        if decision.outcome is Outcome.EXPLICIT_DENY:
            return False
        return False if decision.outcome is Outcome.IMPLICIT_DENY and not decision.missing_context else None

    @cached_property
    def administers(self) -> bool | None:
        """Whether everything is allowed: to change any permission, and to use even future services."""
        if not self.unread and not any(map(_allows_unknown_services, self.policies)):
            return False
        probe = f"arn:{self.partition}:iam::{self.account}:user/policygen-probe"
        who = Principal(PrincipalType.USER, probe, self.account, self.partition)
        answers = set()
        for action, resource in _ANYTHING:
            arn = resource if resource == "*" else f"arn:{self.partition}:iam::{self.account}:{resource}"
            answers.add(self.can(who, action, arn, "ec2.amazonaws.com" if action == "iam:PassRole" else ""))
            if False in answers:
                return False
        return None if None in answers else True

    @cached_property
    def _layers(self) -> tuple[Layers, Layers]:
        limit = [read(self.boundary) if self.boundary else None for read in (_certain, _possible)]
        return (
            Layers(tuple(map(_certain, self.policies)), limit[0], unread=self.unread),
            Layers(tuple(map(_possible, self.policies)), limit[1], unread=self.unread),
        )


def principal(holder: User | Role, account: str, partition: str) -> Principal:
    """A user or role as the principal of a request."""
    if isinstance(holder, User):
        return Principal(PrincipalType.USER, holder.arn, account, partition)
    session = f"arn:{partition}:sts::{account}:assumed-role/{holder.name}/session"
    return Principal(PrincipalType.ROLE, session, account, partition, holder.arn)


def request(who: Principal, action: str, resource: str, passed_to: str = "") -> Request:
    """A request of which only principal, action, resource and the service that a role is passed to are known."""
    absent = {*(() if who.type is PrincipalType.USER else ("aws:username",)), *(() if passed_to else (_PASSED_TO,))}
    keys = {**who.keys, _PASSED_TO: passed_to} if passed_to else who.keys
    return Request(who, action, resource, keys, frozenset(absent))


@once_per_policy
def full_access(policy: Policy) -> Statement | None:
    """A statement that allows every action on every resource, ignoring what other statements deny."""
    return next(filter(allows_everything, policy.statements), None)


def allows_everything(statement: Statement) -> bool:
    """Whether a statement allows every action on every resource, at least to some people in some circumstances."""
    return (
        statement.allows
        and any(all_actions(action.value) for action in statement.actions)
        and any(is_everything(resource.value) for resource in statement.resources)
        and not narrowed(statement.conditions)
    )


@once_per_policy
def _allows_unknown_services(policy: Policy) -> bool:
    """Whether a statement allows even the actions of services that do not exist yet, on everything or all but some."""
    return any(
        statement.allows
        and ("NotResource" in statement.body or any(map(is_everything, statement.resource_texts)))
        and applies_to(statement, _ANYTHING[-1][0])
        for statement in policy.statements
    )


@once_per_policy
def _certain(policy: Policy) -> CompiledPolicy:
    """What a policy certainly allows: Allows that nothing narrows, less all that any Deny may deny."""
    denies, doubtful = limits(policy), _doubtful if policy.kind is Kind.TRUST else narrowed
    return _only(policy, lambda s: not doubtful(_open(s)) if s.allows else s in denies or not _open(s))


@once_per_policy
def _possible(policy: Policy) -> CompiledPolicy:
    """The most that a policy may allow: all Allows, less what a Deny denies in all circumstances."""
    return _only(policy, lambda s: s.allows or not _open(s))


def _doubtful(conditions: Sequence[Condition]) -> bool:
    """Whether the conditions of a trust policy may not be met even with MFA and the right external id."""
    return any(condition.key.lower() not in _MET for condition in conditions)


def _open(statement: Statement) -> list[Condition]:
    """The conditions that depend on more than who the principal is."""
    return [condition for condition in statement.conditions if condition.key.lower() not in KNOWN]


def _only(policy: Policy, kept: Callable[[Statement], bool]) -> CompiledPolicy:
    """The policy with only the statements kept, without their open conditions; unchanged if IAM rejects it."""
    asked = _asked(policy)
    whole = compile_policy(asked)
    if whole.refused or all(not statement.conditions and kept(statement) for statement in asked.statements):
        return whole
    bodies = [
        {**{k: v for k, v in s.body.items() if k != "Condition"}, "Condition": _closed(s)}
        for s in asked.statements
        if kept(s)
    ]
    return compile_policy(replace(policy, document={**policy.document, "Statement": bodies}))


@once_per_policy
def _asked(policy: Policy) -> Policy:
    """The policy without the statements about other services than those that powers are asked about."""
    others = [statement for statement in policy.statements if _about_others(statement)]
    if not others:
        return policy
    bodies = [statement.body for statement in policy.statements if statement not in others]
    return replace(policy, document={**policy.document, "Statement": bodies})


def _about_others(statement: Statement) -> bool:
    services = {name.partition(":")[0] for name in statement.action_names}
    return bool(services) and not any(service in _SERVICES or is_wild(service) for service in services)


def _closed(statement: Statement) -> dict[str, dict[str, Any]]:
    """The conditions of a statement that only depend on who the principal is."""
    body: dict[str, dict[str, Any]] = {}
    for operator, keys in (statement.body.get("Condition") or {}).items():
        known = {key: value for key, value in keys.items() if key.lower() in KNOWN}
        if known:
            body[operator] = known
    return body
