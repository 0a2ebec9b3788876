"""The desired state of one account: its groups with their members, its roles and boundaries, and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from policygen.account.model import Document
from policygen.deploy.record import Owned
from policygen.errors import PolicygenError
from policygen.manifest.build import check_committed
from policygen.manifest.carried import attached_arn, carried, check_carried
from policygen.manifest.model import Account, Carried, Manifest
from policygen.manifest.paths import label
from policygen.manifest.places import Boundary, Group, Role
from policygen.recipe.formats import problem
from policygen.recipe.render import Rendered
from policygen.reference.managed_policies import resolve

OWN_PATH = "/policygen/"
"""The path of the managed policies that policygen creates; only policies under it are ever pruned."""


@dataclass(frozen=True, slots=True)
class DesiredPolicy:
    """A policy of a group: inline (no `arn`), managed by policygen, or managed by someone else (no `document`)."""

    name: str
    document: Document | None
    arn: str | None = None


@dataclass(frozen=True, slots=True)
class DesiredGroup:
    """A group with its policies and members."""

    name: str
    policies: tuple[DesiredPolicy, ...] = ()
    path: str = "/"
    create: bool = True
    """Whether to create the group if it does not exist; if False, that is an error."""
    members: tuple[str, ...] = ()
    common: bool = False
    """Whether every user who is not exempt should be a member."""
    category: tuple[str, ...] = ()
    """Patterns of user names. Groups that have any, and the default one, are categories; each user should be in one."""
    default_category: bool = False
    """Whether this is the category of users who do not match any pattern."""
    exclusive: bool = False
    """Whether the group may have nothing else: other policies and members are removed, no matter who put them there."""

    @property
    def is_category(self) -> bool:
        """Whether the group is one of the categories."""
        return bool(self.category) or self.default_category


@dataclass(frozen=True, slots=True)
class DesiredRole:
    """A role with its trust policy, its policies, and the ARN of its permissions boundary."""

    name: str
    path: str
    trust: Document
    policies: tuple[DesiredPolicy, ...] = ()
    boundary: str | None = None
    max_session_hours: int = 1
    """Of a role that policygen creates: an account's details do not show it."""
    exclusive: bool = False
    """Whether the role may have no other policies."""


@dataclass(frozen=True, slots=True)
class Desired:
    """The desired state of one account."""

    account: str
    partition: str
    groups: tuple[DesiredGroup, ...]
    exempt: tuple[str, ...] = ()
    """Users who do not belong in any common group or category."""
    owned: Owned = field(default_factory=Owned)
    """What earlier runs put into the account; of this, what is no longer declared is removed."""
    roles: tuple[DesiredRole, ...] = ()
    boundaries: Mapping[str, Document] = field(default_factory=dict)
    """ARN → document of the permissions boundaries."""

    @property
    def policies(self) -> list[DesiredPolicy]:
        """The policies of all groups and roles."""
        holders: tuple[DesiredGroup | DesiredRole, ...] = (*self.groups, *self.roles)
        return [policy for holder in holders for policy in holder.policies]

    @property
    def arns(self) -> list[str]:
        """The ARNs of all managed policies that should be attached to groups and roles, or limit roles."""
        boundaries = (role.boundary for role in self.roles if role.boundary)
        return [*(policy.arn for policy in self.policies if policy.arn), *boundaries]

    @property
    def managed(self) -> dict[str, Document]:
        """ARN → document of the managed policies that policygen creates and changes."""
        attached = {
            policy.arn: policy.document for policy in self.policies if policy.arn and policy.document is not None
        }
        return {**attached, **self.boundaries}


def managed_arn(partition: str, account: str, name: str, path: str = OWN_PATH) -> str:
    """The ARN of a customer managed policy."""
    return f"arn:{partition}:iam::{account}:policy{path}{name}"


def arn_path(arn: str) -> str:
    """The path in the ARN of a managed policy: `/policygen/`."""
    resource = arn.split(":", 5)[5].removeprefix("policy")
    return resource[: resource.rindex("/") + 1]


def arn_name(arn: str) -> str:
    """The name in the ARN of a managed policy."""
    return arn.rpartition("/")[2]


def from_manifest(manifest: Manifest, account: Account, owned: Owned) -> tuple[Desired, list[Rendered]]:
    """The desired state of one account according to the manifest, and all its rendered policies with their findings.

    `owned` is what earlier runs put into the account. Raises PolicygenError as rendering does, for a recipe that cannot
    be where it is, and for a policy that differs from the file that was built from it.
    """
    policies = carried(manifest, label, account=account)
    check_committed(manifest, policies)
    groups = tuple(
        DesiredGroup(
            group.name,
            desired_policies(account, group, policies),
            path=group.path,
            members=group.members,
            common=group.common,
            category=group.category,
            default_category=group.default_category,
            exclusive=group.exclusive,
        )
        for group in manifest.groups
        if account.name in group.accounts
    )
    roles = tuple(_role(account, role, policies) for role in manifest.roles if account.name in role.accounts)
    boundaries = {
        _own_arn(account, one.place.name): one.rendered.policy.document
        for one in policies
        if isinstance(one.place, Boundary)
    }
    desired = Desired(account.id, account.partition, groups, manifest.exempt, owned, roles, boundaries)
    return desired, [one.rendered for one in policies]


def _role(account: Account, role: Role, policies: Iterable[Carried]) -> DesiredRole:
    trust = next(one for one in policies if one.place is role and one.rendered.recipe.kind == "trust")
    boundary = role.boundary if role.boundary.startswith("arn:") else _own_arn(account, role.boundary)
    return DesiredRole(
        role.name,
        role.path,
        trust.rendered.policy.document,
        desired_policies(account, role, policies),
        boundary if role.boundary else None,
        role.max_session_hours,
        role.exclusive,
    )


def _own_arn(account: Account, name: str) -> str:
    return managed_arn(account.partition, account.id, name)


def desired_policies(account: Account, place: Group | Role, every: Iterable[Carried]) -> tuple[DesiredPolicy, ...]:
    """The policies of a group or role among all, those of its recipes before those that are only attached."""
    policies = [
        _policy(one.rendered, account.id, account.partition, managed=place.managed, name=one.instance.name)
        for one in every
        if one.place is place and one.rendered.recipe.kind != "trust"
    ]
    policies += [DesiredPolicy(arn_name(arn), None, arn) for arn in (attached_arn(account, n) for n in place.attach)]
    return tuple({policy.arn or policy.name: policy for policy in policies}.values())


def from_recipe(rendered: Rendered, groups: tuple[str, ...], *, managed: bool, name: str, create: bool) -> Desired:
    """One rendered recipe for some groups; `name` is the policy's name, by default that of the recipe.

    Raises PolicygenError for a recipe that cannot be applied to a group, and for a name that IAM would reject.
    """
    check_carried(rendered.recipe)
    if rendered.parameters["account"] is None:
        raise PolicygenError("the account is missing; give 12 digits, with `--account ID`")
    for kind, text in (*(("group", group) for group in groups), *((("policy", name),) if name else ())):
        if fault := problem("iam-name", text):
            raise PolicygenError(f"{kind} `{text}` {fault}")
    account, partition = rendered.parameters["account"], rendered.parameters["partition"]
    policy = _policy(rendered, account, partition, managed=managed, name=name)
    once = {group.lower(): group for group in groups}
    return Desired(account, partition, tuple(DesiredGroup(group, (policy,), create=create) for group in once.values()))


def _policy(rendered: Rendered, account: str, partition: str, *, managed: bool, name: str = "") -> DesiredPolicy:
    name, document = name or rendered.recipe.name, rendered.policy.document
    if rendered.recipe.kind == "managed":
        return DesiredPolicy(name, None, resolve(document["PolicyArn"], partition=partition, account=account))
    return DesiredPolicy(name, document, managed_arn(partition, account, name) if managed else None)
