"""The search for a request that two sets of policies decide differently.

The actions of one service that the same statements apply to are searched together: first on any resource, and if that
shows a difference, on the resources that each action supports.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from policygen.evaluate import principal as principals
from policygen.evaluate import service_rules, witness
from policygen.evaluate.actions import Named, by_service
from policygen.evaluate.candidates import (
    Dimension,
    Option,
    Rule,
    conceivable,
    keys_of,
    partitions,
    patterns,
    resource_of,
    rules_of,
    scenarios,
)
from policygen.evaluate.contained import contained
from policygen.evaluate.decide import Decision, Outcome
from policygen.evaluate.match import Value, resource_pattern
from policygen.evaluate.outlook import Side
from policygen.evaluate.principal import PrincipalType
from policygen.evaluate.reading import Reading
from policygen.evaluate.representatives import TooManyError, arns
from policygen.evaluate.request import Request
from policygen.evaluate.values import ACCOUNT, filled
from policygen.evaluate.witness import SLASH, ContradictionError, Taken, taken
from policygen.reference.services import Action, data_date

Differs = Callable[[Outcome, Outcome], bool]
"""Whether the outcomes of the old and of the new policies are a difference to search for."""
Shown = tuple[Decision, Decision]
"""The decisions of the old and of the new policies on one request."""
_Names = tuple[frozenset[tuple[bool, str, int]], tuple[str, ...]]
"""The statements that apply to an action, and the resources on which no policy can allow it."""

_STEPS = 200_000
"""The most steps of a search, for all actions together: a few seconds."""
_OTHERS = (
    "no request of a user, a role or a root user shows new access, but RCPs also limit AWS's services and callers"
    " without credentials, and AWS adds services whose resources they limit"
)
_TRIED = 8
"""How many listed actions to try for a better example, if an unlisted one shows the difference anyway."""
_USER = principals.parse("user/someone", account=ACCOUNT)


@lru_cache(maxsize=4096)  # every comparison goes through all actions of its services
def _asked(name: str) -> Request:
    return Request(_USER, name)


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

    def __init__(self, reading: Reading, differs: Differs, *, only_more: bool) -> None:
        """`only_more` says that `differs` means new access, which needs a request that AWS could receive."""
        self.reading, self.differs, self.only_more = reading, differs, only_more
        self.rules = [rules_of(layers, new=bool(side)) for side, layers in enumerate(reading.sides)]
        self.named = [list(layers.named()) for layers in reading.sides]
        self.within = partitions(rule for side in self.rules for rule in side.values())
        old, new = reading.sides
        self.limited = old.limits <= new.limits
        self.alike = old.limits == new.limits
        self.of_rcps = bool(old.rcps or new.rcps)
        self.root = reading.roots
        self.budget = [_STEPS]
        self.settled: set[_Names] = set()
        self.doubt = ""
        """Why not every request about the current actions could be searched, "" if every one was."""

    def run(self) -> Iterator[Difference]:
        """The actions that are decided differently, and those about which it is not known; none if there are none."""
        meaning = {id(rule.statement): rule.meaning for side in self.rules for rule in side.values()}
        for service in by_service(*self.reading.sides, lambda statement: meaning[id(statement)]):
            self.doubt = ""
            classes = self._classes(service)
            if self.doubt:
                yield Difference((), None, self.doubt)
            for names, found in classes.items():
                self.doubt = ""
                yield from self._look(found, names)

    def _classes(self, service: Iterator[Named]) -> dict[_Names, _Class]:
        """The actions of a service by the rules that apply to them, without those that obviously do not differ."""
        found: dict[_Names, _Class] = {}
        try:
            for named in service:
                request = _asked(named.name)
                rules = list(self._applying(request))
                names = frozenset(map(_key, rules)), service_rules.closed(request)
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
        except TooManyError:
            self.doubt = "the actions of the policies have too many patterns to search"
        return found

    def _applying(self, request: Request) -> Iterator[Rule]:
        for side, named in enumerate(self.named):
            for layer, policy in named:
                for entry in policy.entries(request.service):
                    idle = entry.statement.allows and layer.startswith("rcp")  # RCPs only limit
                    if not idle and entry.matches(request):
                        yield self.rules[side][layer, id(entry.statement)]

    def _plainly_alike(self, rules: Sequence[Rule]) -> bool:
        """Whether it is certain without a search that both sides are alike, or that the new one allows no more."""
        before, after = ([rule for rule in rules if rule.new is new] for new in (False, True))
        if self.alike and {_said(rule) for rule in before} == {_said(rule) for rule in after}:
            return True
        if not (self.only_more and self.limited):
            return False
        return _all_contained(after, before, True) and _all_contained(before, after, False)

    def _look(self, found: _Class, names: _Names) -> Iterator[Difference]:
        """The actions of a class that differ, with requests that AWS could receive."""
        like = taken(found.listed[0]) if found.listed else None
        every = (*map(str, found.listed), *filter(None, [found.other]))
        self.doubt = _OTHERS if self.of_rcps else ""
        shown, exact = self._find(found.rules, found.other or every[0], like, typed=False)
        if not (shown or self.of_rcps):  # RCPs that do not limit an unlisted action may still limit a listed one
            self.settled.add(names)
            if self.doubt:
                yield Difference(every, None, self.doubt)
            return
        if not self.only_more:
            yield Difference(every, shown, "" if shown else self.doubt)
            return
        groups = _by_resources(found.listed)
        for number, actions in enumerate(groups):
            if number == _TRIED and found.other and shown:
                yield Difference((found.other,), shown)
            self.doubt = _OTHERS if self.of_rcps else ""
            usable, complete = self._find(found.rules, str(actions[0]), taken(actions[0]), typed=True)
            if usable:
                yield Difference(tuple(map(str, actions)), usable)
            elif self.doubt or not (exact and complete):
                yield Difference(tuple(map(str, actions)), None, self.doubt or _unfound(str(actions[0])))
            elif shown:
                why = (
                    f"only on resources that `{actions[0]}` does not take, as far as AWS's data of {data_date()} knows"
                )
                yield Difference(tuple(map(str, actions)), shown, why)
        if found.other and not (shown and len(groups) > _TRIED):
            yield Difference((found.other,), shown, "" if shown else _OTHERS)

    def _find(self, rules: Sequence[Rule], name: str, like: Taken | None, *, typed: bool) -> tuple[Shown | None, bool]:
        """A request for an action that differs, and whether every request was searched.

        Resources that are `like` those of an action come first; with `typed`, only these are tried. The reason why
        not every request was searched is kept in `doubt`.
        """
        exact = True
        for context in scenarios(rules, root=self.root):
            keys, complete = keys_of(rules, context, root=self.root)
            exact = exact and complete and not context
            for resources in self._attempts(rules, name, context, like, typed=typed):
                if resources is None:
                    exact = False
                    continue
                allowed = [arn for arn in (*resources, "*") if not typed or (like and like.takes(arn))]
                dimensions = [resource_of(rules, context, allowed, Request(_USER, name)), *keys]
                shown, complete = self._first(rules, name, context, dimensions)
                exact = exact and complete
                if shown:
                    return shown, exact
        if exact and self.budget[0]:
            return None, True
        doubt = self._might_differ(rules, name)
        self.doubt = self.doubt or doubt
        return None, not doubt

    def _first(
        self, rules: Sequence[Rule], name: str, context: Mapping[str, Value | None], dimensions: Sequence[Dimension]
    ) -> tuple[Shown | None, bool]:
        """The first request of some dimensions that differs, and whether no request had to be skipped."""
        exact = True
        for chosen in self._leaves(rules, _asked(name), dimensions):
            try:
                request = _request(name, context, chosen)
            except ContradictionError as error:
                exact = exact and error.certain
                continue
            if request.principal.type is PrincipalType.ROOT and not self.root:
                exact = False
                continue
            shown = self.reading.decide(request)
            outcomes = (shown[0].outcome, shown[1].outcome)
            if Outcome.UNKNOWN in outcomes:
                exact = False
                continue
            if self.differs(*outcomes):
                return shown, exact
            exact = exact and bool(service_rules.out_of_reach(request))
        return None, exact

    def _leaves(self, rules: Sequence[Rule], asked: Request, dimensions: Sequence[Dimension]) -> Iterator[list[Option]]:
        """The combinations of options under which the two sides may differ, until the budget of steps is spent."""
        sides = [
            Side(self.reading.layers(new, asked), [(i, rule) for i, rule in enumerate(rules) if rule.new is bool(new)])
            for new in (False, True)
        ]

        def walk(index: int, truths: dict[tuple[int, int], bool], chosen: list[Option]) -> Iterator[list[Option]]:
            if not self.budget[0]:
                return
            self.budget[0] -= 1
            before, after = (side.outcomes(asked, truths) for side in sides)
            if not any(self.differs(a, b) for a in before for b in after):
                return
            if index == len(dimensions):
                yield chosen
                return
            for option in dimensions[index]:
                yield from walk(index + 1, truths | option.truths, [*chosen, option])

        return walk(0, {}, [])

    def _might_differ(self, rules: Sequence[Rule], name: str) -> str:
        """Why a request that differs might exist although none was found; "" if none can exist."""
        try:
            might = next(self._leaves(rules, _asked(name), conceivable(rules, self.within, root=self.root)), None)
        except TooManyError:
            return f"the statements about `{name}` have too many patterns to search"
        if might or not self.budget[0]:
            return _unfound(name)
        return ""

    def _attempts(
        self,
        rules: Sequence[Rule],
        name: str,
        context: Mapping[str, Value | None],
        like: Taken | None,
        *,
        typed: bool,
    ) -> Iterator[list[str] | None]:
        """A few resources, then one for each set of patterns that one can match; None if there are too many sets."""
        yield self._examples(rules, like)
        yield self._resources(rules, name, context, like if typed else None)

    def _examples(self, rules: Sequence[Rule], like: Taken | None) -> list[str]:
        """Resources to try first: examples of what the action supports, and what the rules name."""
        entries = (text for rule in rules for text in rule.statement.statement.resource_texts if text.count(":") >= 5)
        return [*(like.examples if like else ()), *map(filled, entries)]

    def _resources(
        self, rules: Sequence[Rule], name: str, context: Mapping[str, Value | None], only: Taken | None
    ) -> list[str] | None:
        closed = [resource_pattern(text, variables=False) for text in service_rules.closed(Request(_USER, name))]
        every = [*patterns(rules, context), *closed]
        examples = self._examples(rules, only)
        try:
            if only is None:
                return arns(every, partitions=self.within, examples=examples)
            return [
                arn
                for format_ in only.formats
                for arn in arns(
                    [*every, *([SLASH] if format_ in only.without_slash else [])],
                    partitions=self.within,
                    formats=[format_],
                    examples=examples,
                )
            ]
        except TooManyError:
            return None


def _unfound(name: str) -> str:
    return f"no request for `{name}` was found, but not all of them could be searched"


def _not_taken(name: str) -> str:
    return f"only on resources that `{name}` does not take, as far as AWS's data of {data_date()} knows"


def _key(rule: Rule) -> tuple[bool, str, int]:
    return rule.new, rule.layer, id(rule.statement)


def _said(rule: Rule) -> tuple[str, str]:
    return rule.layer, rule.meaning


def _by_resources(listed: Sequence[Action]) -> list[list[Action]]:
    """The actions that have the same resource types."""
    found: dict[tuple[str, ...], list[Action]] = {}
    for action in listed:
        found.setdefault((action.service, *action.resource_types), []).append(action)
    return list(found.values())


def _all_contained(inner: Sequence[Rule], outer: Sequence[Rule], allows: bool) -> bool:
    """Whether each `inner` statement with an effect is covered by one `outer` statement of its layer."""
    wide = [rule for rule in outer if rule.statement.allows is allows]
    return all(
        any(contained(rule.statement, other.statement) for other in wide if other.layer == rule.layer)
        for rule in inner
        if rule.statement.allows is allows
    )


def _request(action: str, context: Mapping[str, Value | None], chosen: Sequence[Option]) -> Request:
    keys = {key: value for option in chosen for key, value in option.context.items()}
    resource = next(option.resource for option in chosen if option.resource)
    return witness.request(action, resource, {**context, **keys})
