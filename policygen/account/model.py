"""One AWS account as data: who is there, what they hold, what they belong to, and which of it was read at all."""

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
    """A policy that is part of one user, group or role."""

    name: str
    document: Document


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A managed policy as an entity refers to it."""

    name: str
    arn: str


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user. `groups` are names, `boundary` is the ARN of the permissions boundary."""

    name: str
    path: str
    id: str
    arn: str
    created: datetime | None = None
    groups: tuple[str, ...] = ()
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()
    boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """An IAM group; its members are `Account.members`."""

    name: str
    path: str
    id: str
    arn: str
    created: datetime | None = None
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role. `last_used` is None where IAM has tracked no use."""

    name: str
    path: str
    id: str
    arn: str
    trust: Document
    created: datetime | None = None
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()
    boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    last_used: datetime | None = None
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
    """A managed policy, of the customer or of AWS; the reader makes sure that exactly one version is the default."""

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
        """The version in force."""
        return next(version for version in self.versions if version.is_default)

    @property
    def document(self) -> Document:
        """The document in force."""
        return self.default.document

    @property
    def aws_managed(self) -> bool:
        """Whether AWS owns the policy: its ARN has `aws` where an account's would have the account id."""
        return self.arn.split(":")[4:5] == ["aws"]


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One of the two access keys of a row of the credential report; a key that was never made is not active."""

    active: bool | None
    last_rotated: datetime | None = None
    last_used: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """One row of the credential report.

    A flag is None where the report does not say (`not_supported`, or a column that is not there). A date is None
    where there is none: never used, never changed, or used before AWS began to track it (`no_information`).
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
        """Whether the row is the root user's."""
        return self.user == ROOT_USER


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """The credential report: AWS makes one at most every four hours, so `generated` may lie back."""

    rows: tuple[Credentials, ...]
    generated: datetime | None = None


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The account's password policy; a number is None where the policy sets none."""

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
    """A virtual MFA device; `user_arn` is None for one that nobody enabled."""

    serial: str
    user_arn: str | None
    enabled: datetime | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who reads the account (`sts get-caller-identity`)."""

    account: str
    arn: str
    user_id: str


@dataclass(frozen=True)
class Account:
    """A snapshot of one account: `parts` says what was read, and what was not is unknown, never empty or good.

    The parts have the names that `policygen.account.snapshot` gives their files. Users, groups, roles and policies are
    the part `authorization-details`; `policies` holds the customer's managed policies and those of AWS's that the
    snapshot shows. An account that was asked and has no password policy of its own has the part `password-policy`
    and None in `password_policy`.
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
        """The user of a name; IAM compares names without case."""
        return self._users.get(name.lower())

    def group(self, name: str) -> Group | None:
        """The group of a name; IAM compares names without case."""
        return self._groups.get(name.lower())

    def role(self, name: str) -> Role | None:
        """The role of a name; IAM compares names without case."""
        return self._roles.get(name.lower())

    def policy(self, arn: str) -> ManagedPolicy | None:
        """The managed policy of an ARN; None where the snapshot does not hold it, so its document is unknown."""
        return self._policies.get(arn)

    def members(self, group: str) -> tuple[User, ...]:
        """The users that belong to a group, in the snapshot's order."""
        return self._members.get(group.lower(), ())

    def credentials(self, user: str) -> Credentials | None:
        """The user's row of the credential report; None where there is no report or no such row."""
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
