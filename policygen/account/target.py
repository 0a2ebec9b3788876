"""How to reach an account."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Target:
    """How to reach an account; None is looked up as every AWS SDK does it (environment, profile, …)."""

    profile: str | None = None
    region: str | None = None
    role_arn: str | None = None
    """A role to assume first."""
    external_id: str | None = None
    """What the role's trust policy may ask for as `sts:ExternalId`."""
    session_name: str | None = None
    """The name of the role session."""
    mfa_serial: str | None = None
    """The MFA device of the user who assumes the role: a serial number or an ARN."""
    endpoint_url: str | None = None
    partition: str | None = None
    """The account's partition, for when the configured region does not tell."""
