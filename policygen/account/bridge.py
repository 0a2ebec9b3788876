"""From a manifest, or from one rendered recipe, to what an account should look like."""

from policygen.account.desired import Desired, DesiredGroup, DesiredPolicy, managed_arn
from policygen.errors import PolicygenError, did_you_mean
from policygen.manifest.build import carried_recipes
from policygen.manifest.model import Account, Group, Manifest
from policygen.recipe.formats import problem
from policygen.recipe.render import Rendered, render_recipe


def chosen_accounts(manifest: Manifest, names: tuple[str, ...]) -> tuple[Account, ...]:
    """The manifest's accounts of these names or ids, all of them where none is named.

    Raises PolicygenError for a name that the manifest does not have.
    """
    known = {key: account for account in manifest.accounts for key in (account.name, account.id)}
    for name in names:
        if name not in known:
            raise PolicygenError(f"{manifest.source.file} has no account `{name}`{did_you_mean(name, known)}")
    chosen = {known[name].name for name in names}
    return tuple(account for account in manifest.accounts if account.name in chosen or not names)


def from_manifest(manifest: Manifest, account: Account) -> tuple[Desired, list[Rendered]]:
    """What the manifest wants of one account, and every policy in it as it was rendered, findings and all.

    Raises PolicygenError for a recipe that no group can carry, and for whatever rendering raises.
    """
    recipes = carried_recipes(manifest)
    rendered: dict[str, list[Rendered]] = {}
    for owner, group, name, values in manifest.wanted():
        if owner is account:
            file = f"{account.name}/{group.name}/{name}"
            rendered.setdefault(group.name, []).append(render_recipe(recipes[name], values, file=file))
    groups = tuple(
        _group(account, group, rendered.get(group.name, []))
        for group in manifest.groups
        if account.name in group.accounts
    )
    desired = Desired(account.id, account.partition, groups, manifest.exempt)
    return desired, [result for results in rendered.values() for result in results]


def from_recipe(rendered: Rendered, groups: tuple[str, ...], *, managed: bool, name: str, create: bool) -> Desired:
    """One rendered recipe on some groups of its account; `name` is the policy's, the recipe's unless given.

    Raises PolicygenError for a recipe that no group can carry, and for a name that IAM refuses.
    """
    check_carried(rendered)
    for kind, text in (*(("group", group) for group in groups), *((("policy", name),) if name else ())):
        if fault := problem("iam-name", text):
            raise PolicygenError(f"{kind} `{text}` {fault}")
    account, partition = rendered.parameters["account"], rendered.parameters["partition"]
    policy = _policy(rendered, account, partition, managed=managed, name=name)
    once = {group.lower(): group for group in groups}
    return Desired(account, partition, tuple(DesiredGroup(group, (policy,), create=create) for group in once.values()))


def check_carried(rendered: Rendered) -> None:
    """Raise PolicygenError, with the reason, unless the members of a group can make use of the policy."""
    recipe = rendered.recipe
    if recipe.kind not in ("identity", "managed"):
        where = {"scp": "AWS Organizations", "rcp": "AWS Organizations", "boundary": "single users and roles"}
        place = where.get(recipe.kind, "resources")
        raise PolicygenError(f"`{recipe.name}` is of kind {recipe.kind}, which goes on {place}; no group can carry it")
    if "user" not in recipe.principals:
        raise PolicygenError(f"`{recipe.name}` works on {' and '.join(recipe.principals)} only; a group holds users")


def _group(account: Account, group: Group, rendered: list[Rendered]) -> DesiredGroup:
    for result in rendered:
        check_carried(result)
    policies = [_policy(r, account.id, account.partition, managed=group.managed) for r in rendered]
    for name in group.attach:
        arn = name if name.startswith("arn:") else f"arn:{account.partition}:iam::aws:policy/{name}"
        policies.append(DesiredPolicy(arn.rpartition("/")[2], None, arn))
    return DesiredGroup(
        group.name,
        tuple({policy.arn or policy.name: policy for policy in policies}.values()),
        path=group.path,
        members=group.members,
        common=group.common,
        category=group.category,
        default_category=group.default_category,
    )


def _policy(rendered: Rendered, account: str, partition: str, *, managed: bool, name: str = "") -> DesiredPolicy:
    name, document = name or rendered.recipe.name, rendered.policy.document
    if rendered.recipe.kind == "managed":
        return DesiredPolicy(name, None, document["PolicyArn"])
    return DesiredPolicy(name, document, managed_arn(partition, account, name) if managed else None)
