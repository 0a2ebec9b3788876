"""What an export contains: the groups, roles and boundaries of an account, or the policies of the organization.

`plan` and `apply` serve groups; `not_applied` says what else the manifest has.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from policygen.account.model import Document
from policygen.deploy.desired import Desired, DesiredPolicy, desired_groups, desired_policies, managed_arn
from policygen.deploy.record import Owned
from policygen.manifest.carried import carried
from policygen.manifest.model import Account, Carried, Manifest
from policygen.manifest.paths import label
from policygen.manifest.places import Boundary, Place, Role, Unit
from policygen.recipe.render import Rendered


@dataclass(frozen=True, slots=True)
class DesiredRole:
    """A role with its trust policy, its policies, and the ARN of its permissions boundary."""

    name: str
    path: str
    trust: Document
    policies: tuple[DesiredPolicy, ...]
    boundary: str | None
    max_session_hours: int


@dataclass(frozen=True, slots=True)
class OrganizationPolicy:
    """An SCP or RCP, and the ids of the roots and OUs that it is attached to."""

    name: str
    kind: str
    document: Document
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Exported:
    """The desired state of an account: its groups, and what only an export serves."""

    groups: Desired
    roles: tuple[DesiredRole, ...] = ()
    boundaries: Mapping[str, Document] = field(default_factory=dict)
    """ARN → document."""

    @property
    def managed(self) -> dict[str, Document]:
        """ARN → document of the managed policies of groups, roles and boundaries."""
        of_roles = {p.arn: p.document for role in self.roles for p in role.policies if p.arn and p.document is not None}
        return {**self.groups.managed, **of_roles, **self.boundaries}


def exported_account(manifest: Manifest, account: Account) -> tuple[Exported, list[Rendered]]:
    """The desired state of one account, and its rendered policies with their findings; raises as `carried` does."""
    policies = carried(manifest, label, account=account)
    roles = tuple(_role(account, role, policies) for role in manifest.roles if account.name in role.accounts)
    boundaries = {
        _own_arn(account, one.place.name): one.rendered.policy.document
        for one in policies
        if isinstance(one.place, Boundary)
    }
    groups = desired_groups(manifest, account, policies, Owned())
    return Exported(groups, roles, boundaries), [one.rendered for one in policies]


def exported_organization(manifest: Manifest) -> tuple[list[OrganizationPolicy], list[Rendered]]:
    """The policies of the organization, each once, and their renderings with findings; raises as `carried` does."""
    policies = [one for one in carried(manifest, label) if isinstance(one.place, Unit)]
    targets: dict[tuple[str, str], list[str]] = {}
    for one in policies:
        if isinstance(one.place, Unit):
            targets.setdefault((one.rendered.recipe.kind, one.instance.name), []).append(one.place.id)
    first = {(one.rendered.recipe.kind, one.instance.name): one for one in reversed(policies)}
    found = [
        OrganizationPolicy(name, kind, first[kind, name].rendered.policy.document, tuple(dict.fromkeys(ids)))
        for (kind, name), ids in targets.items()
    ]
    return found, [one.rendered for one in policies]


def not_applied(manifest: Manifest, account: Account) -> list[str]:
    """One sentence for each place of the manifest that `plan` and `apply` do not serve."""
    of_account: tuple[Place, ...] = (*manifest.roles, *manifest.boundaries)
    places = [(place, "") for place in of_account if account.name in place.accounts]
    places += [(place, " --organization") for place in manifest.units]
    return [
        f"{place.words} is in the manifest, but `plan` and `apply` leave it alone; "
        f"`policygen export{option}` writes a template for it"
        for place, option in places
    ]


def _role(account: Account, role: Role, policies: Iterable[Carried]) -> DesiredRole:
    own = [one for one in policies if one.place is role]
    trust = next(one.rendered.policy.document for one in own if one.rendered.recipe.kind == "trust")
    boundary = role.boundary if role.boundary.startswith("arn:") else _own_arn(account, role.boundary)
    return DesiredRole(
        role.name,
        role.path,
        trust,
        desired_policies(account, role, own),
        boundary if role.boundary else None,
        role.max_session_hours,
    )


def _own_arn(account: Account, name: str) -> str:
    return managed_arn(account.partition, account.id, name)
