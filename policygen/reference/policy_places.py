"""The properties of resources that contain IAM policies, in CloudFormation and Terraform, and the kind of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from policygen.policy.model import Kind
from policygen.reference.data import load


@dataclass(frozen=True, slots=True)
class Place:
    """One property: its path in the resource, in which `*` is every item of a list, and the kind of its policies."""

    path: tuple[str, ...]
    kind: Kind | None
    """None where the resource's own type says it, as a policy of Organizations does."""

    @property
    def of_organizations(self) -> bool:
        """Whether the resource says whether it is an SCP or an RCP."""
        return self.kind is None


@cache
def places(language: str) -> Mapping[str, tuple[Place, ...]]:
    """Type of resource → the places of policies in it, for `cloudformation` or `terraform`."""
    return {
        type_: tuple(
            Place(tuple(path.split("/")), None if kind == "organizations" else Kind(kind))
            for path, kind in properties.items()
        )
        for type_, properties in load("policy_places")[language].items()
    }
