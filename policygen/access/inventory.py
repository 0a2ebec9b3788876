"""Sets of an account's users, groups, roles and policies, and which of them a policy reaches with an action.

A set is the bits of a number, so that what many policies reach together is computed at once. The sets leave conditions
aside: what an Allow reaches is never too little, what a Deny takes away never too much; the evaluator decides after it.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from policygen.access.action_matcher import ActionMatcher
from policygen.access.denies import applies_to
from policygen.access.own_user import own_user
from policygen.account.model import Account, Group, ManagedPolicy, Role, User
from policygen.policy.model import Policy, Statement
from policygen.policy.pattern import head, is_wild, matcher, matches
from policygen.reference.services import find_action

Item = User | Group | Role | ManagedPolicy
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_LAST = chr(0x10FFFF)


class Reach(NamedTuple):
    """What the statements of one policy reach: action → set."""

    allows: Mapping[str, int]
    own: Collection[str]
    """The actions that are allowed on the caller's own user."""
    denies: Mapping[str, int]


class Inventory:
    """The entities of an account, each with a place in sets, and what policies reach with some actions."""

    def __init__(self, account: Account, actions: Iterable[str]) -> None:
        policies = tuple(policy for policy in account.policies if not policy.aws_managed)
        self.items: tuple[Item, ...] = (*account.users, *account.groups, *account.roles, *policies)
        self._place = {item.arn: number for number, item in enumerate(self.items)}
        arns = [arn.split(":", 5) for arn in self._place]
        self._owners = sorted({tuple(parts[:5]) for parts in arns})
        """The first five segments of the ARNs: all of one account."""
        self._sorted = sorted((parts[5], self._place[":".join(parts)]) for parts in arns)
        self._of_type = {
            "user": self.set_of(account.users),
            "group": self.set_of(account.groups),
            "role": self.set_of(account.roles),
            "policy": self.set_of(policies),
        }
        self.users, self.roles = self._of_type["user"], self._of_type["role"]
        self._matcher = ActionMatcher(actions)
        self._targets = {action: self._targets_of(action) for action in self._matcher.named.values()}
        self._matching: dict[str, int] = {}
        self._reach: dict[Policy, Reach | None] = {}

    def set_of(self, items: Iterable[Item]) -> int:
        """The set of some entities; those that the account does not have are left out."""
        found = 0
        for item in items:
            place = self._place.get(item.arn)
            found |= 0 if place is None else 1 << place
        return found

    def items_of(self, found: int) -> Iterator[Item]:
        """The entities in a set."""
        while found:
            lowest = found & -found
            yield self.items[lowest.bit_length() - 1]
            found ^= lowest

    def reach(self, policy: Policy) -> Reach | None:
        """What a policy reaches; None if it neither allows nor denies any of the actions on anything in the account."""
        if policy not in self._reach:
            self._reach[policy] = self._of_policy(policy)
        return self._reach[policy]

    def together(
        self, policies: Iterable[Policy], boundary: Policy | None, own: int
    ) -> tuple[dict[str, int], dict[str, int]]:
        """What policies reach together under a boundary, and what they deny; `own` is the set of the caller alone."""
        allows: dict[str, int] = {}
        denies: dict[str, int] = {}
        for reach in filter(None, map(self.reach, policies)):
            self._add(reach, own, allows, denies)
        if boundary and allows:
            limit: dict[str, int] = {}
            for reach in filter(None, [self.reach(boundary)]):
                self._add(reach, own, limit, denies)
            allows = {action: found & limit.get(action, 0) for action, found in allows.items()}
        left = {action: found & ~denies.get(action, 0) for action, found in allows.items()}
        return {action: found for action, found in left.items() if found}, denies

    def _add(self, reach: Reach, own: int, allows: dict[str, int], denies: dict[str, int]) -> None:
        for action, found in reach.allows.items():
            allows[action] = allows.get(action, 0) | found
        for action in reach.own:
            allows[action] = allows.get(action, 0) | own & self._targets[action]
        for action, found in reach.denies.items():
            denies[action] = denies.get(action, 0) | found

    def _targets_of(self, action: str) -> int:
        known = find_action(action)
        found = 0
        for kind in known.resource_types if known else ():
            found |= self._of_type.get(kind, 0)
        return found

    def _of_policy(self, policy: Policy) -> Reach | None:
        allows: dict[str, int] = {}
        denies: dict[str, int] = {}
        own: set[str] = set()
        for statement, actions in self._statements(policy):
            wanted, found = (allows, self._widest(statement)) if statement.allows else (denies, self._surest(statement))
            is_own = statement.allows and any(own_user(text) in ("@", "*/@") for text in statement.resource_texts)
            own |= set(actions) if is_own else set()
            for action in actions:
                wanted[action] = wanted.get(action, 0) | found & self._targets[action]
        return Reach(allows, own, denies) if allows or own or denies else None

    def _statements(self, policy: Policy) -> Iterator[tuple[Statement, list[str]]]:
        """The Allows, and the Denies without conditions, with the actions that they are about."""
        for statement, entries in self._matcher.statements(policy):
            if statement.allows or _always(statement):
                yield statement, [action for _, actions in entries for action in actions]
        for statement in policy.statements:
            if "NotAction" in statement.body and (statement.allows or _always(statement)):
                yield statement, [action for action in self._matcher.named.values() if applies_to(statement, action)]

    def _widest(self, statement: Statement) -> int:
        """All that the statement may be about."""
        if "NotResource" in statement.body:
            return self._everything & ~self._surely(statement.not_resource_texts)
        return self._perhaps(text for text in statement.resource_texts if own_user(text) not in ("@", "*/@"))

    def _surest(self, statement: Statement) -> int:
        """What the statement certainly is about."""
        if "NotResource" in statement.body:
            return self._everything & ~self._perhaps(statement.not_resource_texts)
        return self._surely(statement.resource_texts)

    @property
    def _everything(self) -> int:
        return (1 << len(self.items)) - 1

    def _perhaps(self, texts: Iterable[str]) -> int:
        found = 0
        for text in texts:
            found |= self._of_text(_VARIABLE.sub("*", text) if "${" in text else text)
        return found

    def _surely(self, texts: Iterable[str]) -> int:
        return self._perhaps(text for text in texts if text == "*" or ("${" not in text and _plain(text)))

    def _of_text(self, text: str) -> int:
        """The entities whose ARNs a pattern matches; missing segments at the end are `*`, as for the evaluator."""
        if text not in self._matching:
            parts = (*text.split(":", 5), *("*",) * 5)[:6]
            owned = any(all(map(matches, parts, owner)) for owner in self._owners)
            self._matching[text] = self._of_resource(parts[5]) if owned else 0
        return self._matching[text]

    def _of_resource(self, pattern: str) -> int:
        start, fits = head(pattern), matcher(pattern)
        first = bisect_left(self._sorted, (start, -1))
        last = bisect_left(self._sorted, (start + _LAST, -1))
        return sum(1 << place for name, place in self._sorted[first:last] if fits(name))


def _always(statement: Statement) -> bool:
    return statement.effect == "Deny" and not statement.body.get("Condition")


@cache
def _plain(text: str) -> bool:
    """Whether a pattern has wildcards in its last segment only, where they match any text."""
    return text.count(":") >= 5 and not is_wild(":".join(text.split(":")[:5]))
