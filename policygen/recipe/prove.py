"""Prove recipes: decide every case, and find the mutants that no case notices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from policygen.evaluate import Decision
from policygen.lint.linter import lint
from policygen.recipe.cases import Case, Group
from policygen.recipe.catalog import Recipe
from policygen.recipe.never import Never
from policygen.recipe.survivors import Survivor, not_noticed


@dataclass(frozen=True)
class Failure:
    """A case whose promise is not kept."""

    group: str
    case: Case | Never
    decision: Decision
    """The first decision that is not as promised."""
    others: int
    """How many more decisions of the case are not as promised."""


@dataclass(frozen=True)
class Proof:
    """The results of the cases of one recipe or file."""

    name: str
    cases: tuple[str, ...]
    """The full names of the cases."""
    requests: int
    failures: tuple[Failure, ...]
    open_keys: tuple[str, ...]
    """The condition keys that the policy uses and that some case neither sets nor declares absent."""
    mutants: int = 0
    survivors: tuple[Survivor, ...] = ()
    equivalent: tuple[Survivor, ...] = ()
    """The survivors that no case can notice."""
    of_aws: bool = False
    """Whether the recipe only refers to an AWS managed policy, so there is nothing to promise."""

    @property
    def ok(self) -> bool:
        """Whether there are cases, all are as promised, and they notice every mutant that can be noticed."""
        return not self.promises_nothing and not self.failures and not self.survivors

    @property
    def promises_nothing(self) -> bool:
        """Whether cases are missing."""
        return not self.cases and not self.of_aws


def full_name(group: str, case: Case | Never) -> str:
    """The name of a case behind that of its group: `sessions of at most 8 hours: a stolen key cannot …`."""
    return f"{group}: {case.name}" if group else case.name


def prove(name: str, groups: Iterable[Group], *, mutate: bool = False, of_aws: bool = False) -> Proof:
    """Decide the cases of all groups; with `mutate`, if none fails, also find the mutants that they do not notice.

    `of_aws` says that the recipe only refers to an AWS managed policy, so it needs no cases.
    """
    groups = list(groups)
    names = tuple(full_name(group.name, case) for group in groups for case in group.promises)
    requests = sum(len(case.requests) for group in groups for case in group.cases)
    failures, open_keys = list[Failure](), set[str]()
    for group in groups:
        layers = group.layers()
        for promise in group.promises:
            wrong = list(promise.wrong(group.unaided() if isinstance(promise, Never) else layers))
            if wrong:
                failures.append(Failure(group.name, promise, wrong[0], len(wrong) - 1))
        open_keys.update(*(case.open_keys(layers) for case in group.cases))
    proof = Proof(name, names, requests, tuple(failures), tuple(sorted(open_keys)), of_aws=of_aws)
    return _mutated(proof, groups) if mutate and not failures else proof


def _mutated(proof: Proof, groups: Sequence[Group]) -> Proof:
    count, unnoticed = not_noticed(groups)
    equivalent = tuple(survivor for survivor in unnoticed if survivor.equivalent)
    survivors = tuple(survivor for survivor in unnoticed if not survivor.equivalent)
    return replace(proof, mutants=count, survivors=survivors, equivalent=equivalent)


def check_acceptances(recipe: Recipe, groups: Iterable[Group]) -> None:
    """Raise PolicygenError for an `[[accept]]` that no group's policy needs, or that does not name every action."""
    found = [finding for group in groups for finding in lint(group.policy)]
    open_ = [finding for finding in found if not any(one.accepts(finding) for one in recipe.acceptances)]
    for index, acceptance in enumerate(recipe.acceptances):
        fitting = [finding for finding in found if acceptance.fits(finding)]
        wrong = [finding for finding in open_ if acceptance.fits(finding)]
        if not fitting or wrong:
            what = acceptance.advice(wrong) if wrong else "is not found with any parameters of the cases; remove it"
            raise recipe.source.error(f"/accept/{index}", f"`{acceptance.rule}` {what}")
