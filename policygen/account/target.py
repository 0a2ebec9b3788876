"""How to reach an account."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """How to reach an account; what is None is found as every AWS SDK finds it (environment, profile, …)."""

    profile: str | None = None
    region: str | None = None
    role_arn: str | None = None
    """A role to assume first."""
    endpoint_url: str | None = None
    partition: str | None = None
    """The partition that is meant, where no configured region says so."""
