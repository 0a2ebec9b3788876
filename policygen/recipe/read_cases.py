"""Read `cases.toml`: the groups of cases of a recipe or of a policy file, with a message for each mistake."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from policygen.access.claims import NotGranted
from policygen.errors import PolicygenError
from policygen.evaluate import CompiledPolicy, Outcome, Request, compile_policy, person_request
from policygen.evaluate.known import check_keys, existing
from policygen.evaluate.request import owner_in
from policygen.policy.model import Kind, Policy
from policygen.policy.previews import NONE, Previews
from policygen.policy.schema import check_toml
from policygen.recipe.cases import Case, Group
from policygen.recipe.catalog import Recipe
from policygen.recipe.files import read_toml
from policygen.recipe.never import Never
from policygen.recipe.page import ACCOUNT
from policygen.recipe.placeholders import concrete, filled
from policygen.recipe.render import render_recipe
from policygen.reference.partitions import partitions
from policygen.toml import TomlSource

FILE = "cases.toml"
_OF_A_RESOURCE = (Kind.RESOURCE, Kind.TRUST, Kind.RCP)
"""The kinds of policies that belong to the resource's account, so the account of the recipe owns the resource."""
_LAYERS = {
    "identity": Kind.IDENTITY,
    "boundary": Kind.BOUNDARY,
    "session_policy": Kind.IDENTITY,
    "scp": Kind.SCP,
    "rcp": Kind.RCP,
    "resource_policy": Kind.RESOURCE,
}
"""The key of a case that has the statements of another layer → the kind of that policy."""


def recipe_groups(recipe: Recipe, previews: Previews = NONE) -> list[Group]:
    """The cases of a recipe, group by group, each group with the policy rendered for it.

    A recipe without `cases.toml`, or one that only refers to an AWS managed policy, has no groups. Raises
    PolicygenError with `file:line` for anything that is wrong with `cases.toml`.
    """
    if recipe.kind == "managed" or not (recipe.folder / FILE).exists():
        return []
    source = read_toml(recipe.folder, FILE)

    def render(given: Mapping[str, Any]) -> tuple[Policy, Mapping[str, Any]]:
        rendered = render_recipe(recipe, given, check=False)
        return rendered.policy, rendered.parameters

    return list(_groups(source, render, previews))


def policy_groups(policy: Policy, path: Path, previews: Previews = NONE) -> list[Group]:
    """The cases of a file for one policy; raises PolicygenError like `recipe_groups`, and for parameters."""
    source = read_toml(path.parent, path.name)

    def render(given: Mapping[str, Any]) -> tuple[Policy, Mapping[str, Any]]:
        if extra := given.keys() - {"account", "partition"}:
            raise PolicygenError(f"{path}: a policy from a file has no parameters; remove `{sorted(extra)[0]}`")
        return policy, {}

    return list(_groups(source, render, previews))


@dataclass(frozen=True)
class _Reader:
    """What the cases of one group have in common."""

    source: TomlSource
    known: Mapping[str, Any]
    """The values of placeholders: the group's parameters, account and partition."""
    owner: str
    """The account of resources whose owner neither the ARN nor the case names."""
    previews: Previews

    def case(self, pointer: str, table: Mapping[str, Any]) -> Case:
        """One case, without requests if it names a parameter that has no value; raises PolicygenError."""
        try:
            found = list(filled(table, self.known))
            requests = tuple(request for one in found for request in self._requests(one))
            others = _others(found)
        except PolicygenError as error:
            raise self.source.error(pointer, str(error)) from None
        return Case(table["name"], Outcome(table["decision"]), table.get("sid", ""), requests, others)

    def never(self, pointer: str, table: Mapping[str, Any]) -> Never:
        """One promise about every request, without claims if it names a parameter that has no value."""
        try:
            claims = []
            for one in filled(table, self.known):
                for action in one["actions"]:
                    existing(action, self.previews)
                claims.append(NotGranted(tuple(one["actions"]), tuple(one.get("resources", ("*",)))))
        except PolicygenError as error:
            raise self.source.error(pointer, str(error)) from None
        name = (
            table.get("name") or f"never {NotGranted(tuple(table['actions']), tuple(table.get('resources', ('*',))))}"
        )
        return Never(name, tuple(claims), self.known["account"])

    def _requests(self, case: Mapping[str, Any]) -> Iterator[Request]:
        actions = list(_actions(case.get("actions", [case.get("action")]), case.get("except", ()), self.previews))
        check_keys(case.get("context", ()), self.previews)
        for action, resource in product(actions, case.get("resources", [case.get("resource", "*")])):
            yield person_request(
                case.get("principal", "user/alice"),
                action,
                resource,
                account=self.known["account"],
                partition=self.known["partition"],
                session=case.get("session"),
                context=case.get("context"),
                resource_account=case.get("resource_account", "")
                or ("" if _tells_owner(case, resource) else self.owner),
            )


def _groups(
    source: TomlSource,
    render: Callable[[Mapping[str, Any]], tuple[Policy, Mapping[str, Any]]],
    previews: Previews,
) -> Iterator[Group]:
    check_toml(source, "cases")
    data = source.data
    for pointer, table in _tables(data):
        known = {"account": table.get("account", ACCOUNT), "partition": table.get("partition", "aws")}
        try:
            policy, parameters = render(data.get("parameters", {}) | table.get("parameters", {}) | known)
        except PolicygenError as error:
            raise source.error(pointer, str(error)) from None
        owner = known["account"] if policy.kind in _OF_A_RESOURCE else ""
        reader = _Reader(source, {**_examples(parameters, **known), **known}, owner, previews)
        always = [reader.case(f"/always/{index}", case) for index, case in enumerate(data.get("always", ()))]
        own = [reader.case(f"{pointer}/case/{index}", case) for index, case in enumerate(table.get("case", ()))]
        for index, case in enumerate(own):
            if not case.requests:
                raise source.error(f"{pointer}/case/{index}", "names a parameter that has no value here")
        cases = (*(case for case in always if case.requests), *own)
        never = (reader.never(f"/never/{index}", one) for index, one in enumerate(data.get("never", ())))
        yield Group(
            table.get("name", ""),
            policy,
            **known,
            allow_all=data.get("on_top_of") == "allow-all",
            cases=cases,
            never=tuple(one for one in never if one.claims),
        )


def _examples(parameters: Mapping[str, Any], account: str, partition: str) -> dict[str, Any]:
    """The values of the parameters for placeholders, in which patterns of ARNs are examples of what they match."""
    region = next(iter(partitions().get(partition, ())), "us-east-1")
    return {name: concrete(value, region, account) for name, value in parameters.items()}


def _tables(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each group of a file with its JSON Pointer: the cases before the first `[[group]]`, then the groups.

    If there are only promises for every set of parameters, and groups, the parameters of the file are a set if given.
    """
    if "case" in data or "parameters" in data or "group" not in data:
        yield "", {"case": data.get("case", ())}
    for index, group in enumerate(data.get("group", ())):
        yield f"/group/{index}", group


def _others(found: Sequence[Mapping[str, Any]]) -> dict[str, CompiledPolicy]:
    """The policies of the other layers that a case names, which are the same for all its requests."""
    layers = {}
    for key, kind in _LAYERS.items():
        if found and key in found[0]:
            if any(case[key] != found[0][key] for case in found):
                raise PolicygenError(f"`{key}` names a list of several entries; give its statements one value")
            layers[key] = compile_policy(_policy(found[0][key], key, kind))
    return layers


def _policy(statements: Sequence[Any] | Mapping[str, Any], key: str, kind: Kind) -> Policy:
    body = statements if isinstance(statements, list) else [statements]
    return Policy({"Version": "2012-10-17", "Statement": body}, kind, name=key)


def _tells_owner(case: Mapping[str, Any], resource: str) -> bool:
    """Whether the ARN or the context of a case names the account that owns the resource."""
    return bool(owner_in(resource, "")) or "aws:resourceaccount" in map(str.lower, case.get("context", ()))


def _actions(wanted: Iterable[str], left_out: Iterable[str], previews: Previews) -> Iterator[str]:
    """The actions as written; each pattern becomes every AWS action that it matches, except those left out.

    Raises PolicygenError for an action that does not exist and for a pattern that matches no action.
    """
    excepted = {action for pattern in left_out for action in existing(pattern, previews)}
    for pattern in wanted:
        found = existing(pattern, previews)
        yield from (action for action in found if action not in excepted) if "*" in pattern else (pattern,)
