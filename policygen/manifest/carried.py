"""The policies of a manifest: every recipe rendered for its place, and refused if the place cannot have it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.manifest.fit import refusals
from policygen.manifest.model import Account, Carried, Manifest, Wanted
from policygen.manifest.places import Group, Role
from policygen.manifest.values import filled
from policygen.recipe.catalog import Recipe, find_recipe
from policygen.recipe.render import render_recipe
from policygen.reference.managed_policies import resolve, unlisted

_ELSEWHERE = {
    "scp": "AWS Organizations",
    "rcp": "AWS Organizations",
    "boundary": "single users and roles",
    "trust": "roles",
    "resource": "resources",
    "identity": "users, groups and roles",
    "managed": "users, groups and roles",
}


def check_carried(recipe: Recipe) -> None:
    """Raise PolicygenError, with the reason, unless a recipe's policy works for the members of a group."""
    _check_fits(recipe, ("identity", "managed"), "group", "user")


def carried(
    manifest: Manifest, name: Callable[[Wanted, str], str], *, account: Account | None = None, check: bool = True
) -> list[Carried]:
    """Every policy of the manifest, or those in one account, in the order of the manifest.

    `name` returns the file that findings name, for a policy and the kind of its recipe; without `check`, policies are
    neither validated nor linted. Raises PolicygenError, with `file:line`, for a recipe that does not exist or cannot be
    rendered, for a value that no recipe takes, and for a policy that its place cannot have: because of its kind, its
    principals or a quota, or because it does not exist in the account.
    """
    recipes = _recipes(manifest)
    _check_values(manifest, recipes)
    found = [
        _carried(manifest, wanted, recipes[wanted.instance.recipe], name, check)
        for wanted in manifest.wanted()
        if account in (None, wanted.account)
    ]
    _attached(manifest)
    for place, message in refusals(manifest, found, (account,) if account else (*manifest.accounts, None)):
        key = "/recipes" if isinstance(place, Group | Role) else ""
        raise manifest.source.error(f"{place.pointer}{key}", message)
    return found


def attached_arn(account: Account, name: str) -> str:
    """The ARN of a managed policy in an `attach`; raises PolicygenError like `resolve`."""
    return resolve(name, partition=account.partition, account=account.id)


def unlisted_policies(manifest: Manifest) -> Iterator[str]:
    """A sentence for each attached AWS managed policy that the list of AWS managed policies does not contain.

    Raises PolicygenError, with `file:line`, for a policy that cannot be attached in the account.
    """
    for account, place, arn in _attached(manifest):
        if why := unlisted(arn):
            yield f"{place.words} in account `{account.name}`: {why}"


def _carried(
    manifest: Manifest, wanted: Wanted, recipe: Recipe, name: Callable[[Wanted, str], str], check: bool
) -> Carried:
    account, place, instance = wanted.account, wanted.place, wanted.instance
    try:
        rendered = render_recipe(recipe, _parameters(wanted, recipe), file=name(wanted, recipe.kind), check=check)
        if account and recipe.kind == "managed":
            attached_arn(account, rendered.policy.document["PolicyArn"])
    except PolicygenError as error:
        where = f"{place.words} in account `{account.name}`" if account else place.words
        own = f"{place.pointer}/parameters/{instance.recipe}"
        pointer = instance.pointer if "/policies/" in instance.pointer or place.noun == "boundary" else own
        raise manifest.source.error(pointer, f"{where}: {error}") from None
    return Carried(account, place, instance, rendered, name(wanted, recipe.kind))


def _parameters(wanted: Wanted, recipe: Recipe) -> dict[str, Any]:
    """What a recipe is rendered with: the values that it has a parameter for, then what is given for it."""
    takes = {parameter.name for parameter in recipe.parameters}
    offered = {name: value for name, value in wanted.values.items() if name in takes}
    known = wanted.account.placeholders if wanted.account else {}
    given: dict[str, Any] = filled({**offered, **wanted.parameters}, known)
    return given


def _check_values(manifest: Manifest, recipes: Mapping[str, Recipe]) -> None:
    """Check that some recipe has a parameter for each value: others are mistakes, mostly misspellings."""
    takes = {parameter.name for recipe in recipes.values() for parameter in recipe.parameters}
    tables = {"": manifest.source.data.get("values", {})}
    tables |= {f"/accounts/{account.name}": account.values for account in manifest.accounts}
    for pointer, values in tables.items():
        for name in values:
            if name not in takes:
                message = f"no recipe of the manifest has a parameter `{name}`{did_you_mean(name, takes)}"
                raise manifest.source.error(f"{pointer}/values/{name}", message)


def _attached(manifest: Manifest) -> list[tuple[Account, Group | Role, str]]:
    found: list[tuple[Account, Group | Role, str]] = []
    for place in manifest.holders:
        for account in manifest.accounts:
            for name in place.attach if account.name in place.accounts else ():
                try:
                    found.append((account, place, attached_arn(account, name)))
                except PolicygenError as error:
                    message = f"{place.words} in account `{account.name}`: {error}"
                    raise manifest.source.error(f"{place.pointer}/attach", message) from None
    return found


def _recipes(manifest: Manifest) -> dict[str, Recipe]:
    """Every recipe of the manifest, by name, read once."""
    recipes: dict[str, Recipe] = {}
    for place in manifest.places:
        for instance in place.instances:
            try:
                if instance.recipe not in recipes:
                    recipes[instance.recipe] = find_recipe(instance.recipe, *manifest.catalogs)
                _check_fits(recipes[instance.recipe], instance.kinds, place.noun, place.principal)
            except PolicygenError as error:
                raise manifest.source.error(instance.pointer, str(error)) from None
    return recipes


def _check_fits(recipe: Recipe, kinds: tuple[str, ...], noun: str, principal: str) -> None:
    if recipe.kind not in kinds:
        where = _ELSEWHERE[recipe.kind]
        raise PolicygenError(f"`{recipe.name}` is of kind {recipe.kind}, which is for {where}; a {noun} cannot have it")
    if principal and recipe.kind != "trust" and principal not in recipe.principals:
        only = " and ".join(recipe.principals)
        why = "groups contain users" if noun == "group" else f"this is a {noun}"
        raise PolicygenError(f"`{recipe.name}` only works for {only}; {why}")
