"""Sign in as a role, with MFA if asked, and with credentials that are renewed before they expire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from policygen.account.target import Target
from policygen.errors import PolicygenError

SESSION_NAME = "policygen"
"""The name of the role session, which CloudTrail shows, unless the target has another."""


def _nobody(device: str) -> str:
    raise PolicygenError(f"the code of the MFA device `{device}` is needed, and nobody can be asked; use a terminal")


@dataclass
class MfaSessions:
    """The sessions that the codes of MFA devices opened; a code is asked for once and serves the roles of all accounts.

    A session lasts for 12 hours (STS API Reference, GetSessionToken).
    """

    ask: Callable[[str], str] = _nobody
    """Asks the user for the code of a device; raises PolicygenError if nobody can be asked."""
    _opened: dict[tuple[str | None, str], Any] = field(default_factory=dict)
    _turn: Lock = field(default_factory=Lock)

    def credentials(self, core: Any, create_client: Callable[..., Any], target: Target) -> Any:
        """The credentials of a botocore session, with MFA if the target names a device."""
        if not target.mfa_serial:
            return core.get_credentials()
        from botocore.credentials import Credentials

        key = target.profile, target.mfa_serial
        with self._turn:
            if key not in self._opened:
                client = create_client("sts", **_keys(core.get_credentials()))
                code = self.ask(target.mfa_serial)
                answer = client.get_session_token(SerialNumber=target.mfa_serial, TokenCode=code)["Credentials"]
                values = (answer[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
                self._opened[key] = Credentials(*values)
            return self._opened[key]


def assumed(core: Any, create_client: Callable[..., Any], target: Target, sessions: MfaSessions) -> Any:
    """Credentials of the target's role, from a botocore session; AWS's errors are those of botocore.

    `create_client` makes a client for a service with credentials.
    """
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    extra = {"RoleSessionName": target.session_name or SESSION_NAME}
    if target.external_id:
        extra["ExternalId"] = target.external_id
    source = sessions.credentials(core, create_client, target)
    fetcher = AssumeRoleCredentialFetcher(create_client, source, target.role_arn, extra_args=extra)
    return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


def _keys(credentials: Any) -> Mapping[str, str | None]:
    frozen = credentials.get_frozen_credentials()
    return {
        "aws_access_key_id": frozen.access_key,
        "aws_secret_access_key": frozen.secret_key,
        "aws_session_token": frozen.token,
    }
