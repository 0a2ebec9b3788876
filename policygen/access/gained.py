"""What a change of policies newly allows: every difference, under the statement that makes it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from policygen.access.danger import Danger, by_danger, danger
from policygen.access.sessions import KINDS, within
from policygen.errors import some
from policygen.evaluate import CompiledStatement, Decision, Layers, Outcome, Request
from policygen.evaluate.compare import Comparison, Verdict, differences, new_access
from policygen.policy.meaning import as_text, normal_statement
from policygen.policy.pattern import is_wild
from policygen.reference.services import data_date, find_action


@dataclass(frozen=True)
class Named:
    """What the policies of both sides name, in lower case."""

    services: frozenset[str]
    actions: frozenset[str]
    """Those without wildcards."""

    @classmethod
    def by(cls, *sides: Layers) -> "Named":
        """What these policies name."""
        policies = [policy for side in sides for _, policy in side.named()]
        actions = frozenset[str]().union(*(policy.policy.action_names for policy in policies))
        services = frozenset[str]().union(*(policy.services for policy in policies))
        return cls(services, frozenset(name for name in actions if not is_wild(name)))


@dataclass(frozen=True)
class Gain:
    """Actions that are newly allowed for one reason."""

    statement: CompiledStatement | None
    """An Allow of NEW, or a Deny of OLD that does not deny in NEW; None if neither made the difference."""
    before: str
    """Why OLD does not allow the actions."""
    found: tuple[Comparison, ...]
    """The differences, each about actions that the same statements apply to."""
    named: Named

    @cached_property
    def actions(self) -> list[str]:
        """The actions of the services that a policy names, except those that nobody has listed (yet)."""
        every = {action for one in self.found for action in one.actions}
        return by_danger(action for action in every if self._exists(action) and _service(action) in self.named.services)

    @property
    def others(self) -> bool:
        """Whether actions are gained that nobody has listed (yet)."""
        return any(not self._exists(action) for one in self.found for action in one.actions)

    @property
    def everywhere(self) -> bool:
        """Whether actions of all other services are gained."""
        return any(_service(action) not in self.named.services for one in self.found for action in one.actions)

    def _exists(self, action: str) -> bool:
        return find_action(action) is not None or action.lower() in self.named.actions

    @cached_property
    def example(self) -> Comparison:
        """The difference about the most dangerous action."""
        return next((one for one in self.found if {*self.actions[:1]} & {*one.actions}), self.found[0])

    @property
    def witness(self) -> Request | None:
        """A request for the most dangerous action."""
        return self.example.witness

    @property
    def denied(self) -> bool:
        """Whether a Deny of OLD is the reason."""
        return self.statement is not None and not self.statement.allows

    def by_danger(self) -> dict[Danger, list[str]]:
        """The actions by their danger, the most dangerous first."""
        groups: dict[Danger, list[str]] = {}
        for action in self.actions:
            groups.setdefault(danger(action), []).append(action)
        return groups


@dataclass(frozen=True)
class Change:
    """Whether the policies with one name allow more than before, and what."""

    name: str
    result: Comparison
    gains: tuple[Gain, ...] = ()
    lost: tuple[Gain, ...] = ()
    """What they no longer allow, if that was asked for; the statements are those of OLD, or a Deny of NEW."""
    unknown: tuple[str, ...] = ()
    """Why something is not known, a sentence each."""
    sessions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Action → the kinds of sessions that gain it, if that was asked for; others were not decided."""

    @property
    def verdict(self) -> Verdict:
        """Whether there is new access."""
        return self.result.verdict


def compared(
    pairs: Iterable[tuple[str, Layers, Layers]], *, both: bool = False, by_session: bool = False
) -> list[Change]:
    """What each pair of policies newly allows and, with `both`, what it no longer allows; gains come first.

    With `by_session`, also for which kinds of sessions.
    """
    changes = [_change(name, old, new, both=both, by_session=by_session) for name, old, new in pairs]
    order = (Verdict.FOUND, Verdict.UNKNOWN, Verdict.NONE)
    return sorted(changes, key=lambda change: order.index(change.verdict))


def gains(old: Layers, new: Layers) -> tuple[tuple[Gain, ...], tuple[str, ...]]:
    """What NEW allows that OLD does not, and why some of it is not known."""
    known = {_meaning(statement) for _, policy in old.named() for statement in policy.statements}
    named = Named.by(old, new)
    found: dict[tuple[int, str], list[Comparison]] = {}
    causes: dict[int, CompiledStatement | None] = {}
    doubts: list[Comparison] = []
    for difference in differences(old, new):
        if difference.verdict is Verdict.FOUND and difference.shown:
            statement, before = _cause(difference.shown[0], difference.shown[1], known)
            causes[id(statement)] = statement
            found.setdefault((id(statement), before), []).append(difference)
        elif difference.verdict is Verdict.UNKNOWN:
            doubts.append(difference)
    listed = [Gain(causes[key], before, tuple(some), named) for (key, before), some in found.items()]
    order = by_danger({action for gain in listed for action in gain.actions})
    rank = {action: number for number, action in enumerate(order)}
    listed.sort(key=lambda gain: (not gain.everywhere, rank[gain.actions[0]] if gain.actions else len(rank)))
    return tuple(listed), tuple(_doubts(doubts))


def _doubts(found: Iterable[Comparison]) -> Iterator[str]:
    """Why something is not known, a sentence each; one for all actions that are only allowed where they do nothing."""
    useless = sorted({action for one in found if one.shown for action in one.actions})
    if len(useless) > 1:
        data = f"as far as AWS's data of {data_date()} knows"
        yield f"only on resources that the actions do not take, {data}: {some(useless)}"
    yield from dict.fromkeys(one.reason for one in found if len(useless) <= 1 or not one.shown)


def _change(name: str, old: Layers, new: Layers, *, both: bool, by_session: bool) -> Change:
    more, doubts = gains(old, new)
    result = more[0].example if more else new_access(old, new)
    less, unsure = gains(new, old) if both else ((), ())
    reasons = doubts or ((result.reason,) if result.verdict is Verdict.UNKNOWN else ())
    sessions = _sessions(old, new) if by_session and more else {}
    return Change(name, result, more, less, tuple(dict.fromkeys((*reasons, *unsure))), sessions)


def _sessions(old: Layers, new: Layers) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for session in KINDS:
        for difference in differences(within(old, session), within(new, session)):
            for action in difference.actions if difference.verdict is Verdict.FOUND else ():
                found[action] = (*found.get(action, ()), session)
    return found


def _cause(before: Decision, after: Decision, known: set[str]) -> tuple[CompiledStatement | None, str]:
    """The Deny of OLD that is gone, or the Allow that only NEW has; and why OLD does not allow the request."""
    if before.outcome is Outcome.EXPLICIT_DENY:
        return before.statements[0], ""
    fresh = [statement for statement in after.statements if _meaning(statement) not in known]
    statements = fresh or after.statements
    return (statements[0] if statements else None), "" if fresh else before.reason


def _service(action: str) -> str:
    return action.partition(":")[0].lower()


def _meaning(statement: CompiledStatement) -> str:
    return as_text(normal_statement(statement.statement.body, sid=False))
