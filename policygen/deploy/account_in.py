"""An account as it would be in a state of a plan, to find which policies would then apply to its entities."""

from dataclasses import replace

from policygen.account.model import (
    Account,
    AttachedPolicy,
    Group,
    InlinePolicy,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)
from policygen.deploy.desired import arn_name
from policygen.deploy.state import GroupState, PolicyState, RoleState, State


def account_in(account: Account, state: State) -> Account:
    """The account with the groups, roles and managed policies of a state; for its users see `user_in`."""
    groups = {group.name.lower(): group for group in account.groups}
    policies = {policy.arn: policy for policy in account.policies}
    groups |= {name: _group(shown) for name, shown in state.groups.items()}
    policies |= {arn: _policy(arn, shown) for arn, shown in state.policies.items()}
    roles = {role.name.lower(): role for role in account.roles}
    roles |= {name: _role(account, roles.get(name), shown) for name, shown in state.roles.items()}
    return replace(
        account, groups=tuple(groups.values()), roles=tuple(roles.values()), policies=tuple(policies.values())
    )


def _role(account: Account, role: Role | None, shown: RoleState) -> Role:
    arn = f"arn:{account.partition}:iam::{account.id}:role{shown.path}{shown.name}"
    return replace(
        role or Role(shown.name, shown.path, "", arn, trust=shown.trust),
        trust=shown.trust,
        boundary=shown.boundary,
        inline=tuple(InlinePolicy(name, document) for name, document in shown.inline.items()),
        attached=tuple(AttachedPolicy(arn_name(arn), arn) for arn in shown.attached),
    )


def user_in(user: User, state: State) -> User:
    """The user as a member of the groups that a state gives it."""
    shown = state.users.get(user.name.lower())
    return user if shown is None or shown.groups == user.groups else replace(user, groups=shown.groups)


def _group(shown: GroupState) -> Group:
    inline = tuple(InlinePolicy(name, document) for name, document in shown.inline.items())
    attached = tuple(AttachedPolicy(arn_name(arn), arn) for arn in shown.attached)
    return Group(shown.name, shown.path, "", "", inline=inline, attached=attached)


def _policy(arn: str, shown: PolicyState) -> ManagedPolicy:
    versions = tuple(PolicyVersion(one.id, one.document, one.id == shown.default) for one in shown.versions)
    return ManagedPolicy(arn_name(arn), "", "", arn, versions)
