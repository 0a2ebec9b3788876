"""From a manifest, or from one rendered recipe, to what an account should look like."""

from policygen.deploy.desired import Desired, DesiredGroup, DesiredPolicy, managed_arn
from policygen.errors import PolicygenError, did_you_mean
from policygen.manifest.carried import attached_arn, carried, check_carried
from policygen.manifest.model import Account, Group, Manifest
from policygen.recipe.formats import problem
from policygen.recipe.render import Rendered
from policygen.reference.managed_policies import resolve


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

    Raises PolicygenError for what no group can carry, and for whatever rendering raises.
    """
    policies = carried(manifest, lambda owner, group, name: f"{owner.name}/{group.name}/{name}", account=account)
    groups = tuple(
        _group(account, group, [one.rendered for one in policies if one.group is group])
        for group in manifest.groups
        if account.name in group.accounts
    )
    desired = Desired(account.id, account.partition, groups, manifest.exempt)
    return desired, [one.rendered for one in policies]


def from_recipe(rendered: Rendered, groups: tuple[str, ...], *, managed: bool, name: str, create: bool) -> Desired:
    """One rendered recipe on some groups of its account; `name` is the policy's, the recipe's unless given.

    Raises PolicygenError for a recipe that no group can carry, and for a name that IAM refuses.
    """
    check_carried(rendered.recipe)
    for kind, text in (*(("group", group) for group in groups), *((("policy", name),) if name else ())):
        if fault := problem("iam-name", text):
            raise PolicygenError(f"{kind} `{text}` {fault}")
    account, partition = rendered.parameters["account"], rendered.parameters["partition"]
    policy = _policy(rendered, account, partition, managed=managed, name=name)
    once = {group.lower(): group for group in groups}
    return Desired(account, partition, tuple(DesiredGroup(group, (policy,), create=create) for group in once.values()))


def _group(account: Account, group: Group, rendered: list[Rendered]) -> DesiredGroup:
    policies = [_policy(r, account.id, account.partition, managed=group.managed) for r in rendered]
    for name in group.attach:
        arn = attached_arn(account, name)
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
        return DesiredPolicy(name, None, resolve(document["PolicyArn"], partition=partition, account=account))
    return DesiredPolicy(name, document, managed_arn(partition, account, name) if managed else None)
