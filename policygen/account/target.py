"""How to reach an account."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """How to reach an account; None is looked up as every AWS SDK does it (environment, profile, …)."""

    profile: str | None = None
    region: str | None = None
    role_arn: str | None = None
    """A role to assume first."""
    endpoint_url: str | None = None
    partition: str | None = None
    """The account's partition, for when the configured region does not tell."""
