"""What a rule looks at: the snapshot, the strategy, the time, and who holds which policies, worked out once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from policygen.access.powers import Powers
from policygen.access.stack import Stack, Stacks
from policygen.account.model import Account, Entity, ManagedPolicy
from policygen.audit.strategy import Strategy
from policygen.policy.model import Policy

_SOME_ACCOUNT = "123456789012"
"""Where a snapshot names no account, it names nothing that belongs to one either."""
LATER = "a date is later than the credential report, so ages cannot be counted"
"""Why nothing is said of an age."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One account under audit. Ages are counted up to `now`."""

    account: Account
    now: datetime
    strategy: Strategy = field(default_factory=Strategy)
    chosen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The parameters of every rule that runs, so that a command of one holds what the others ask for."""

    def days(self, since: datetime) -> int | None:
        """Whole days that have passed since a time; None for one later than `now`, of which nothing can be said."""
        return (self.now - since).days if since <= self.now else None

    @property
    def holders(self) -> tuple[Entity, ...]:
        """Everything that can have policies: users, groups and roles."""
        return (*self.account.users, *self.account.groups, *self.account.roles)

    @cached_property
    def stacks(self) -> Stacks:
        """Which policies decide on the users, groups and roles of the account."""
        return Stacks(self.account)

    def powers(self, holder: Entity) -> Powers:
        """What a user or role can do; of a group, what it gives to its members."""
        stack = self.stacks.of(holder)
        if stack not in self._powers:
            account, partition = self.account.id or _SOME_ACCOUNT, self.account.partition or "aws"
            self._powers[stack] = Powers(account, partition, stack.policies, stack.boundary, stack.unread)
        return self._powers[stack]

    @cached_property
    def _powers(self) -> dict[Stack, Powers]:
        return {}

    def customer_policies(self) -> Iterator[tuple[ManagedPolicy, Policy | None]]:
        """The managed policies that are the customer's own; None for the text of one that is too complex to judge."""
        return ((item, self.stacks.managed(item.arn)[0]) for item in self.account.policies if not item.aws_managed)
