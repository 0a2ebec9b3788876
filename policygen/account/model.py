"""One AWS account as data: its users, groups, roles and policies, and which parts of it were read at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

Document = Mapping[str, Any]
"""A policy document, parsed."""

ROOT_USER = "<root_account>"
"""The name that the credential report gives the root user."""


@dataclass(frozen=True, slots=True)
class InlinePolicy:
    """A policy embedded in one user, group or role."""

    name: str
    document: Document


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A managed policy attached to a user, group or role."""

    name: str
    arn: str


@dataclass(frozen=True, slots=True)
class _Common:
    """What users, groups and roles have in common."""

    name: str
    path: str
    id: str
    arn: str
    created: datetime | None = None
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class User(_Common):
    """An IAM user. `groups` are names, `boundary` is the ARN of the permissions boundary."""

    groups: tuple[str, ...] = ()
    boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group(_Common):
    """An IAM group; `Account.members` returns its members."""


@dataclass(frozen=True, slots=True)
class Role(_Common):
    """An IAM role with its trust policy.

    `last_used` is None where IAM has not tracked any use, or, if `use_read` is false, where the snapshot does not say.
    """

    trust: Document = field(kw_only=True)
    boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    last_used: datetime | None = None
    use_read: bool = True
    instance_profiles: tuple[str, ...] = ()


Entity = User | Group | Role


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version of a managed policy."""

    id: str
    document: Document
    is_default: bool
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer or AWS managed policy; `account.parse` makes sure that exactly one version is the default."""

    name: str
    path: str
    id: str
    arn: str
    versions: tuple[PolicyVersion, ...]
    attachment_count: int = 0
    boundary_count: int = 0
    created: datetime | None = None
    updated: datetime | None = None

    @property
    def default(self) -> PolicyVersion:
        """The default version, which is the one in force."""
        return next(version for version in self.versions if version.is_default)

    @property
    def document(self) -> Document:
        """The document of the default version."""
        return self.default.document

    @property
    def aws_managed(self) -> bool:
        """Whether this is an AWS managed policy: its ARN has `aws` in place of an account id."""
        return self.arn.split(":")[4:5] == ["aws"]


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One of a user's two access keys in the credential report; a key that was never created is not active."""

    active: bool | None
    last_rotated: datetime | None = None
    last_used: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """One row of the credential report.

    A flag is None where the report does not say (`not_supported`, or a missing column). A date is None for what never
    happened, or happened before AWS began to track it (`no_information`).
    """

    user: str
    arn: str
    created: datetime | None
    password_enabled: bool | None
    password_last_used: datetime | None
    password_last_changed: datetime | None
    password_next_rotation: datetime | None
    mfa_active: bool | None
    access_keys: tuple[AccessKey, ...]
    certificates_active: tuple[bool | None, ...]

    @property
    def is_root(self) -> bool:
        """Whether this is the row of the root user."""
        return self.user == ROOT_USER


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """The credential report. AWS generates it at most every four hours, so it may be older than the snapshot."""

    rows: tuple[Credentials, ...]
    generated: datetime | None = None


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The account's password policy; a number is None where the policy does not set it."""

    minimum_length: int
    require_symbols: bool
    require_numbers: bool
    require_uppercase: bool
    require_lowercase: bool
    allow_users_to_change: bool
    max_age_days: int | None = None
    reuse_prevention: int | None = None
    hard_expiry: bool = False


@dataclass(frozen=True, slots=True)
class VirtualMfaDevice:
    """A virtual MFA device; `user_arn` is None for one that was never enabled."""

    serial: str
    user_arn: str | None
    enabled: datetime | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal who reads the account (`sts get-caller-identity`)."""

    account: str
    arn: str
    user_id: str


@dataclass(frozen=True)
class Account:
    """A snapshot of one account: `parts` says what was read; anything else is unknown, not empty.

    The parts are named after their files in a snapshot. Users, groups, roles and policies are the part
    `authorization-details`; `policies` holds the customer managed policies, and the AWS managed ones that the snapshot
    contains. An account without a password policy of its own has the part `password-policy` and None as
    `password_policy`.
    """

    id: str | None
    partition: str | None = None
    parts: frozenset[str] = frozenset()
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    roles: tuple[Role, ...] = ()
    policies: tuple[ManagedPolicy, ...] = ()
    credential_report: CredentialReport | None = None
    password_policy: PasswordPolicy | None = None
    summary: Mapping[str, int] | None = None
    """`GetAccountSummary`: counts and quotas by AWS's names, such as `GroupPolicySizeQuota`."""
    virtual_mfa_devices: tuple[VirtualMfaDevice, ...] | None = None
    caller: Caller | None = None

    def user(self, name: str) -> User | None:
        """The user of this name, in any case: IAM ignores the case of names."""
        return self._users.get(name.lower())

    def group(self, name: str) -> Group | None:
        """The group of this name, in any case."""
        return self._groups.get(name.lower())

    def role(self, name: str) -> Role | None:
        """The role of this name, in any case."""
        return self._roles.get(name.lower())

    def policy(self, arn: str) -> ManagedPolicy | None:
        """The managed policy of this ARN; None if the snapshot does not contain it, so that its document is unknown."""
        return self._policies.get(arn)

    def members(self, group: str) -> tuple[User, ...]:
        """The members of a group, in the snapshot's order."""
        return self._members.get(group.lower(), ())

    def credentials(self, user: str) -> Credentials | None:
        """The user's row of the credential report; None if there is no report or no such row."""
        return self._credentials.get(user.lower())

    @cached_property
    def _users(self) -> Mapping[str, User]:
        return {user.name.lower(): user for user in self.users}

    @cached_property
    def _groups(self) -> Mapping[str, Group]:
        return {group.name.lower(): group for group in self.groups}

    @cached_property
    def _roles(self) -> Mapping[str, Role]:
        return {role.name.lower(): role for role in self.roles}

    @cached_property
    def _policies(self) -> Mapping[str, ManagedPolicy]:
        return {policy.arn: policy for policy in self.policies}

    @cached_property
    def _credentials(self) -> Mapping[str, Credentials]:
        rows = self.credential_report.rows if self.credential_report else ()
        return {row.user.lower(): row for row in rows}

    @cached_property
    def _members(self) -> Mapping[str, tuple[User, ...]]:
        members: dict[str, list[User]] = {}
        for user in self.users:
            for name in user.groups:
                members.setdefault(name.lower(), []).append(user)
        return {name: tuple(users) for name, users in members.items()}
