"""The policies that take part in a question beside those of a snapshot: SCPs, RCPs, the policy of the resource."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policygen.cli import options

if TYPE_CHECKING:
    from policygen.access.who import Given
    from policygen.evaluate import CompiledPolicy
    from policygen.policy.model import Kind


@dataclass(frozen=True)
class Files:
    """The files of `--scp`, `--rcp` and `--resource-policy`, and the account of `--resource-account`."""

    scps: tuple[str, ...]
    rcps: tuple[str, ...]
    resource_policy: str | None
    resource_account: str

    def read(self) -> "Given":
        """The policies in the files; raises PolicygenError for a file without a policy of the right kind."""
        from policygen.access.who import Given
        from policygen.policy.model import Kind

        return Given(
            scps=read_levels(self.scps, Kind.SCP),
            rcps=read_levels(self.rcps, Kind.RCP),
            resource=read_levels((self.resource_policy,), Kind.RESOURCE)[0] if self.resource_policy else None,
            owner=self.resource_account,
        )


def read_levels(paths: Iterable[str], kind: "Kind") -> "tuple[tuple[CompiledPolicy, ...], ...]":
    """The policies of each file; raises PolicygenError for a file without a policy of the kind."""
    from policygen.evaluate import compile_policy
    from policygen.loader.policies import read_policies

    return tuple(tuple(map(compile_policy, read_policies(path, kind))) for path in paths)


given = options.together(
    options.scps,
    options.rcps,
    options.resource_policy,
    options.resource_account,
    options.gather("given", Files),
)
"""`--scp`, `--rcp`, `--resource-policy` and `--resource-account`, as `Files`."""
