"""What a user, group or role can do: its actions by service, with the statements that decide on them, and what is lost.

Actions that the same statements decide on, and that take the same types of resources, are judged together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from policygen.access.asked import Asked
from policygen.access.judge import Judge, Judged, usual_contexts
from policygen.access.stack import Stacks
from policygen.access.subject import Subject, subject_of
from policygen.access.targets import Target, targets
from policygen.access.way import narrowing
from policygen.access.who import Levels
from policygen.account.model import Account, Entity
from policygen.evaluate import CompiledPolicy, CompiledStatement, Layers, Request, allow_all, compile_policy
from policygen.evaluate.compare import Verdict
from policygen.policy.model import Kind
from policygen.policy.pattern import is_wild
from policygen.reference.services import actions, find_action, services

_NO_ROLE = "no role of the account certainly trusts it, and roles of other accounts are not considered"
_UNREAD = allow_all()
"""What policies that could not be read may allow."""


class Result(StrEnum):
    """Whether a principal can perform some actions."""

    CAN = "can"
    TAKEN_AWAY = "taken-away"
    """Its own policies allow them, and the permissions boundary or the SCPs do not."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Deciding:
    """The statements that decide on some actions."""

    allows: tuple[CompiledStatement, ...]
    """The principal's own statements that allow them."""
    denies: tuple[CompiledStatement, ...] = ()
    """The statements of all layers that may deny some requests."""
    limits: tuple[CompiledStatement, ...] = ()
    """The Allow statements of the boundary and of SCP levels that do not allow everything: one of each has to match."""


@dataclass(frozen=True)
class Ability:
    """Actions of one service that the same statements decide on."""

    result: Result
    service: str
    actions: tuple[str, ...]
    by: Deciding
    request: Request | None = None
    """A request for one of the actions that is allowed."""
    reason: str = ""
    """What takes the actions away, or why it is not known whether the principal can."""


def can(account: Account, holder: Entity, scps: Levels = (), service: str = "") -> list[Ability]:
    """What a user or role, or any member of a group, can do; with a service prefix, only with that service.

    Actions that its own policies do not allow at all are left out. If a policy could not be read, all is unknown that
    it may allow or deny.
    """
    stacks = Stacks(account)
    stack = stacks.of(holder)
    may_allow = any(held.kind is Kind.IDENTITY for held in stack.missing)
    layers = Layers(
        identity=(*map(compile_policy, stack.policies), *([_UNREAD] if may_allow else [])),
        boundary=compile_policy(stack.boundary) if stack.boundary else None,
        scps=scps,
    )
    inventory = _Inventory(subject_of(account, holder), layers, (*stack.unread, *layers.unknown), stacks)
    return [ability for name in _services(layers.identity, service.lower()) for ability in inventory.abilities(name)]


def _services(identity: Iterable[CompiledPolicy], asked: str) -> list[str]:
    """The services to look at: the one asked for, those that the policies name, or all if a wildcard matches any."""
    if asked:
        return [asked]
    grouped = [found for policy in identity for found in policy.action_patterns("") if found[0].allows]
    named = {service for policy in identity for service in policy.services}
    return sorted({*named, *services()} if grouped else named)


class _Inventory:
    """Finds what one principal can do."""

    def __init__(self, subject: Subject, layers: Layers, unread: tuple[str, ...], stacks: Stacks) -> None:
        self.subject, self.layers, self.unread, self.stacks = subject, layers, unread, stacks
        self.alone = Layers(layers.identity)
        self.contexts = usual_contexts()
        """The condition keys of requests that were allowed, which are tried first for other actions."""

    def abilities(self, service: str) -> list[Ability]:
        """What it can do with one service."""
        found: dict[object, list[Ability]] = {}
        for by, names in self._classes(service):
            if (ability := self._judged(service, tuple(names), by)) is not None:
                found.setdefault((ability.result, ability.by, ability.reason), []).append(ability)
        return [
            replace(alike[0], actions=tuple(sorted(name for one in alike for name in one.actions)))
            for alike in found.values()
        ]

    def _classes(self, service: str) -> Iterator[tuple[Deciding, list[str]]]:
        """The actions that the principal's own policies may allow, by what decides on them and by their resources."""
        entries = [(layer, entry) for layer, policy in self.layers.named() for entry in policy.entries(service)]
        classes: dict[object, tuple[Deciding, list[str]]] = {}
        for name in self._actions(service):
            low = name.lower()
            applying = [(layer, e.statement) for layer, e in entries if e.action(low, {}) is not e.negated]
            allows = tuple(s for layer, s in applying if s.allows and layer == "identity")
            if not allows:
                continue
            by = Deciding(
                tuple(s for s in allows if s not in _UNREAD.statements),
                tuple(s for _, s in applying if not s.allows),
                narrowing(applying),
            )
            action = find_action(name)
            key = by, tuple(layer for layer, s in applying if s.allows), action.resource_types if action else name
            classes.setdefault(key, (by, []))[1].append(name)
        yield from classes.values()

    def _actions(self, service: str) -> list[str]:
        """The actions of a service that AWS's data lists, and those that only the policies name."""
        listed = actions(service)
        named = [
            element.value
            for policy in self.layers.identity
            for statement in policy.statements
            for element in statement.statement.actions
            if statement.allows and element.value.lower().startswith(f"{service}:")
        ]
        unlisted = [name for name in named if not is_wild(name) and name.partition(":")[2].lower() not in listed]
        return [*map(str, listed.values()), *dict.fromkeys(unlisted)]

    def _judged(self, service: str, names: tuple[str, ...], by: Deciding) -> Ability | None:
        """The ability to perform actions, judged by the first one; None if its own policies deny them."""
        judged = self._judge(names[0], self.layers)
        if judged.verdict is not Verdict.NONE and self.unread:
            return Ability(Result.UNKNOWN, service, names, by, reason=self.unread[0])
        if judged.witness:
            return Ability(Result.CAN, service, names, by, judged.witness)
        if judged.verdict is Verdict.UNKNOWN:
            return Ability(Result.UNKNOWN, service, names, by, reason=judged.reason)
        if self._judge(names[0], self.alone).verdict is Verdict.NONE:
            return None
        within = self._judge(names[0], replace(self.layers, scps=()))
        lost_to = "the permissions boundary" if within.verdict is Verdict.NONE else "the SCPs"
        return Ability(Result.TAKEN_AWAY, service, names, by, reason=lost_to)

    def _judge(self, name: str, layers: Layers) -> Judged:
        asked = Asked((name,))
        judged = Judge(asked, contexts=self.contexts).judge(self.subject, _relevant(asked, layers))
        if name != "sts:AssumeRole" or judged.verdict is Verdict.NONE:
            return judged
        found = (self._of_role(target, layers) for target in targets([self.stacks], asked, None))
        return next((one for one in found if one.witness), Judged(Verdict.UNKNOWN, reason=_NO_ROLE))

    def _of_role(self, target: Target, layers: Layers) -> Judged:
        """Whether it assumes a role of the account, whose trust policy has to allow it too."""
        if target.resource is None:
            return Judged(Verdict.UNKNOWN, reason=target.unread)
        limited = replace(_relevant(target.asked, layers), resource=target.resource)
        return Judge(target.asked, contexts=self.contexts).judge(self.subject, limited)


def _relevant(asked: Asked, layers: Layers) -> Layers:
    """The layers with only the statements that are about what is asked."""
    return replace(
        layers,
        identity=tuple(map(asked.relevant, layers.identity)),
        boundary=asked.relevant(layers.boundary) if layers.boundary else None,
        scps=tuple(tuple(map(asked.relevant, level)) for level in layers.scps),
    )
