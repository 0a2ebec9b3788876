"""What rules check: the snapshot, the strategy, the time, and who can do what, which is computed once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from policygen.access.actors import Actors
from policygen.access.become import Way, ways
from policygen.access.stack import Stacks
from policygen.account.model import Account, Entity, ManagedPolicy
from policygen.audit.strategy import Strategy
from policygen.policy.model import Policy

LATER = "a date is later than the credential report, so ages cannot be counted"
"""Why an age is unknown."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One account under audit. Ages are counted up to `now`."""

    account: Account
    now: datetime
    strategy: Strategy = field(default_factory=Strategy)
    chosen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The parameters of every rule that runs, so that one command can satisfy several rules."""

    def days(self, since: datetime) -> int | None:
        """The whole days since a time; None, for unknown, if it is later than `now`."""
        return (self.now - since).days if since <= self.now else None

    @property
    def holders(self) -> tuple[Entity, ...]:
        """Everything that can have policies: users, groups and roles."""
        return (*self.account.users, *self.account.groups, *self.account.roles)

    @cached_property
    def actors(self) -> Actors:
        """What the users, groups and roles of the account can do."""
        return Actors(self.account)

    @property
    def stacks(self) -> Stacks:
        """The policies that apply to the users, groups and roles of the account."""
        return self.actors.stacks

    @cached_property
    def ways(self) -> Mapping[str, Way]:
        """How each user and role can become an administrator, by ARN."""
        return ways(self.actors)

    @cached_property
    def attached(self) -> Mapping[str, Sequence[Entity]]:
        """The users, groups and roles that a managed policy is attached to, by its ARN."""
        found: dict[str, list[Entity]] = {}
        for holder in self.holders:
            for policy in holder.attached:
                found.setdefault(policy.arn, []).append(holder)
        return found

    def customer_policies(self) -> Iterator[tuple[ManagedPolicy, Policy | None]]:
        """The customer managed policies, each with its document; None if that is too complex to judge."""
        return ((item, self.stacks.managed(item.arn)[0]) for item in self.account.policies if not item.aws_managed)
