"""What is asked, split by the resource policies that decide on it: the trust policies of roles, or those given."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from policygen.access.asked import Asked
from policygen.access.stack import Stacks
from policygen.account.model import Entity, Role
from policygen.evaluate import CompiledPolicy, CompiledStatement, compile_policy
from policygen.policy.arn import arn_matches
from policygen.policy.pattern import matches
from policygen.reference.services import expand

ASSUME = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
"""The actions that a role's trust policy decides on."""


@dataclass(frozen=True)
class Target:
    """A part of what is asked that one resource policy decides on."""

    asked: Asked
    resource: tuple[CompiledPolicy, ...] | None = None
    """The resource's policies; None if they are not given."""
    roles: tuple[str, ...] = ()
    """The ARNs of the roles that this is about, all alike; only the first is in `asked`."""
    unread: str = ""
    """Why the resource's policy could not be read."""


def targets(accounts: Sequence[Stacks], asked: Asked, resource: tuple[CompiledPolicy, ...] | None) -> list[Target]:
    """The parts of what is asked; `resource` are the policies of the resource if they are given."""
    assumes = tuple(name for name in ASSUME if any(matches(a.lower(), name.lower()) for a in asked.actions))
    roles = [
        (stacks, role)
        for stacks in accounts
        for role in stacks.account.roles
        if any(pattern == "*" or arn_matches(pattern, role.arn) for pattern in asked.resources)
    ]
    if resource is not None or not assumes or not (roles or asked.resources == ("*",)):
        return [Target(asked, resource)]
    found = list(_of_roles(accounts, roles, assumes))
    others = tuple(dict.fromkeys(name for action in asked.actions for name in _without(action)))
    return [*([Target(replace(asked, actions=others))] if others else []), *found]


def _without(action: str) -> Iterator[str]:
    """An action without those that trust policies decide on, as far as wildcards can say that."""
    if matches(action.lower(), "sts:assumerole") and action.lower().startswith("sts:"):
        yield from (str(known) for known in expand(action) if str(known) not in ASSUME)
    elif action.lower() not in map(str.lower, ASSUME):
        yield action


def _of_roles(
    accounts: Sequence[Stacks], roles: Iterable[tuple[Stacks, Role]], actions: tuple[str, ...]
) -> Iterator[Target]:
    """A target for each set of roles that have equal trust policies and that the same statements apply to."""
    statements = [s for s in _about(accounts, Asked(actions)) if s.resource is not None or s.resource_negated]
    alike: dict[object, list[tuple[Stacks, Role]]] = {}
    for stacks, role in roles:
        asked = Asked(actions, (role.arn,))
        applying = [statement for statement in statements if asked.concerns(statement)]
        alone = any(
            "${" in text for s in applying for text in (*s.statement.resource_texts, *s.statement.not_resource_texts)
        )
        trust = json.dumps(role.trust, sort_keys=True)
        key = trust, role.arn.split(":")[4], frozenset(map(id, applying)), role.arn if alone else ""
        alike.setdefault(key, []).append((stacks, role))
    for members in alike.values():
        stacks, role = members[0]
        policy, unread = stacks.trust(role)
        policies = (compile_policy(policy),) if policy else None
        yield Target(Asked(actions, (role.arn,)), policies, tuple(role.arn for _, role in members), unread)


def _about(accounts: Sequence[Stacks], asked: Asked) -> Iterator[CompiledStatement]:
    """The statements of users, groups and roles that are about what is asked, each once."""
    seen: set[int] = set()
    for stacks in accounts:
        account = stacks.account
        entities: tuple[Entity, ...] = (*account.users, *account.groups, *account.roles)
        for entity in entities:
            for held in stacks.own(entity):
                if held.policy and id(held.policy) not in seen:
                    seen.add(id(held.policy))
                    yield from filter(asked.concerns, compile_policy(held.policy).statements)
