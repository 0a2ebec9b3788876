"""The part of an account that a plan is about, as an immutable value to which steps can be applied."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from policygen.account.model import Account, Document, ManagedPolicy
from policygen.deploy.desired import OWN_PATH, Desired, arn_name
from policygen.policy.meaning import normal, same


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group: its inline policies by name, the ARNs of its managed policies, its members in lower case."""

    name: str
    path: str
    inline: Mapping[str, Document]
    attached: tuple[str, ...] = ()
    members: tuple[str, ...] = ()

    kind = "group"


@dataclass(frozen=True, slots=True)
class RoleState:
    """A role: who can assume it, its policies as for a group, and the ARN of its permissions boundary."""

    name: str
    path: str
    trust: Document
    inline: Mapping[str, Document]
    attached: tuple[str, ...] = ()
    boundary: str | None = None
    used_by: tuple[str, ...] = ()
    """Its instance profiles; a role that has any cannot be deleted."""

    kind = "role"


HolderState = GroupState | RoleState
"""What a plan can give policies."""


def names(holder: HolderState) -> dict[str, str]:
    """The argument by which calls name a group or role: `{"GroupName": "All"}`."""
    return {f"{holder.kind.title()}Name": holder.name}


@dataclass(frozen=True, slots=True)
class VersionState:
    """A version of a managed policy."""

    id: str
    document: Document


@dataclass(frozen=True, slots=True)
class PolicyState:
    """A managed policy: its versions, oldest first, the id of the default one, and who has it (`group/Humans`)."""

    versions: tuple[VersionState, ...]
    default: str
    holders: tuple[str, ...] = ()

    @property
    def document(self) -> Document:
        """The document of the default version."""
        return next(version.document for version in self.versions if version.id == self.default)

    def version(self, document: Document) -> str | None:
        """The id of the newest version with the same meaning as a document; None if there is none."""
        return next((one.id for one in reversed(self.versions) if same(one.document, document)), None)


@dataclass(frozen=True, slots=True)
class UserState:
    """A user, and the names of the user's groups in lower case."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """Groups, users and roles by name in lower case, managed policies by ARN."""

    prefix: str
    """The beginning of the ARNs of the account's managed policies."""
    groups: Mapping[str, GroupState]
    policies: Mapping[str, PolicyState]
    users: Mapping[str, UserState]
    roles: Mapping[str, RoleState] = field(default_factory=dict)

    def holder(self, arguments: Mapping[str, Any]) -> HolderState | None:
        """The group or role that a call names; None if it does not exist."""
        if "RoleName" in arguments:
            return self.roles.get(arguments["RoleName"].lower())
        return self.groups.get(arguments["GroupName"].lower())

    def with_holder(self, holder: HolderState) -> "State":
        """The state with a group or role, which replaces one of the same kind and name."""
        if isinstance(holder, RoleState):
            return replace(self, roles={**self.roles, holder.name.lower(): holder})
        return self.with_group(holder)

    def without_role(self, name: str) -> "State":
        """The state without the role of this name, in any case."""
        return replace(self, roles={key: role for key, role in self.roles.items() if key != name.lower()})

    def group(self, name: str) -> GroupState | None:
        """The group of this name, in any case."""
        return self.groups.get(name.lower())

    def arn(self, arguments: Mapping[str, Any]) -> str:
        """The ARN of the managed policy that a call refers to or creates."""
        return str(arguments.get("PolicyArn") or f"{self.prefix}{arguments['Path']}{arguments['PolicyName']}")

    def is_own(self, arn: str) -> bool:
        """Whether a managed policy has the path under which policygen creates its own."""
        return arn.startswith(self.prefix + OWN_PATH)

    def document(self, arn: str) -> Document | None:
        """The default document of a managed policy; None if the state does not have the policy."""
        policy = self.policies.get(arn)
        return policy.document if policy else None

    def with_group(self, group: GroupState) -> "State":
        """The state with a group, which replaces one of the same name."""
        return replace(self, groups={**self.groups, group.name.lower(): group})

    def renamed(self, name: str, new: str) -> "State":
        """The state in which a group has a new name, also among its members' groups and its policies' holders."""
        group, old = self.groups[name.lower()], name.lower()
        users = {
            key: replace(user, groups=tuple(sorted(new.lower() if one == old else one for one in user.groups)))
            for key, user in self.users.items()
            if old in user.groups
        }
        policies = {
            arn: replace(policy, holders=_renamed(policy.holders, f"group/{group.name}", f"group/{new}"))
            for arn, policy in self.policies.items()
            if f"group/{group.name}" in policy.holders
        }
        state = self.without_group(name).with_group(replace(group, name=new))
        return replace(state, users={**self.users, **users}, policies={**self.policies, **policies})

    def with_policy(self, arn: str, policy: PolicyState) -> "State":
        """The state with a managed policy, which replaces one with the same ARN."""
        return replace(self, policies={**self.policies, arn: policy})

    def without_group(self, name: str) -> "State":
        """The state without the group of this name, in any case."""
        return replace(self, groups={key: group for key, group in self.groups.items() if key != name.lower()})

    def without_policy(self, arn: str) -> "State":
        """The state without a managed policy."""
        return replace(self, policies={key: policy for key, policy in self.policies.items() if key != arn})

    def with_user(self, user: UserState) -> "State":
        """The state with a user, who replaces one of the same name."""
        return replace(self, users={**self.users, user.name.lower(): user})

    @cached_property
    def fingerprint(self) -> str:
        """A digest that is the same for states with the same plan: version ids and spelling do not matter.

        Of policies that policygen did not create only the ARN matters, and of AWS managed policies only where they are
        attached: IAM lists those in an account's details only while they are attached somewhere.
        """
        return digest(
            {
                "groups": {
                    name: asdict(group) | {"inline": {key: normal(document) for key, document in group.inline.items()}}
                    for name, group in self.groups.items()
                },
                "roles": {
                    name: asdict(role)
                    | {"inline": {key: normal(document) for key, document in role.inline.items()}}
                    | {"trust": normal(role.trust)}
                    for name, role in self.roles.items()
                },
                "policies": {
                    arn: {
                        "default": normal(policy.document),
                        "versions": sorted(digest(normal(version.document)) for version in policy.versions),
                    }
                    for arn, policy in self.policies.items()
                    if self.is_own(arn)
                },
                "others": [arn for arn in sorted(self.policies) if arn.startswith(self.prefix + "/")],
                "users": {name: sorted(set(user.groups) & self.groups.keys()) for name, user in self.users.items()},
            }
        )


def observe(account: Account, desired: Desired) -> State:
    """The desired and owned groups and roles as they are in the account, with the policies they have or should have.

    This includes all users, and customer managed policies with the name of a desired one, whatever their path, because
    IAM does not allow two of the same name.
    """
    groups = {name.lower() for name in (*(group.name for group in desired.groups), *desired.owned.groups)}
    shown = [group for group in account.groups if group.name.lower() in groups]
    roles = {name.lower() for name in (*(role.name for role in desired.roles), *desired.owned.roles)}
    of_roles = [role for role in account.roles if role.name.lower() in roles]
    wanted = {*desired.arns, *(attached.arn for holder in (*shown, *of_roles) for attached in holder.attached)}
    wanted |= {role.boundary for role in of_roles if role.boundary}
    created = {arn_name(arn).lower() for arn in desired.managed}
    holders = holders_of_policies(account)
    return State(
        f"arn:{desired.partition}:iam::{desired.account}:policy",
        {
            group.name.lower(): GroupState(
                group.name,
                group.path,
                {policy.name: policy.document for policy in group.inline},
                tuple(sorted(policy.arn for policy in group.attached)),
                tuple(sorted(user.name.lower() for user in account.members(group.name))),
            )
            for group in shown
        },
        {
            policy.arn: _policy(policy, holders.get(policy.arn, ()))
            for policy in account.policies
            if policy.arn in wanted
            or policy.arn in desired.owned.policies
            or (not policy.aws_managed and (policy.path.startswith(OWN_PATH) or policy.name.lower() in created))
        },
        {
            user.name.lower(): UserState(user.name, tuple(sorted(name.lower() for name in user.groups)))
            for user in account.users
        },
        {
            role.name.lower(): RoleState(
                role.name,
                role.path,
                role.trust,
                {policy.name: policy.document for policy in role.inline},
                tuple(sorted(policy.arn for policy in role.attached)),
                role.boundary,
                role.instance_profiles,
            )
            for role in of_roles
        },
    )


def _renamed(holders: tuple[str, ...], name: str, new: str) -> tuple[str, ...]:
    return tuple(sorted(new if holder == name else holder for holder in holders))


def _policy(policy: ManagedPolicy, holders: Iterable[str]) -> PolicyState:
    versions = sorted(policy.versions, key=lambda version: int(version.id.removeprefix("v") or 0))
    kept = tuple(VersionState(version.id, version.document) for version in versions)
    return PolicyState(kept, policy.default.id, tuple(sorted(holders)))


def holders_of_policies(account: Account) -> dict[str, list[str]]:
    """ARN → who has the managed policy attached or as their permissions boundary (`group/Humans`)."""
    holders: dict[str, list[str]] = {}
    for entity in (*account.users, *account.groups, *account.roles):
        boundary = getattr(entity, "boundary", None)
        for arn in dict.fromkeys([*(policy.arn for policy in entity.attached), *([boundary] if boundary else [])]):
            holders.setdefault(arn, []).append(f"{type(entity).__name__.lower()}/{entity.name}")
    return holders


def digest(data: Any) -> str:
    """The SHA-256 digest of JSON data, independent of the order of keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def meaning(document: Document) -> str:
    """A digest of what a document says: the same for documents that differ only in spelling."""
    return digest(normal(document))
