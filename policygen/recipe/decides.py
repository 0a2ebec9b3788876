"""What a recipe allows and denies as it comes, and the recipe that is nearest to a policy."""

from collections.abc import Iterable
from typing import NamedTuple

from policygen.evaluate import Layers, Outcome, compile_policy, decide, person_request
from policygen.evaluate.compare import Verdict, granted
from policygen.policy.model import Kind, Policy
from policygen.recipe.catalog import Recipe
from policygen.recipe.page import ACCOUNT, example
from policygen.reference.services import expand

_GRANTING = (Kind.IDENTITY, Kind.RESOURCE, Kind.TRUST)


def allows(recipe: Recipe, action: str) -> Verdict:
    """Whether the recipe, with its defaults and first examples, allows some request for the action."""
    policy = _example(recipe)
    if policy is None:
        return Verdict.UNKNOWN
    return _granted(policy, "Allow", action) if policy.kind in _GRANTING else Verdict.NONE


def denies(recipe: Recipe, action: str) -> Verdict:
    """Whether the recipe, with its defaults and first examples, explicitly denies some request for the action."""
    policy = _example(recipe)
    if policy is None:
        return Verdict.UNKNOWN
    if policy.kind is Kind.SCP and _denies_root(policy, action):
        return Verdict.FOUND
    return _granted(policy, "Deny", action)


def _denies_root(policy: Policy, action: str) -> bool:
    """Whether an SCP denies the action to the root user, to whom no other kind of policy applies."""
    request = person_request("root", action, account=ACCOUNT)
    return decide(request, Layers(scps=((compile_policy(policy),),))).outcome is Outcome.EXPLICIT_DENY


class Near(NamedTuple):
    """A recipe beside a policy: the actions that both name, and those that only one does."""

    recipe: Recipe
    shared: frozenset[str]
    missing: frozenset[str]
    """The actions that only the policy names."""
    added: frozenset[str]
    """The actions that only the recipe names."""

    @property
    def likeness(self) -> float:
        """The share of the actions that both name, from 0 to 1."""
        return len(self.shared) / (len(self.shared) + len(self.missing) + len(self.added) or 1)


def nearest(policy: Policy, recipes: Iterable[Recipe]) -> list[Near]:
    """The recipes of the policy's kind that name some of its actions, the most alike first."""
    wanted = _named(policy)
    found = []
    for recipe in recipes:
        other = _example(recipe)
        if other and other.kind is policy.kind and (shared := wanted & _named(other)):
            found.append(Near(recipe, shared, wanted - shared, _named(other) - shared))
    return sorted(found, key=lambda near: (-near.likeness, near.recipe.name))


def _example(recipe: Recipe) -> Policy | None:
    """The policy of a recipe as it comes; None for one that only refers to a policy of AWS."""
    return None if recipe.kind == "managed" else example(recipe, {}).policy


def _granted(policy: Policy, effect: str, action: str) -> Verdict:
    """Whether the statements with an effect match some request for the action, by anyone."""
    others = ("Principal", "NotPrincipal", "Sid")
    bodies = [
        {key: value for key, value in statement.body.items() if key not in others} | {"Effect": "Allow"}
        for statement in policy.statements
        if statement.body.get("Effect") == effect
    ]
    resources = [body if {"Resource", "NotResource"} & body.keys() else body | {"Resource": "*"} for body in bodies]
    if not resources:
        return Verdict.NONE
    matching = Policy({"Version": "2012-10-17", "Statement": resources}, Kind.IDENTITY)
    return granted(Layers((compile_policy(matching),)), [action]).verdict


def _named(policy: Policy) -> frozenset[str]:
    """The actions that a policy names, with the effect, since the same action allowed and denied is not alike."""
    return frozenset(
        f"{'' if statement.allows else 'denied '}{action}"
        for statement in policy.statements
        for entry in statement.actions
        for action in expand(entry.value)
    )
