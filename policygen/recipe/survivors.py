"""The mutants of a recipe that no case notices, each with a request that would show it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from policygen.diff import unified
from policygen.evaluate import Comparison, Decision, Layers, Request, Verdict, allow_all, decide, difference
from policygen.evaluate.known import odd_resource
from policygen.policy.canonical import dumps
from policygen.policy.model import Kind
from policygen.recipe.case_text import case_of
from policygen.recipe.cases import Group
from policygen.recipe.mutate import Mutant, mutants
from policygen.reference.services import expand, find_action


@dataclass(frozen=True)
class Survivor:
    """A mutant that no case notices."""

    group: Group
    mutant: Mutant
    comparison: Comparison

    @property
    def equivalent(self) -> bool:
        """Whether it provably decides every request as the policy does, so that no case can notice it."""
        return self.comparison.verdict is Verdict.NONE

    @property
    def diff(self) -> str:
        """The unified diff between the policy and the mutant."""
        name = self.group.policy.file or "policy"
        return unified(dumps(self.group.policy.document), dumps(self.mutant.policy.document), name)

    @property
    def decision(self) -> Decision | None:
        """The decision of the policy that is not the mutant's, None if no request is known that shows it."""
        stacks = [(self.group.layers(), self.group.layers(self.mutant.policy))]
        if shown := self.comparison.shown:
            stacks.append((shown[0].layers, shown[1].layers))  # a case can name the other layers
        for old, new in stacks:
            for request in _listed(self.comparison):
                if decide(request, old).outcome is not decide(request, new).outcome:
                    return decide(request, old)
        return None

    @property
    def case(self) -> str:
        """The `[[case]]` that would notice the mutant; "" if no request is known that shows it."""
        decision = self.decision
        if decision is None:
            return ""
        of_resource = self.group.policy.kind in (Kind.RESOURCE, Kind.TRUST)
        caller = "" if of_resource else decision.request.principal.account  # which the search chose itself
        account = caller or self.group.account
        text = case_of(decision, {account: "{{ account }}", f"arn:{self.group.partition}:": "arn:{{ partition }}:"})
        added = decision.layers.identity and not self.group.layers().identity
        return text + ('identity = { Effect = "Allow", Action = "*", Resource = "*" }\n' if added else "")


def _listed(comparison: Comparison) -> Iterator[Request]:
    """The request that shows the difference; if AWS's data does not list its action, the same for listed ones."""
    witness = comparison.witness
    if witness is None:
        return
    if find_action(witness.action):
        yield witness
        return
    names = [action for action in comparison.actions if find_action(action)]
    names += map(str, expand(f"{witness.service}:*"))
    others = [replace(witness, action=name) for name in dict.fromkeys(names)]
    yield from sorted(others, key=lambda request: bool(odd_resource(request)))


def not_noticed(groups: Sequence[Group]) -> tuple[int, list[Survivor]]:
    """How many mutants the groups' policies have, and those that no case notices.

    A change that several groups' policies can have is one mutant, and noticed if the cases of one group notice it.
    """
    found: dict[str, list[tuple[Group, Mutant]]] = {}
    for group in groups:
        for mutant in _different(group):
            found.setdefault(_anywhere(mutant.change, group), []).append((group, mutant))
    survivors = [_survivor(made) for made in found.values() if not any(_noticed(*one) for one in made)]
    return len(found), survivors


def _different(group: Group) -> Iterator[Mutant]:
    """The mutants of a group's policy, without those that are equal to it or to another."""
    seen = {dumps(group.policy.document)}
    for mutant in mutants(group.policy):
        text = dumps(mutant.policy.document)
        if text not in seen:
            seen.add(text)
            yield mutant


def _anywhere(change: str, group: Group) -> str:
    """The change as it is called in every account and partition."""
    return change.replace(f"arn:{group.partition}:", "arn:aws:").replace(group.account, "ACCOUNT")


def _noticed(group: Group, mutant: Mutant) -> bool:
    layers = group.layers(mutant.policy)
    few_requests_first = sorted(group.cases, key=lambda case: len(case.requests))
    if any(next(case.wrong(layers), None) for case in few_requests_first):
        return True
    return any(never.is_broken(group.unaided(mutant.policy)) for never in group.never)


def _survivor(made: Sequence[tuple[Group, Mutant]]) -> Survivor:
    """The survivor for the first group where a case could notice it, otherwise for the first group."""
    survivors = [Survivor(group, mutant, _compare(group, mutant)) for group, mutant in made]
    return next((one for one in survivors if not one.equivalent), survivors[0])


def _compare(group: Group, mutant: Mutant) -> Comparison:
    """Whether the mutant decides anything differently, in each of the settings in which a case could show it."""
    settings = zip(
        *(_settings(group.policy.kind, group.layers(policy)) for policy in (None, mutant.policy)), strict=True
    )
    results = (difference(policy, mutated) for policy, mutated in settings)
    return next((one for one in results if one.verdict is not Verdict.NONE), Comparison(Verdict.NONE))


def _settings(kind: Kind, layers: Layers) -> tuple[Layers, ...]:
    """The policy alone; the policy of a resource for callers without policies and for those with every permission."""
    match kind:
        case Kind.IDENTITY:
            return (Layers(layers.identity),)
        case Kind.BOUNDARY:
            return (Layers(boundary=layers.boundary),)
        case Kind.SCP:
            return (Layers(scps=layers.scps[:1]),)
        case Kind.RCP:
            return (layers,)
    return replace(layers, identity=(allow_all(),)), replace(layers, identity=())
