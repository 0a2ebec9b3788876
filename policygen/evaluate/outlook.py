"""The outcomes of a request that are still possible while only some parts of it are known."""

from collections.abc import Mapping, Sequence

from policygen.evaluate.candidates import Rule
from policygen.evaluate.compiled import CompiledStatement
from policygen.evaluate.decide import Outcome, outcome_if
from policygen.evaluate.layers import Layers
from policygen.evaluate.request import Request

Truths = Mapping[tuple[int, int], bool]
"""(number of a rule, number of a condition) → whether it matches; condition -1 is the resource."""
States = tuple[bool | None, ...]
"""For each rule whether it matches; None if that is still open."""


def states(rules: Sequence[Rule], truths: Truths) -> States:
    """Which rules match as far as the truths tell."""
    return tuple(_matches(number, len(rule.statement.tests), truths) for number, rule in enumerate(rules))


class Side:
    """One of the stacks that are compared, with those of its statements that are about the action."""

    def __init__(self, compared: Layers, layers: Layers, rules: Sequence[tuple[int, Rule]]) -> None:
        """`layers` may have more policies than are `compared`; `rules` are numbered as in `States`."""
        self.layers = layers
        unique = {id(rule.statement): (number, rule.statement) for number, rule in rules}
        self.policies = [
            (id(policy), [unique[id(s)] for s in policy.statements if id(s) in unique])
            for policy in {id(policy): policy for _, policy in compared.named()}.values()
        ]

    def outcomes(self, request: Request, known: States, *, general: bool) -> set[Outcome]:
        """Which outcomes are possible. The evaluator decides as if the uncertain statements matched, or did not.

        Another Allow never takes access away, and another Deny never gives any, so the extremes are enough. `general`
        is as for `outcome_if`.
        """
        sure: dict[int, list[CompiledStatement]] = {}
        generous: dict[int, list[CompiledStatement]] = {}
        strict: dict[int, list[CompiledStatement]] = {}
        open_ = False
        for policy, statements in self.policies:
            sure[policy], generous[policy], strict[policy] = [], [], []
            for number, statement in statements:
                match = known[number]
                if match:
                    sure[policy].append(statement)
                open_ = open_ or match is None
                if match or (match is None and statement.allows):
                    generous[policy].append(statement)
                if match or (match is None and not statement.allows):
                    strict[policy].append(statement)
        best = outcome_if(request, self.layers, generous, generous=True, general=general)
        if best is Outcome.EXPLICIT_DENY:
            return {best}
        worst = outcome_if(request, self.layers, strict, generous=False, general=general)
        return (
            {best, worst, outcome_if(request, self.layers, sure, generous=False, general=general)}
            if open_
            else {best, worst}
        )


def _matches(number: int, conditions: int, truths: Truths) -> bool | None:
    """Whether a statement matches; None if that is still open."""
    known = True
    for part in range(-1, conditions):
        match truths.get((number, part)):
            case False:
                return False
            case None:
                known = False
    return True if known else None
