"""One account as a graph: its users and roles, also as they would be after changes, and who can become whom.

The sets of `Inventory` say which edges there may be, at the price of a few operations on numbers; the evaluator decides
on an edge when a way needs it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from policygen.access.actors import Actor, Actors, trusted
from policygen.access.changes import (
    ACTIONS,
    JOIN,
    LEAVE,
    REMOVE,
    REWRITE,
    ROLL_BACK,
    UNBOUND,
    WIDEN,
    Change,
    Reachable,
    changes,
    name_of,
)
from policygen.access.denies import applies_to
from policygen.access.escalation import FAMILIES, Escalation, grouped
from policygen.access.inventory import Inventory
from policygen.access.plain_english import conditions_in_words
from policygen.access.powers import request
from policygen.access.stack import HeldPolicy, Supposed
from policygen.account.model import Group, Role, User
from policygen.evaluate.match import any_of, resource_pattern
from policygen.policy.model import Policy, Statement
from policygen.policy.pattern import matches
from policygen.policy.principals import named as named_in
from policygen.reference.escalation import Path

AS_USER = (
    *("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"),
    *("iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential"),
)
"""The actions that create credentials for a user."""
ASSUME, TRUST, PASS = "sts:AssumeRole", "iam:UpdateAssumeRolePolicy", "iam:PassRole"
DEPTH = 2
"""How many changes to one user or role are followed, one after the other."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A statement that opens a step: it is in a policy that the principal has, or in a role's trust policy (None)."""

    held: HeldPolicy | None
    statement: Statement
    action: str
    role: str = ""

    def __str__(self) -> str:
        where = str(self.held) if self.held else f"the trust policy of `{self.role}`"
        conditions = conditions_in_words(self.statement)
        named = f"statement `{self.statement.sid}`" if self.statement.sid else self.statement.pointer
        return f"`{self.action}`: {named} of {where}{f', if {conditions}' if conditions else ''}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way: with what is `told`, `source` becomes or changes `target`, which is "" if it is anything."""

    source: str
    target: str
    told: str
    action: str = ""
    on: str = ""
    """The ARN of the entity that the action is on."""
    openings: tuple[Opening, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups through which the source has the permissions."""
        held = (opening.held for opening in self.openings)
        return tuple(dict.fromkeys(one.holder.name for one in held if one and isinstance(one.holder, Group)))


@dataclass(eq=False)
class Node:
    """A user or role, perhaps after changes, with the sets of those that it may become and may change."""

    actor: Actor
    name: str
    supposed: Supposed
    depth: int
    able: Mapping[str, int]
    becomes: int
    perhaps: int = 0
    """Those that it may become depending on conditions."""

    @property
    def administers(self) -> bool | None:
        """Whether it is an administrator."""
        return self.actor.powers.administers


class Graph:
    """The users and roles of one account as nodes, and the steps between them."""

    def __init__(self, actors: Actors) -> None:
        self.actors, self.account = actors, actors.account
        self.inventory = Inventory(self.account, (*AS_USER, ASSUME, TRUST, PASS, *ACTIONS))
        self._supposed: dict[tuple[object, ...], Node] = {}
        self.holders: tuple[User | Role, ...] = (*self.account.users, *self.account.roles)
        self.nodes = {holder.arn: self._node(actors.actor(holder), Supposed(holder), 0) for holder in self.holders}

    def of(self, found: int) -> Iterator[Node]:
        """The nodes of the users and roles in a set."""
        return (self.nodes[item.arn] for item in self.inventory.items_of(found))

    def set_of(self, node: Node) -> int:
        """The set with just the user or role of a node."""
        return self.inventory.set_of((node.actor.entity,))

    def step(self, node: Node, target: Node) -> tuple[bool | None, Step]:
        """Whether a node can become another (None: perhaps), and how."""
        best: tuple[bool | None, str, str] = False, "", ""
        for can, told, action in self._entrances(node, target.actor.entity):
            if can or (can is None and best[0] is False):
                best = can, told, action
            if can:
                break
        can, told, action = best
        openings = self._openings(node, action, target.actor.entity.arn) if action and can is not False else ()
        if action == PASS and can:
            openings += tuple(self._runs(node.actor, target))
        return can, Step(node.name, target.name, told, action, target.actor.entity.arn, openings)

    def _runs(self, actor: Actor, target: Node) -> Iterator[Opening]:
        """The statements that allow the actions which run something with a role that was passed."""
        held, bit, granted = {id(one.policy): one for one in actor.stack.held}, self.set_of(target), actor.granted
        for path in actor.paths:
            serves = any(self._serving.get(service, 0) & bit for service in path.services)
            grants = [next((g for name in names for g in granted.get(name, ())), None) for names in path.also]
            if path.family == "roles" and serves and all(grants):
                yield from (Opening(held[id(g.policy)], g.statement, g.action) for g in grants if g)
                return

    def change(self, node: Node, change: Change, after: Node) -> tuple[bool | None, Step]:
        """Whether a node can make a change (None: perhaps)."""
        can = node.actor.can(change.action, change.on.arn)
        openings = self._openings(node, change.action, change.on.arn) if can is not False else ()
        return can, Step(node.name, after.name, change.told, change.action, change.on.arn, openings)

    def changes_to(self, node: Node, target: Node, *, join_any: bool = False) -> list[tuple[Change, Node]]:
        """The changes that a node may make to a user or role, and the user or role after each.

        Of the groups to join, only those that make administrators are tried unless `join_any` is true.
        """
        if target.depth >= DEPTH or not node.able:
            return []
        able = dict(node.able)
        able[JOIN] = able.get(JOIN, 0) if join_any else able.get(JOIN, 0) & self._administering
        by = Reachable(self.actors, self.inventory, able)
        made = changes(by, target.supposed, target.name)
        return [(change, self._after(target, change)) for change in made]

    def wide(self, node: Node) -> Step | None:
        """A known path over all resources of a type that is open to a node."""
        exact = {action for of_type in (REMOVE, UNBOUND) for actions in of_type.values() for action in actions} | {
            LEAVE
        }
        open_ = [found for found in self.actors.open_paths(node.actor) if found.path.every[0] not in exact]
        if node.actor.powers.boundary:  # it limits what is gained by new policies, which `changes_to` evaluates
            open_ = [found for found in open_ if found.path.family != "policies"]
        groups = [group for family in FAMILIES for group in grouped(open_, family)]
        if not groups:
            return None
        held = {id(one.policy): one for one in node.actor.stack.held}
        grants = [grant for grant in groups[0][0].grants if id(grant.policy) in held]
        openings = tuple(Opening(held[id(grant.policy)], grant.statement, grant.action) for grant in grants)
        return Step(node.name, "", _told(groups[0][0]), openings=openings)

    def changeable(self, node: Node) -> int:
        """The users and roles whose permissions a node may change."""
        able, found = node.able, 0
        for kind in (User, Role):
            for action in (*WIDEN[kind], *UNBOUND[kind]):
                found |= able.get(action, 0)
        groups = able.get(WIDEN[Group][0], 0) | able.get(WIDEN[Group][1], 0)
        for group in self.inventory.items_of(groups):
            found |= self.inventory.set_of(self.account.members(group.name))
        for policy in self.inventory.items_of(able.get(REWRITE, 0) | able.get(ROLL_BACK, 0)):
            found |= self._holders.get(policy.arn, 0)
        return found | (self.inventory.users if able.get(JOIN) else 0)

    def _node(self, actor: Actor, supposed: Supposed, depth: int) -> Node:
        own = self.inventory.set_of((actor.entity,))
        able, denied = self.inventory.together(actor.powers.policies, actor.powers.boundary, own)
        becomes = self._becomes(actor, able, denied) & ~own
        return Node(actor, name_of(actor.entity), supposed, depth, able, becomes)

    def _after(self, target: Node, change: Change) -> Node:
        supposed, key = change.after, change.after.key
        if key not in self._supposed:
            self._supposed[key] = self._node(self.actors.supposing(supposed), supposed, target.depth + 1)
        return self._supposed[key]

    def _becomes(self, actor: Actor, able: Mapping[str, int], denied: Mapping[str, int]) -> int:
        """The users and roles that an actor may become."""
        found = able.get(TRUST, 0) | able.get(ASSUME, 0) & self._trusting_account
        found |= (self._trusting.get("*", 0) | self._trusting.get(actor.entity.arn, 0)) & ~denied.get(ASSUME, 0)
        for action in AS_USER:
            found |= able.get(action, 0)
        if able.get(PASS):
            for service in self.services(actor):
                found |= able[PASS] & self._serving.get(service, 0)
        return found

    def running(self, node: Node) -> int:
        """The roles that a node may use through what runs with them, which a snapshot does not show."""
        found = 0
        for path in self._running(node.actor):
            for service in path.services:
                found |= self._serving.get(service, 0)
        return found & ~self.set_of(node)

    def services(self, actor: Actor) -> list[str]:
        """The services that an actor can pass a role to and use it through."""
        able = [path for path in actor.paths if path.family == "roles"]
        granted = actor.granted if able else {}
        found = {
            service
            for path in able
            if all(any(map(granted.get, names)) for names in path.also)
            for grant in granted.get(PASS, ())
            for service in path.services
            if grant.services is None or any(matches(pattern, service) for pattern in grant.services)
        }
        return sorted(found)

    def _running(self, actor: Actor) -> list[Path]:
        """The paths over what runs with a role, whose actions an actor may use on something."""
        able = [path for path in actor.paths if path.family == "compute" and path.services]
        granted = actor.granted if able else {}
        return [
            path
            for path in able
            if all(map(granted.get, path.every)) and all(any(map(granted.get, names)) for names in path.also)
        ]

    def _entrances(self, node: Node, target: User | Role) -> Iterator[tuple[bool | None, str, str]]:
        """Whether a node can become a user or role in each way that there may be, the way in words, and the action."""
        actor, able, bit, name = node.actor, node.able, self.inventory.set_of((target,)), name_of(target)
        for action in (*AS_USER, TRUST):
            if able.get(action, 0) & bit:
                yield actor.can(action, target.arn), f"`{action}` on `{name}`", action
        if not isinstance(target, Role):
            return
        named = (self._trusting.get("*", 0) | self._trusting.get(actor.entity.arn, 0)) & bit
        if named or able.get(ASSUME, 0) & self._trusting_account & bit:
            trust = self.actors.trust[target.arn]
            can = actor.powers.decide(request(actor.principal, ASSUME, target.arn), trust)
            yield can, f"`{ASSUME}` on `{name}`", ASSUME
        if able.get(PASS, 0) & bit:
            for service in self.services(actor):
                if self._serving.get(service, 0) & bit:
                    can = actor.can(PASS, target.arn, service)
                    yield can, f"`{PASS}` of `{name}` to `{service}`", PASS
        for path in self._running(actor):
            if any(self._serving.get(service, 0) & bit for service in path.services):
                yield None, f"{on_what(actor, path)}, if that runs with `{name}`", ""

    def _openings(self, node: Node, action: str, arn: str) -> tuple[Opening, ...]:
        """The first statement that allows an action on a resource, and what the trust policy of a role adds."""
        mine = (
            Opening(held, statement, action)
            for held in node.actor.stack.held
            for statement in (held.policy.statements if held.policy else ())
            if statement.allows and applies_to(statement, action) and _about(statement, node, arn)
        )
        role = self.nodes[arn].actor.entity if action == ASSUME else None
        trusted = _of_trust(self.actors.trust[arn], role) if isinstance(role, Role) else ()
        return (*islice(mine, 1), *trusted)

    @cached_property
    def _trusting(self) -> Mapping[str, int]:
        """The roles that trust a user or role by name, by its ARN; those that trust everybody, by `*`."""
        found: dict[str, int] = {}
        for role in self.account.roles:
            for entry in self._trusted(role):
                found[entry] = found.get(entry, 0) | self.inventory.set_of((role,))
        return found

    @cached_property
    def _trusting_account(self) -> int:
        """The roles whose trust policies may leave it to the account's own policies who assumes them."""
        own = ("*", self.account.id, f"arn:{self.account.partition}:iam::{self.account.id}:root")
        found = 0
        for entry in own:
            found |= self._trusting.get(entry or "", 0)
        return found

    def _trusted(self, role: Role) -> set[str]:
        """The AWS principals that a role trusts; of sessions, the role; `*` for all principals but some."""
        trust = self.actors.trust[role.arn]
        found = {self._role_of(entry) for entry in trusted(trust, "AWS")}
        but_some = any(statement.allows and "NotPrincipal" in statement.body for statement in trust.statements)
        return found | {"*"} if but_some else found

    def _role_of(self, entry: str) -> str:
        if ":assumed-role/" not in entry:
            return entry
        role = self.account.role(entry.partition(":assumed-role/")[2].partition("/")[0])
        return role.arn if role else entry

    @cached_property
    def _administering(self) -> int:
        """The groups whose policies make administrators of their members."""
        groups = self.account.groups
        return self.inventory.set_of(group for group in groups if self.actors.powers(group).administers is not False)

    @cached_property
    def _serving(self) -> Mapping[str, int]:
        """The roles that trust a service, by its name."""
        found: dict[str, int] = {}
        for role in self.account.roles:
            for service in trusted(self.actors.trust[role.arn], "Service"):
                found[service.lower()] = found.get(service.lower(), 0) | self.inventory.set_of((role,))
        return found

    @cached_property
    def _holders(self) -> Mapping[str, int]:
        """The users and roles to which a managed policy applies, also through a group or as a boundary, by its ARN."""
        found: dict[str, int] = {}
        for holder in self.holders:
            bit = self.inventory.set_of((holder,))
            owners = (holder, *self.actors.groups(holder))
            for arn in (*(policy.arn for owner in owners for policy in owner.attached), holder.boundary or ""):
                found[arn] = found.get(arn, 0) | bit
        return found


def on_what(actor: Actor, path: Path) -> str:
    """The actions of a path and the resources on which an actor may use them, in words."""
    actions = " and ".join(f"`{action}`" for action in path.every)
    resources = dict.fromkeys(text for grant in actor.granted[path.every[0]] for text in grant.statement.resource_texts)
    return f"{actions} on {', '.join(f'`{text}`' for text in list(resources)[:2]) or 'some resources'}"


def _told(found: Escalation) -> str:
    actions = " with ".join(dict.fromkeys(f"`{grant.action}`" for grant in found.grants))
    return f"{actions}, which {found.path.gain} (path `{found.path.name}`)"


def _about(statement: Statement, node: Node, arn: str) -> bool:
    negated = "NotResource" in statement.body
    texts = statement.not_resource_texts if negated else statement.resource_texts
    test = any_of(resource_pattern(text, variables=True) for text in texts)
    return test(arn, node.actor.principal.keys) != negated


def _of_trust(trust: Policy, role: Role) -> Iterator[Opening]:
    """The statements of a trust policy that let AWS principals assume the role."""
    for statement in trust.statements:
        open_ = named_in(statement, "AWS") or "NotPrincipal" in statement.body
        if statement.allows and open_ and applies_to(statement, ASSUME):
            yield Opening(None, statement, ASSUME, name_of(role))
