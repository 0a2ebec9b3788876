"""The part of an account that a plan is about, on which steps can be tried. Every state is a value: none changes."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from policygen.account.model import Account, Document, ManagedPolicy
from policygen.deploy.desired import OWN_PATH, Desired
from policygen.policy.meaning import normal, same


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group: inline policies by name, the ARNs of its managed policies, its members in lower case."""

    name: str
    path: str
    inline: Mapping[str, Document]
    attached: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionState:
    """A version of a managed policy."""

    id: str
    document: Document


@dataclass(frozen=True, slots=True)
class PolicyState:
    """A managed policy: its versions, oldest first, the id of the one in force, and who has it (`group/Humans`)."""

    versions: tuple[VersionState, ...]
    default: str
    holders: tuple[str, ...] = ()

    @property
    def document(self) -> Document:
        """The document in force."""
        return next(version.document for version in self.versions if version.id == self.default)

    def version(self, document: Document) -> str | None:
        """The id of the newest version that says the same as a document, None if none does."""
        return next((one.id for one in reversed(self.versions) if same(one.document, document)), None)


@dataclass(frozen=True, slots=True)
class UserState:
    """A user and the groups it is in, in lower case."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """Groups and users by their names in lower case, managed policies by ARN."""

    prefix: str
    """What the ARNs of the account's managed policies begin with."""
    groups: Mapping[str, GroupState]
    policies: Mapping[str, PolicyState]
    users: Mapping[str, UserState]

    def group(self, name: str) -> GroupState | None:
        """The group of a name, in any case."""
        return self.groups.get(name.lower())

    def arn(self, arguments: Mapping[str, Any]) -> str:
        """The ARN of the managed policy that a call names, or makes."""
        return str(arguments.get("PolicyArn") or f"{self.prefix}{arguments['Path']}{arguments['PolicyName']}")

    def document(self, arn: str) -> Document | None:
        """The document in force of a managed policy, None where the state does not have it."""
        policy = self.policies.get(arn)
        return policy.document if policy else None

    def with_group(self, group: GroupState) -> "State":
        """The state with a group, in place of one of the same name."""
        return replace(self, groups={**self.groups, group.name.lower(): group})

    def with_policy(self, arn: str, policy: PolicyState) -> "State":
        """The state with a managed policy, in place of one of the same ARN."""
        return replace(self, policies={**self.policies, arn: policy})

    def without_group(self, name: str) -> "State":
        """The state without the group of a name, in any case."""
        return replace(self, groups={key: group for key, group in self.groups.items() if key != name.lower()})

    def without_policy(self, arn: str) -> "State":
        """The state without a managed policy."""
        return replace(self, policies={key: policy for key, policy in self.policies.items() if key != arn})

    def with_user(self, user: UserState) -> "State":
        """The state with a user, in place of one of the same name."""
        return replace(self, users={**self.users, user.name.lower(): user})

    @cached_property
    def fingerprint(self) -> str:
        """A digest that two states share if a plan cannot tell them apart: version ids and spelling do not count.

        Of policies that are not ours only the ARN counts, and of AWS's own only where it is attached: IAM lists those
        in an account's details once they are attached somewhere, so they come and go with the attachments themselves.
        """
        own = self.prefix + OWN_PATH
        return digest(
            {
                "groups": {
                    name: asdict(group) | {"inline": {key: normal(document) for key, document in group.inline.items()}}
                    for name, group in self.groups.items()
                },
                "policies": {
                    arn: {
                        "default": normal(policy.document),
                        "versions": sorted(digest(normal(version.document)) for version in policy.versions),
                    }
                    for arn, policy in self.policies.items()
                    if arn.startswith(own)
                },
                "others": [arn for arn in sorted(self.policies) if arn.startswith(self.prefix + "/")],
                "users": {name: sorted(set(user.groups) & self.groups.keys()) for name, user in self.users.items()},
            }
        )


def observe(account: Account, desired: Desired) -> State:
    """What an account shows of the groups that are desired, the policies on them or meant for them, and the users.

    Customer managed policies that share a name with one that is meant are among them, wherever their path: IAM lets
    none be made beside them.
    """
    groups = {name.lower() for name in (group.name for group in desired.groups)}
    shown = [group for group in account.groups if group.name.lower() in groups]
    wanted = {policy.arn for group in desired.groups for policy in group.policies if policy.arn}
    wanted |= {attached.arn for group in shown for attached in group.attached}
    made = {
        policy.name.lower() for group in desired.groups for policy in group.policies if policy.arn and policy.document
    }
    holders = _holders(account)
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
            or (not policy.aws_managed and (policy.path.startswith(OWN_PATH) or policy.name.lower() in made))
        },
        {
            user.name.lower(): UserState(user.name, tuple(sorted(name.lower() for name in user.groups)))
            for user in account.users
        },
    )


def _policy(policy: ManagedPolicy, holders: Iterable[str]) -> PolicyState:
    versions = sorted(policy.versions, key=lambda version: int(version.id.removeprefix("v") or 0))
    kept = tuple(VersionState(version.id, version.document) for version in versions)
    return PolicyState(kept, policy.default.id, tuple(sorted(holders)))


def _holders(account: Account) -> dict[str, list[str]]:
    holders: dict[str, list[str]] = {}
    for kind, entities in (("user", account.users), ("group", account.groups), ("role", account.roles)):
        for entity in entities:
            boundary = getattr(entity, "boundary", None)
            for arn in {policy.arn for policy in entity.attached} | ({boundary} if boundary else set()):
                holders.setdefault(arn, []).append(f"{kind}/{entity.name}")
    return holders


def digest(data: Any) -> str:
    """The SHA-256 of JSON data, the same for the same data everywhere."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
