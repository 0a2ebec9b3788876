"""Cases: the decisions that a recipe promises, as requests for the evaluator."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.evaluate import (
    Decision,
    Layers,
    Outcome,
    Request,
    allow_all,
    compile_policy,
    decide,
    missing_context,
    person_request,
    trusting,
)
from policygen.evaluate.known import check_action, check_keys
from policygen.evaluate.request import owner_in
from policygen.policy.model import Kind, Policy
from policygen.policy.previews import NONE, Previews
from policygen.policy.schema import check_toml
from policygen.recipe.catalog import Recipe, read_toml
from policygen.recipe.page import ACCOUNT
from policygen.recipe.render import render_recipe
from policygen.reference.services import expand
from policygen.toml import TomlSource

FILE = "cases.toml"
_OF_A_RESOURCE = (Kind.RESOURCE, Kind.TRUST, Kind.RCP)
"""The kinds of policies that belong to the resource's account, so the account of the recipe owns the resource."""
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Case:
    """One promise: a decision, and the requests that must all be decided that way."""

    name: str
    decision: Outcome
    sid: str
    """The Sid of a statement that must be among the deciding ones; "" for any."""
    requests: tuple[Request, ...]

    def wrong(self, layers: Layers) -> Iterator[Decision]:
        """The decisions that are not as promised."""
        for request in self.requests:
            decision = decide(request, layers)
            sids = {statement.sid for statement in decision.statements}
            if decision.outcome is not self.decision or (self.sid and self.sid not in sids):
                yield decision

    def open_keys(self, layers: Layers) -> set[str]:
        """The condition keys that the policies use for these requests and that the case does not set."""
        return {key for request in self.requests for key in missing_context(request, layers)}


@dataclass(frozen=True)
class Group:
    """Cases that share one policy: a recipe with certain parameters, or a policy from a file."""

    name: str
    """What the cases have in common; "" for the first group of a file."""
    policy: Policy
    account: str
    partition: str
    allow_all: bool
    """Whether the policy is tested on top of one that allows everything."""
    cases: tuple[Case, ...]

    def layers(self, policy: Policy | None = None) -> Layers:
        """The group's policy, or another in its place, in the layer of its kind.

        Resources trust the account, so that only the principal's policies count. Boundaries, SCPs and RCPs only limit,
        so the principal then has a policy that allows everything.
        """
        compiled = compile_policy(policy or self.policy)
        everything = allow_all()
        resource = (trusting(self.account, self.partition),)
        policies = (compiled, everything) if self.allow_all else (compiled,)
        match self.policy.kind:
            case Kind.BOUNDARY:
                return Layers((everything,), boundary=compiled, resource=resource)
            case Kind.SCP:
                return Layers((everything,), scps=(policies,), resource=resource)
            case Kind.RCP:
                return Layers((everything,), rcps=((compiled,),), resource=resource)
            case Kind.RESOURCE | Kind.TRUST:
                return Layers((everything,) if self.allow_all else (), resource=(compiled,))
        return Layers(policies, resource=resource)


def recipe_groups(recipe: Recipe, previews: Previews = NONE) -> list[Group]:
    """The cases of a recipe, group by group, each group with the policy rendered for it.

    A recipe without `cases.toml`, or one that only refers to an AWS managed policy, has no groups. Raises
    PolicygenError with `file:line` for anything that is wrong with `cases.toml`.
    """
    if recipe.kind == "managed" or not (recipe.folder / FILE).exists():
        return []
    source = read_toml(recipe.folder, FILE)
    return list(_groups(source, lambda values: render_recipe(recipe, values, check=False).policy, previews))


def policy_groups(policy: Policy, path: Path, previews: Previews = NONE) -> list[Group]:
    """The cases of a file for one policy; raises PolicygenError like `recipe_groups`, and for parameters."""
    source = read_toml(path.parent, path.name)

    def render(values: Mapping[str, Any]) -> Policy:
        if extra := values.keys() - {"account", "partition"}:
            raise PolicygenError(f"{path}: a policy from a file has no parameters; remove `{sorted(extra)[0]}`")
        return policy

    return list(_groups(source, render, previews))


def _groups(source: TomlSource, render: Callable[[Mapping[str, Any]], Policy], previews: Previews) -> Iterator[Group]:
    check_toml(source, "cases")
    data = source.data
    first = {"name": "", "case": data.get("case", [])}
    tables = [("", first)] if first["case"] else []
    tables += [(f"/group/{index}", group) for index, group in enumerate(data.get("group", ()))]
    for pointer, table in tables:
        known = {"account": table.get("account", ACCOUNT), "partition": table.get("partition", "aws")}
        try:
            policy = render(data.get("parameters", {}) | table.get("parameters", {}) | known)
        except PolicygenError as error:
            raise source.error(pointer, str(error)) from None
        owner = known["account"] if policy.kind in _OF_A_RESOURCE else ""
        cases = tuple(
            _case(source, f"{pointer}/case/{index}", case, known, owner, previews)
            for index, case in enumerate(table["case"])
        )
        yield Group(table["name"], policy, **known, allow_all=data.get("on_top_of") == "allow-all", cases=cases)


def _case(
    source: TomlSource, pointer: str, case: Mapping[str, Any], known: Mapping[str, str], owner: str, previews: Previews
) -> Case:
    """One case; `owner` is the account of resources whose owner neither the ARN nor the case names."""
    try:
        filled = _fill(case, known)
        actions = list(_actions(filled.get("actions", [filled.get("action")]), filled.get("except", ()), previews))
        check_keys(filled.get("context", ()), previews)
        resources = filled.get("resources", [filled.get("resource", "*")])
        requests = tuple(
            person_request(
                filled.get("principal", "user/alice"),
                action,
                resource,
                **known,
                session=filled.get("session"),
                context=filled.get("context"),
                resource_account=filled.get("resource_account", "")
                or ("" if _tells_owner(filled, resource) else owner),
            )
            for action, resource in product(actions, resources)
        )
    except PolicygenError as error:
        raise source.error(pointer, str(error)) from None
    return Case(case["name"], Outcome(case["decision"]), case.get("sid", ""), requests)


def _tells_owner(case: Mapping[str, Any], resource: str) -> bool:
    """Whether the ARN or the context of a case names the account that owns the resource."""
    return bool(owner_in(resource, "")) or "aws:resourceaccount" in map(str.lower, case.get("context", ()))


def _actions(wanted: Iterable[str], left_out: Iterable[str], previews: Previews) -> Iterator[str]:
    """The actions as written; each pattern becomes every AWS action that it matches, except those left out.

    Raises PolicygenError for an action that does not exist and for a pattern that matches no action.
    """
    excepted = {action for pattern in left_out for action in _existing(pattern, previews)}
    for pattern in wanted:
        found = _existing(pattern, previews)
        yield from (action for action in found if action not in excepted) if "*" in pattern else (pattern,)


def _existing(pattern: str, previews: Previews) -> list[str]:
    if "*" not in pattern:
        check_action(pattern, previews)
    found = [str(action) for action in expand(pattern)]
    if "*" in pattern and not found:
        raise PolicygenError(f"`{pattern}` matches no AWS action")
    return found


def _fill(value: Any, known: Mapping[str, str]) -> Any:
    """The value with `{{ account }}` and `{{ partition }}` replaced in all its texts."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda name: _known(name[1], known), value)
    if isinstance(value, list):
        return [_fill(item, known) for item in value]
    if isinstance(value, dict):
        return {_fill(key, known): _fill(item, known) for key, item in value.items()}
    return value


def _known(name: str, known: Mapping[str, str]) -> str:
    if name not in known:
        raise PolicygenError(f"`{{{{ {name} }}}}` is not a placeholder for cases{did_you_mean(name, known)}")
    return known[name]
