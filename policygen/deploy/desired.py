"""What one account should look like: groups, what they carry, who belongs to them, and nothing else."""

from dataclasses import dataclass

from policygen.account.model import Document
from policygen.errors import PolicygenError
from policygen.manifest.carried import attached_arn, carried, check_carried
from policygen.manifest.model import Account, Group, Manifest
from policygen.recipe.formats import problem
from policygen.recipe.render import Rendered
from policygen.reference.managed_policies import resolve

OWN_PATH = "/policygen/"
"""The path of the managed policies that policygen makes; only what lies under it is ever pruned."""


@dataclass(frozen=True, slots=True)
class DesiredPolicy:
    """A policy on a group: inline (no `arn`), managed and ours, or managed and somebody else's (no `document`)."""

    name: str
    document: Document | None
    arn: str | None = None


@dataclass(frozen=True, slots=True)
class DesiredGroup:
    """A group and what it should carry and hold. Members are added, never removed."""

    name: str
    policies: tuple[DesiredPolicy, ...] = ()
    path: str = "/"
    create: bool = True
    """Whether to create it if the account does not have it; otherwise that is an error."""
    members: tuple[str, ...] = ()
    common: bool = False
    """Every user who is not exempt belongs to it."""
    category: tuple[str, ...] = ()
    """Patterns of names: users belong to exactly one group that has any, or is the default."""
    default_category: bool = False
    """The category of users whom no pattern matches."""

    @property
    def is_category(self) -> bool:
        """Whether the group is one of the categories."""
        return bool(self.category) or self.default_category


@dataclass(frozen=True, slots=True)
class Desired:
    """The desired state of one account."""

    account: str
    partition: str
    groups: tuple[DesiredGroup, ...]
    exempt: tuple[str, ...] = ()
    """Users who belong in no common group and no category."""


def managed_arn(partition: str, account: str, name: str, path: str = OWN_PATH) -> str:
    """The ARN of a customer managed policy."""
    return f"arn:{partition}:iam::{account}:policy{path}{name}"


def arn_path(arn: str) -> str:
    """The path of a managed policy's ARN: `/policygen/`."""
    resource = arn.split(":", 5)[5].removeprefix("policy")
    return resource[: resource.rindex("/") + 1]


def arn_name(arn: str) -> str:
    """The name of a managed policy's ARN."""
    return arn.rpartition("/")[2]


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
