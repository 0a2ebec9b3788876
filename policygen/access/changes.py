"""How the permissions of a user or role can be changed: its policies, those of its groups, its groups, its boundary."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from policygen.access.actors import Actors, denies
from policygen.access.inventory import Inventory, Item
from policygen.access.stack import ADMINISTRATOR_ACCESS, Supposed
from policygen.account.model import AttachedPolicy, Group, ManagedPolicy, Role, User

WIDEN = {
    User: ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
    Role: ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
    Group: ("iam:PutGroupPolicy", "iam:AttachGroupPolicy"),
}
REMOVE = {
    User: ("iam:DeleteUserPolicy", "iam:DetachUserPolicy"),
    Role: ("iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
    Group: ("iam:DeleteGroupPolicy", "iam:DetachGroupPolicy"),
}
"""The actions that remove an inline policy, and an attached one."""
UNBOUND = {
    User: ("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"),
    Role: ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
}
REWRITE, ROLL_BACK = "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"
JOIN, LEAVE = "iam:AddUserToGroup", "iam:RemoveUserFromGroup"
ACTIONS = (
    *(action for of_type in (WIDEN, REMOVE, UNBOUND) for actions in of_type.values() for action in actions),
    *(REWRITE, ROLL_BACK, JOIN, LEAVE),
)
"""Every action that changes permissions."""


@dataclass(frozen=True)
class Change:
    """A change to the permissions of a user or role: the action, the entity that it is on, and what it leads to."""

    action: str
    on: Item
    told: str
    after: Supposed


@dataclass(frozen=True)
class Reachable:
    """Whom somebody may act on: the actions of its policies, each with the set of what they reach."""

    actors: Actors
    inventory: Inventory
    able: Mapping[str, int]

    def may(self, action: str, on: Item) -> bool:
        """Whether an action may be allowed on an entity."""
        return bool(self.able.get(action, 0) & self.inventory.set_of((on,)))


def changes(by: Reachable, target: Supposed, name: str) -> Iterator[Change]:
    """The changes that somebody may make to a user or role (`name`), strongest first."""
    if by.able:
        yield from _of_policies(by, target, name)
        yield from _of_boundary(by, target, name)
        yield from _of_versions(by, target, name)
        yield from _of_groups(by, target)
        yield from _of_denies(by, target, name)


def name_of(item: Item) -> str:
    """An entity as reports name it: `role/app`."""
    return f"{'policy' if isinstance(item, ManagedPolicy) else type(item).__name__.lower()}/{item.name}"


def _on(owner: Item, name: str) -> str:
    return f"`group/{owner.name}`, of which `{name}` is a member" if isinstance(owner, Group) else f"`{name}`"


def _widened(actors: Actors, target: Supposed) -> Supposed:
    """The target with AdministratorAccess, which new policies can give it."""
    arn = f"arn:{actors.account.partition or 'aws'}:iam::aws:policy/AdministratorAccess"
    attached = (*target.entity.attached, AttachedPolicy("AdministratorAccess", arn))
    versions = (*target.versions, (arn, ADMINISTRATOR_ACCESS))
    return replace(target, entity=replace(target.entity, attached=attached), versions=versions)


def _of_policies(by: Reachable, target: Supposed, name: str) -> Iterator[Change]:
    """New policies for the target, or for a group that it is in."""
    for owner in (target.entity, *by.actors.groups(target.entity)):
        for action in WIDEN[type(owner)]:
            if by.may(action, owner):
                yield Change(action, owner, f"`{action}` on {_on(owner, name)}", _widened(by.actors, target))


def _of_boundary(by: Reachable, target: Supposed, name: str) -> Iterator[Change]:
    """The target without its permissions boundary."""
    entity = target.entity
    for action in UNBOUND[type(entity)] if entity.boundary else ():
        if by.may(action, entity):
            told = f"`{action}` on `{name}`, which removes or replaces its boundary"
            yield Change(action, entity, told, replace(target, entity=replace(entity, boundary=None)))


def _of_versions(by: Reachable, target: Supposed, name: str) -> Iterator[Change]:
    """Other documents of the managed policies that apply to the target, its boundary included."""
    if not (by.able.get(REWRITE) or by.able.get(ROLL_BACK)):
        return
    arns = dict.fromkeys([*_attached(by.actors, target), *filter(None, [target.entity.boundary])])
    for policy in filter(None, map(by.actors.account.policy, arns)):
        where = f"`policy/{policy.name}`, which applies to `{name}`"
        if by.may(REWRITE, policy):
            after = replace(target, versions=(*target.versions, (policy.arn, ADMINISTRATOR_ACCESS)))
            yield Change(REWRITE, policy, f"`{REWRITE}` on {where}", after)
        for version in policy.versions if by.may(ROLL_BACK, policy) else ():
            if not version.is_default:
                after = replace(target, versions=(*target.versions, (policy.arn, version.document)))
                yield Change(ROLL_BACK, policy, f"`{ROLL_BACK}` to {version.id} on {where}", after)


def _of_groups(by: Reachable, target: Supposed) -> Iterator[Change]:
    """The target as a member of another group."""
    entity = target.entity
    if not isinstance(entity, User):
        return
    mine = {group.lower() for group in entity.groups}
    for group in by.inventory.items_of(by.able.get(JOIN, 0)):
        if group.name.lower() not in mine:
            joined = replace(entity, groups=(*entity.groups, group.name))
            yield Change(JOIN, group, f"`{JOIN}` on `group/{group.name}`", replace(target, entity=joined))


def _of_denies(by: Reachable, target: Supposed, name: str) -> Iterator[Change]:
    """The target without a policy that denies something."""
    entity = target.entity
    if not any(map(by.able.get, (*REMOVE[type(entity)], *REMOVE[Group], LEAVE))):
        return
    for held in by.actors.stacks.supposing(target).held:
        if not (held.policy and denies(held.policy)):
            continue
        owner = held.holder
        action = REMOVE[type(owner)][bool(held.arn)]
        if by.may(action, owner):
            gone = target.without | {(owner.arn, held.arn or held.name)}
            told = f"`{action}` on {_on(owner, name)}, which removes what `{held.name}` denies"
            yield Change(action, owner, told, replace(target, without=gone))
        if isinstance(owner, Group) and isinstance(entity, User) and by.may(LEAVE, owner):
            left = tuple(group for group in entity.groups if group.lower() != owner.name.lower())
            told = f"`{LEAVE}` on `group/{owner.name}`, which lifts what `{held.name}` denies"
            yield Change(LEAVE, owner, told, replace(target, entity=replace(entity, groups=left)))


def _attached(actors: Actors, target: Supposed) -> Iterator[str]:
    for holder in (target.entity, *actors.groups(target.entity)):
        yield from (policy.arn for policy in holder.attached)
