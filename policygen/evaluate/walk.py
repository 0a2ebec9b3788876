"""The search for one request about one action that two stacks decide differently.

It goes over the principals, the owners and the resources that the statements distinguish, and then over the values of
the condition keys. Parts of a request that make no difference to what is still possible are not tried.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from policygen.evaluate import principal as principals
from policygen.evaluate import service_rules, witness
from policygen.evaluate.candidates import (
    Dimension,
    Option,
    Rule,
    conceivable,
    keys_in,
    keys_of,
    patterns,
    resource_of,
    scenarios,
    variables_of,
)
from policygen.evaluate.contained import allows_no_more
from policygen.evaluate.decide import Decision, Outcome
from policygen.evaluate.match import Value, any_of, resource_pattern
from policygen.evaluate.outlook import Side, States, Truths, states
from policygen.evaluate.principal import Principal, PrincipalType
from policygen.evaluate.principal_classes import (
    following,
    names,
    owners_of,
    principals_of,
    stranger_keys,
    strangers_of,
    token_keys,
)
from policygen.evaluate.reading import Reading
from policygen.evaluate.representatives import TooManyError, arns
from policygen.evaluate.request import Request, owner_in
from policygen.evaluate.strangers import Caller
from policygen.evaluate.values import ACCOUNT, filled
from policygen.evaluate.witness import SLASH, ContradictionError, Taken
from policygen.reference.identity_providers import calls_of, is_vouched_for

Differs = Callable[[Outcome, Outcome], bool]
"""Whether the outcomes of the old and of the new stack are a difference to search for."""
Shown = tuple[Decision, Decision]
"""The decisions of the old and of the new stack on one request."""
SOMEONE = principals.parse("user/someone", account=ACCOUNT)
"""The principal where no policy names principals: its keys say who it is."""
_ROLE = resource_pattern("arn:*:iam::*:role/?*", variables=False)
_IS_ROLE = any_of([_ROLE])
_STEPS = 30_000
"""The most steps of a search, for all actions together: about two seconds."""


class Asker(NamedTuple):
    """Whose requests are tried."""

    principal: Principal | None
    """None for a user, a role or a root user as the keys of the request describe."""
    stranger: Caller | None = None
    """If the principal is a stranger, what it cannot set."""


@dataclass
class Scope:
    """What is searched."""

    reading: Reading
    differs: Differs
    within: tuple[str, ...]
    """The partitions."""
    principal: Principal | None = None
    """The only principal whose requests count, if there is one."""
    strangers: Sequence[Caller] = ()
    """If given, only requests of these count."""
    by_containment: bool = False
    """Whether nothing differs if the new statements are contained in the old ones."""
    steps: int = field(default=_STEPS)
    """How many more steps the search may take."""

    def askers(self, rules: Sequence[Rule]) -> tuple[list[Asker], bool]:
        """Who is to be tried, and whether these are all."""
        if self.strangers:
            every = [(caller, *strangers_of(rules, caller, self.within)) for caller in self.strangers]
            askers = [Asker(who, caller) for caller, found, _ in every for who in found]
            return askers, all(complete for _, _, complete in every)
        if self.principal:
            return [Asker(self.principal)], True
        if not self.reading.names_principals:
            return [Asker(None)], True
        found, complete = principals_of(rules, self.within, roots=self.reading.roots)
        return [Asker(who) for who in found], complete


def find(
    scope: Scope, rules: Sequence[Rule], name: str, like: Taken | None, *, typed: bool
) -> tuple[Shown | None, str]:
    """A request for an action that differs, or why there might be one although none was found ("" if there is none).

    Resources that are `like` those of an action come first; with `typed`, only these are tried.
    """
    found, complete = scope.askers(rules)
    doubt = "" if complete else unfound(name)
    for asker in found:
        who = asker.principal
        vouched = is_vouched_for(name.lower())
        if who and (name.lower() not in calls_of(who.arn) if who.type is PrincipalType.FEDERATED else vouched):
            continue
        about = [rule for rule in rules if names(rule, who)] if who else list(rules)
        if who and scope.by_containment and allows_no_more(about, who):
            continue
        owners, every = owners_of(about, who, foreign=bool(asker.stranger)) if who else ([""], True)
        doubt = doubt or ("" if every else unfound(name))
        for owner in owners:
            shown, why = _Walk(scope, about, name, asker, owner).run(like, typed=typed)
            if shown:
                return shown, ""
            doubt = doubt or why
    return None, doubt


def unfound(name: str) -> str:
    """That a search ended without a result."""
    return f"no request for `{name}` was found, but not all of them could be searched"


class _Walk:
    """The search for a request of one principal, on resources of one owner."""

    def __init__(self, scope: Scope, rules: Sequence[Rule], name: str, asker: Asker, owner: str) -> None:
        self.scope, self.rules, self.name, self.who, self.owner = scope, rules, name, asker.principal, owner
        who = asker.principal
        self.root = scope.reading.roots
        self.asked = Request(who or SOMEONE, name, resource_account=owner)
        self.sides = [
            Side(
                scope.reading.sides[side],
                scope.reading.layers(side, self.asked),
                [(i, rule) for i, rule in enumerate(rules) if rule.new is bool(side)],
            )
            for side in (0, 1)
        ]
        self.fixed: dict[str, Value | None] = {}
        if who:
            self.fixed = following(who, keys_in(rules))
            if "aws:resourceaccount" in keys_in(rules):
                self.fixed["aws:resourceaccount"] = owner
        self.given = token_keys(rules, who) if who else {}
        if asker.stranger:
            self.given |= stranger_keys(rules, asker.stranger)
        closed = service_rules.closed(self.asked)
        self.closed = [resource_pattern(text, variables=False) for text in closed]
        federated = who is not None and who.type is PrincipalType.FEDERATED
        has_rcps = any(side.rcps for side in scope.reading.sides)
        self.general = (False, True) if federated or has_rcps else (False,)
        """How to read, on both sides alike, what AWS's documentation leaves open."""
        self.doubt = ""

    def run(self, like: Taken | None, *, typed: bool) -> tuple[Shown | None, str]:
        """A request that differs, or why there might be one ("" if there is none)."""
        if self.who and not self._may_differ(self.asked, states(self.rules, {})):
            return None, ""
        exact = True
        for context in scenarios(self.rules, self.fixed, root=self.root):
            keys, complete = keys_of(self.rules, context, self.given, root=self.root)
            exact = exact and complete and not variables_of(self.rules)
            for resources in self._attempts(context, like, typed=typed):
                if resources is None:
                    exact = False
                    continue
                allowed = [arn for arn in (*resources, "*") if self._counts(arn, like if typed else None)]
                shown, complete = self._first(context, self._owned(context, allowed), keys)
                exact = exact and complete
                if shown:
                    return shown, ""
        if exact and self.scope.steps:
            return None, ""
        return None, self._doubt(like if typed else None)

    def _counts(self, arn: str, only: Taken | None) -> bool:
        """Whether a resource is to be tried: the policies of a role are about roles."""
        return (not self.scope.reading.only_roles or _IS_ROLE(arn, {})) and (only is None or only.takes(arn))

    def _owned(self, context: Mapping[str, Value | None], found: Sequence[str]) -> Dimension:
        """The resources that the owner can have, one for each class."""
        mine = [arn for arn in found if not self.who or owner_in(arn, self.who.account) in ("", self.owner)]
        return resource_of(self.rules, self.asked, context, mine, any_of(self.closed))

    def _first(
        self, context: Mapping[str, Value | None], resources: Dimension, keys: Sequence[Dimension]
    ) -> tuple[Shown | None, bool]:
        """The first request of some dimensions that differs, and whether no request had to be skipped."""
        exact = True
        for chosen in self._leaves(resources, keys):
            try:
                request = self._request(context, chosen)
            except ContradictionError as error:
                exact = exact and error.certain
                continue
            if request.principal.type is PrincipalType.ROOT and not self.root:
                exact = False
                continue
            shown = self.scope.reading.decide(request)
            outcomes = (shown[0].outcome, shown[1].outcome)
            if Outcome.UNKNOWN in outcomes:
                self.doubt = self.doubt or next(one.reason for one in shown if one.outcome is Outcome.UNKNOWN)
                exact = False
                continue
            if self.scope.differs(*outcomes):
                return shown, exact
            exact = exact and bool(service_rules.out_of_reach(request))
        return None, exact

    def _request(self, context: Mapping[str, Value | None], chosen: Sequence[Option]) -> Request:
        keys = {key: value for option in chosen for key, value in option.context.items()}
        return witness.request(self.name, chosen[0].resource, {**context, **keys}, who=self.who, owner=self.owner)

    def _leaves(self, resources: Dimension, keys: Sequence[Dimension]) -> Iterator[list[Option]]:
        """The combinations of options under which the two sides may differ, until the steps are spent."""
        for resource in resources:
            asked = Request(self.asked.principal, self.name, resource.resource or "*", resource_account=self.owner)
            yield from self._walk(asked, keys, resource.truths, [resource], set())

    def _walk(
        self,
        asked: Request,
        keys: Sequence[Dimension],
        truths: Truths,
        chosen: list[Option],
        dead: set[tuple[int, States]],
    ) -> Iterator[list[Option]]:
        """The combinations that start with the options chosen; `dead` are those that lead to none."""
        known = states(self.rules, truths)
        if not self.scope.steps or (len(chosen), known) in dead:
            return
        self.scope.steps -= 1
        differs = self._may_differ(asked, known)
        if differs and len(chosen) > len(keys):
            yield chosen
            return
        leads_on = False
        for option in keys[len(chosen) - 1] if differs else ():
            for found in self._walk(asked, keys, {**truths, **option.truths}, [*chosen, option], dead):
                leads_on = True
                yield found
        if not leads_on and self.scope.steps:
            dead.add((len(chosen), known))

    def _may_differ(self, asked: Request, known: States) -> bool:
        return any(self._differs(asked, known, general) for general in self.general)

    def _differs(self, asked: Request, known: States, general: bool) -> bool:
        before, after = (side.outcomes(asked, known, general=general) for side in self.sides)
        return any(self.scope.differs(a, b) for a in before for b in after)

    def _doubt(self, only: Taken | None) -> str:
        """Why a request that differs might exist although none was found; "" if none can exist."""
        formats = only.formats if only else [_ROLE] if self.scope.reading.only_roles else []
        try:
            resources, *keys = conceivable(self.rules, self.scope.within, formats, self.fixed, root=self.root)
            tried = [one for one in resources if one.resource != "*" or self._counts("*", only)]
            might = next(self._leaves(tried, keys), None)
        except TooManyError:
            return f"the statements about `{self.name}` have too many patterns to search"
        return self.doubt or unfound(self.name) if might or not self.scope.steps else ""

    def _attempts(
        self, context: Mapping[str, Value | None], like: Taken | None, *, typed: bool
    ) -> Iterator[list[str] | None]:
        """A few resources, then one for each set of patterns that one can match; None if there are too many sets."""
        yield self._examples(like)
        yield self._resources(context, like if typed else None)

    def _examples(self, like: Taken | None) -> list[str]:
        """Resources to try first: examples of what the action supports, and what the rules name."""
        entries = (text for rule in self.rules for text in rule.statement.statement.resource_texts)
        found = [*(like.examples if like else ()), *(filled(text) for text in entries if text.count(":") >= 5)]
        return [witness.in_account(arn, self.owner) for arn in found] if self.owner else found

    def _resources(self, context: Mapping[str, Value | None], only: Taken | None) -> list[str] | None:
        every = [*patterns(self.rules, context), *self.closed]
        if self.owner:
            every.append(resource_pattern(f"arn:*:*:*:{self.owner}:*", variables=False))
        examples = self._examples(only)
        try:
            if only is None:
                formats = [_ROLE] if self.scope.reading.only_roles else []
                return arns(every, partitions=self.scope.within, formats=formats, examples=examples)
            return [
                arn
                for format_ in only.formats
                for arn in arns(
                    [*every, *([SLASH] if format_ in only.without_slash else [])],
                    partitions=self.scope.within,
                    formats=[format_],
                    examples=examples,
                )
            ]
        except TooManyError:
            return None
