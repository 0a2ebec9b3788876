"""The policies of a manifest's groups: every recipe rendered for its group, and refused if a group cannot have it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from policygen.errors import PolicygenError
from policygen.manifest.model import Account, Group, Manifest
from policygen.policy.model import escape
from policygen.recipe.catalog import Recipe, find_recipe
from policygen.recipe.render import Rendered, render_recipe
from policygen.reference.managed_policies import resolve, unlisted
from policygen.reference.quotas import account_quotas, quotas

_ELSEWHERE = {
    "scp": "AWS Organizations",
    "rcp": "AWS Organizations",
    "boundary": "single users and roles",
    "trust": "roles",
}


@dataclass(frozen=True)
class Carried:
    """One policy of a group in one account, and the file that its findings name."""

    account: Account
    group: Group
    rendered: Rendered
    file: str


def check_carried(recipe: Recipe) -> None:
    """Raise PolicygenError, with the reason, unless a recipe's policy works for the members of a group."""
    if recipe.kind not in ("identity", "managed"):
        where = _ELSEWHERE.get(recipe.kind, "resources")
        raise PolicygenError(f"`{recipe.name}` is of kind {recipe.kind}, which is for {where}; a group cannot have it")
    if "user" not in recipe.principals:
        raise PolicygenError(f"`{recipe.name}` only works for {' and '.join(recipe.principals)}; groups contain users")


def carried(
    manifest: Manifest,
    name: Callable[[Account, Group, str], str],
    *,
    account: Account | None = None,
    check: bool = True,
) -> list[Carried]:
    """Every policy of the manifest's groups, in one account or in all, in the order of the manifest.

    `name` returns the file that findings name; without `check`, policies are neither validated nor linted. Raises
    PolicygenError, with `file:line`, for a recipe that does not exist or cannot be rendered, and for a policy that a
    group cannot have: because of its kind, its principals or a quota, or because it does not exist in the account.
    """
    recipes = _recipes(manifest)
    found = []
    for owner, group, recipe, values in manifest.wanted():
        if account in (None, owner):
            file = name(owner, group, recipe)
            try:
                rendered = render_recipe(recipes[recipe], values, file=file, check=check)
                if rendered.recipe.kind == "managed":
                    attached_arn(owner, rendered.policy.document["PolicyArn"])
            except PolicygenError as error:
                message = f"group `{group.name}` in account `{owner.name}`: {error}"
                raise manifest.source.error(f"{_pointer(group)}/parameters/{recipe}", message) from None
            found.append(Carried(owner, group, rendered, file))
    _attached(manifest)
    for group, message in _refused(manifest, found, (account,) if account else manifest.accounts):
        raise manifest.source.error(f"{_pointer(group)}/recipes", message)
    return found


def attached_arn(account: Account, name: str) -> str:
    """The ARN of a managed policy in a group's `attach`; raises PolicygenError like `resolve`."""
    return resolve(name, partition=account.partition, account=account.id)


def unlisted_policies(manifest: Manifest) -> Iterator[str]:
    """A sentence for each AWS managed policy of a group that the list of AWS managed policies does not contain.

    Raises PolicygenError, with `file:line`, for a policy that cannot be attached to a group of the account.
    """
    for account, group, arn in _attached(manifest):
        if why := unlisted(arn):
            yield f"group `{group.name}` in account `{account.name}`: {why}"


def _attached(manifest: Manifest) -> list[tuple[Account, Group, str]]:
    found = []
    for group in manifest.groups:
        for account in manifest.accounts:
            for name in group.attach if account.name in group.accounts else ():
                try:
                    found.append((account, group, attached_arn(account, name)))
                except PolicygenError as error:
                    message = f"group `{group.name}` in account `{account.name}`: {error}"
                    raise manifest.source.error(f"{_pointer(group)}/attach", message) from None
    return found


def _recipes(manifest: Manifest) -> dict[str, Recipe]:
    """Every recipe of a group, by name, read once."""
    recipes: dict[str, Recipe] = {}
    for group in manifest.groups:
        for name in group.recipes:
            if name not in recipes:
                try:
                    recipes[name] = find_recipe(name, *manifest.catalogs)
                    check_carried(recipes[name])
                except PolicygenError as error:
                    raise manifest.source.error(f"{_pointer(group)}/recipes", str(error)) from None
    return recipes


def _refused(manifest: Manifest, found: Iterable[Carried], accounts: Iterable[Account]) -> Iterator[tuple[Group, str]]:
    """Groups that IAM would reject: their policies are too long or too many, or two of them have the same name."""
    for account in accounts:
        shared: dict[str, Carried] = {}
        for group in manifest.groups:
            if account.name in group.accounts:
                own = [one for one in found if one.account is account and one.group is group]
                for sentence in (*_too_much(account, group, own), *_at_odds(own, shared)):
                    yield group, f"group `{group.name}` in account `{account.name}` {sentence}"


def _too_much(account: Account, group: Group, own: Iterable[Carried]) -> Iterator[str]:
    attached = {attached_arn(account, name) for name in group.attach}
    characters = 0
    for policy in (one.rendered for one in own):
        if policy.recipe.kind == "managed":
            attached.add(policy.policy.document["PolicyArn"])
        elif not group.managed:
            characters += policy.policy.size
        else:
            attached.add(policy.recipe.name)
            yield from _too_long(f"`{policy.recipe.name}`", policy.policy.size, "managed")
    yield from _too_long("inline policies", characters, "group-inline")
    most = account_quotas()["AttachedPoliciesPerGroupQuota"]
    if len(attached) > most:
        yield f"has {len(attached)} managed policies; IAM accepts {most}"


def _too_long(what: str, characters: int, place: str) -> Iterator[str]:
    quota = quotas()[place]
    if characters > quota.limit:
        yield f"has {what} with {characters:,} characters; {quota.where} may have {quota.limit:,}"


def _at_odds(own: Iterable[Carried], shared: dict[str, Carried]) -> Iterator[str]:
    """Recipes whose managed policy, of which an account has one for all groups, differs between groups."""
    for one in own:
        name = one.rendered.recipe.name
        if one.group.managed and one.rendered.recipe.kind != "managed":
            other = shared.setdefault(name, one)
            if other.rendered.policy.document != one.rendered.policy.document:
                yield f"needs another managed policy `{name}` than group `{other.group.name}`; make one of them inline"


def _pointer(group: Group) -> str:
    return f"/groups/{escape(group.name)}"
