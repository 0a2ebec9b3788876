"""What one account should look like: groups, what they carry, who belongs to them, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policygen.account.model import Document

OWN_PATH = "/policygen/"
"""The path of the managed policies that policygen makes; only what lies under it is ever pruned."""


@dataclass(frozen=True, slots=True)
class DesiredPolicy:
    """A policy on a group: inline (no `arn`), managed and ours, or managed and somebody else's (no `document`)."""

    name: str
    document: Document | None
    arn: str | None = None


@dataclass(frozen=True, slots=True)
class DesiredGroup:
    """A group and what it should carry and hold. Members are added, never removed."""

    name: str
    policies: tuple[DesiredPolicy, ...] = ()
    path: str = "/"
    create: bool = True
    """Whether to create it if the account has it not; otherwise that is an error."""
    members: tuple[str, ...] = ()
    common: bool = False
    """Every user who is not exempt belongs to it."""
    category: tuple[str, ...] = ()
    """Patterns of names: users belong to exactly one group that has any, or is the default."""
    default_category: bool = False
    """The category of users whom no pattern matches."""

    @property
    def is_category(self) -> bool:
        """Whether the group is one of the categories."""
        return bool(self.category) or self.default_category


@dataclass(frozen=True, slots=True)
class Desired:
    """The desired state of one account."""

    account: str
    partition: str
    groups: tuple[DesiredGroup, ...]
    exempt: tuple[str, ...] = ()
    """Users who belong in no common group and no category."""


def managed_arn(partition: str, account: str, name: str, path: str = OWN_PATH) -> str:
    """The ARN of a customer managed policy."""
    return f"arn:{partition}:iam::{account}:policy{path}{name}"


def arn_path(arn: str) -> str:
    """The path of a managed policy's ARN: `/policygen/`."""
    resource = arn.split(":", 5)[5].removeprefix("policy")
    return resource[: resource.rindex("/") + 1]


def arn_name(arn: str) -> str:
    """The name of a managed policy's ARN."""
    return arn.rpartition("/")[2]


def to_json(desired: Desired) -> dict[str, Any]:
    """The desired state as JSON, for a plan's file."""
    return {
        "account": desired.account,
        "partition": desired.partition,
        "exempt": list(desired.exempt),
        "groups": [
            {
                "name": group.name,
                "path": group.path,
                "create": group.create,
                "members": list(group.members),
                "common": group.common,
                "category": list(group.category),
                "default_category": group.default_category,
                "policies": [
                    {"name": policy.name, "document": policy.document, "arn": policy.arn} for policy in group.policies
                ],
            }
            for group in desired.groups
        ],
    }


def from_json(data: Mapping[str, Any]) -> Desired:
    """The desired state of a plan's file that its schema has accepted."""
    return Desired(
        data["account"],
        data["partition"],
        tuple(
            DesiredGroup(
                name=group["name"],
                path=group["path"],
                create=group["create"],
                members=tuple(group["members"]),
                common=group["common"],
                category=tuple(group["category"]),
                default_category=group["default_category"],
                policies=tuple(DesiredPolicy(**policy) for policy in group["policies"]),
            )
            for group in data["groups"]
        ),
        tuple(data["exempt"]),
    )
