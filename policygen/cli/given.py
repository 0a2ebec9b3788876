"""The policies that take part in a question beside those of a snapshot: SCPs, RCPs, the policy of the resource."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policygen.cli import options

if TYPE_CHECKING:
    from policygen.access.who import Given
    from policygen.evaluate import CompiledPolicy


@dataclass(frozen=True)
class Files:
    """The files of `--scp`, `--rcp` and `--resource-policy`."""

    scps: tuple[str, ...]
    rcps: tuple[str, ...]
    resource_policy: str | None

    def read(self) -> "Given":
        """The policies in the files; raises PolicygenError for a file without a policy of the right kind."""
        from policygen.access.who import Given
        from policygen.evaluate import compile_policy
        from policygen.loader.policies import read_policies
        from policygen.policy.model import Kind

        def level(path: str, kind: Kind) -> "tuple[CompiledPolicy, ...]":
            return tuple(map(compile_policy, read_policies(path, kind)))

        return Given(
            scps=tuple(level(path, Kind.SCP) for path in self.scps),
            rcps=tuple(level(path, Kind.RCP) for path in self.rcps),
            resource=level(self.resource_policy, Kind.RESOURCE) if self.resource_policy else None,
        )


given = options.together(options.scps, options.rcps, options.resource_policy, options.gather("given", Files))
"""`--scp`, `--rcp` and `--resource-policy`, as `Files`."""
