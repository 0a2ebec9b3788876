"""The search for actions that two stacks of policies decide differently.

The actions of one service that the same statements apply to are searched together: first on any resource, and if that
shows a difference, on the resources that each action supports.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from policygen.evaluate import service_rules
from policygen.evaluate.actions import Named, by_service
from policygen.evaluate.candidates import Rule, partitions, rules_of
from policygen.evaluate.contained import allows_no_more
from policygen.evaluate.principal import Principal
from policygen.evaluate.reading import Reading
from policygen.evaluate.representatives import TooManyError
from policygen.evaluate.request import Request
from policygen.evaluate.strangers import Caller
from policygen.evaluate.walk import SOMEONE, Differs, Scope, Shown, find
from policygen.evaluate.witness import taken
from policygen.reference.services import Action, data_date

_Names = tuple[frozenset[tuple[bool, str, int]], tuple[object, ...]]
"""The statements that apply to an action, the resources on which no policy can allow it, and whether RCPs limit it."""

_TRIED = 8
"""How many listed actions to try for a better example, if an unlisted one shows the difference anyway."""


@lru_cache(maxsize=4096)  # every comparison goes through all actions of its services
def _asked(name: str) -> Request:
    return Request(SOMEONE, name)


@dataclass
class _Class:
    """The actions of one service that the same rules apply to."""

    rules: list[Rule]
    listed: list[Action] = field(default_factory=list)
    other: str = ""
    """An action that AWS's data does not list, which may support any resource; "" if there is none."""


class Difference(NamedTuple):
    """Some actions of one service that are decided differently, or about which it is not known."""

    actions: tuple[str, ...]
    shown: Shown | None
    doubt: str = ""
    """Why it is not known whether they are; "" if `shown` proves it."""


class Search:
    """The search under one reading of the policies; `run` it once."""

    def __init__(
        self,
        reading: Reading,
        differs: Differs,
        *,
        only_more: bool,
        principal: Principal | None = None,
        strangers: Sequence[Caller] = (),
    ) -> None:
        """`only_more` says that `differs` means new access, which needs a request that AWS could receive.

        With `principal` or `strangers`, only their requests count.
        """
        self.reading, self.only_more = reading, only_more
        self.rules = [rules_of(layers, new=bool(side)) for side, layers in enumerate(reading.sides)]
        self.named = [list(layers.named()) for layers in reading.sides]
        within = partitions(rule for side in self.rules for rule in side.values())
        old, new = reading.sides
        contained = only_more and old.limits <= new.limits
        self.scope = Scope(reading, differs, within, principal, strangers, by_containment=contained)
        self.rcps = bool(old.rcps or new.rcps)
        self.alike = old.limits == new.limits
        self.settled: set[_Names] = set()

    def run(self) -> Iterator[Difference]:
        """The actions that are decided differently, and those about which it is not known; none if there are none."""
        meaning = {id(rule.statement): rule.meaning for side in self.rules for rule in side.values()}
        only = ["sts"] if self.reading.only_roles else []
        for service in by_service(*self.reading.sides, lambda statement: meaning[id(statement)], only):
            classes: dict[_Names, _Class] = {}
            try:
                self._classify(service, classes)
            except TooManyError:
                yield Difference((), None, "the actions of the policies have too many patterns to search")
            for names, found in classes.items():
                yield from self._look(found, names)

    def _classify(self, service: Iterator[Named], found: dict[_Names, _Class]) -> None:
        """Group the actions of a service by the rules that apply; those that obviously do not differ are left out."""
        for named in service:
            request = _asked(named.name)
            rules = list(self._applying(request))
            unlimited = self.rcps and service_rules.not_limited_by_rcps(request)
            names = frozenset(map(_key, rules)), (*service_rules.closed(request), bool(unlimited))
            if names in self.settled or service_rules.uncontrolled(request):
                continue
            if names not in found:
                if self._plainly_alike(rules):
                    self.settled.add(names)
                    continue
                found[names] = _Class(rules)
            if named.listed:
                found[names].listed.append(named.listed)
            else:
                found[names].other = found[names].other or named.name

    def _applying(self, request: Request) -> Iterator[Rule]:
        for side, named in enumerate(self.named):
            for layer, policy in named:
                for entry in policy.entries(request.service):
                    idle = entry.statement.allows and layer.startswith("rcp")  # RCPs only limit
                    if not idle and entry.matches(request):
                        yield self.rules[side][layer, id(entry.statement)]

    def _plainly_alike(self, rules: Sequence[Rule]) -> bool:
        """Whether it is certain without a search that both sides are alike, or that the new one allows no more."""
        before, after = ({(rule.layer, rule.meaning) for rule in rules if rule.new is new} for new in (False, True))
        return (self.alike and before == after) or (self.scope.by_containment and allows_no_more(rules))

    def _look(self, found: _Class, names: _Names) -> Iterator[Difference]:
        """The actions of a class that differ, with requests that AWS could receive."""
        like = taken(found.listed[0]) if found.listed else None
        every = (*map(str, found.listed), *filter(None, [found.other]))
        shown, doubt = find(self.scope, found.rules, found.other or every[0], like, typed=False)
        if not shown:
            self.settled.add(names)
            if doubt:
                yield Difference(every, None, doubt)
        elif not self.only_more:
            yield Difference(every, shown)
        else:
            yield from self._usable(found, shown)

    def _usable(self, found: _Class, shown: Shown) -> Iterator[Difference]:
        """The actions that differ on resources which they support; `shown` is a difference on any resource."""
        groups = _by_resources(found.listed)
        for number, actions in enumerate(groups):
            if number == _TRIED and found.other:
                yield Difference((found.other,), shown)
            every = tuple(map(str, actions))
            usable, doubt = find(self.scope, found.rules, every[0], taken(actions[0]), typed=True)
            if usable:
                yield Difference(every, usable)
            else:
                yield Difference(every, None if doubt else shown, doubt or _not_taken(every[0]))
        if found.other and len(groups) <= _TRIED:
            yield Difference((found.other,), shown)


def _not_taken(name: str) -> str:
    return f"only on resources that `{name}` does not take, as far as AWS's data of {data_date()} knows"


def _key(rule: Rule) -> tuple[bool, str, int]:
    return rule.new, rule.layer, id(rule.statement)


def _by_resources(listed: Sequence[Action]) -> list[list[Action]]:
    """The actions that have the same resource types."""
    found: dict[tuple[str, ...], list[Action]] = {}
    for action in listed:
        found.setdefault((action.service, *action.resource_types), []).append(action)
    return list(found.values())
