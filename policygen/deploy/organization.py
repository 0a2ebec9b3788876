"""The policies of the organization in a manifest, which an export serves and `plan` and `apply` leave alone."""

from dataclasses import dataclass

from policygen.account.model import Document
from policygen.manifest.build import check_committed
from policygen.manifest.carried import carried
from policygen.manifest.model import Manifest
from policygen.manifest.paths import label
from policygen.manifest.places import Unit
from policygen.recipe.render import Rendered


@dataclass(frozen=True, slots=True)
class OrganizationPolicy:
    """An SCP or RCP, and the ids of the roots and OUs that it is attached to."""

    name: str
    kind: str
    document: Document
    targets: tuple[str, ...]


def organization_policies(manifest: Manifest) -> tuple[list[OrganizationPolicy], list[Rendered]]:
    """The policies of the organization, each once, and their renderings with findings; raises as `carried` does."""
    policies = [one for one in carried(manifest, label) if isinstance(one.place, Unit)]
    check_committed(manifest, policies)
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


def not_applied(manifest: Manifest) -> list[str]:
    """One sentence for each place of the manifest that `plan` and `apply` do not serve."""
    return [
        f"{place.words} is in the manifest, but `plan` and `apply` leave it alone; "
        "`policygen export --organization` writes a template for it"
        for place in manifest.units
    ]
