"""Who makes a request, and how the Principal element of a resource policy names them.

Source: IAM User Guide, "AWS JSON policy elements: Principal" and "Policy evaluation logic" (2026-11).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from policygen.errors import PolicygenError
from policygen.evaluate.conditions import RefusedError
from policygen.policy import arn
from policygen.reference.identity_providers import provider_names

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", re.ASCII)
UNSIGNED = "anonymous"
"""`aws:PrincipalAccount` and `aws:userid` of a request without credentials (IAM User Guide, "AWS global condition
context keys" and "Principal key values")."""


class PrincipalType(StrEnum):
    """The values of `aws:PrincipalType`, and two for callers without one: an AWS service, and an identity provider's
    user, who has no AWS credentials yet and calls `sts:AssumeRoleWithWebIdentity` or `sts:AssumeRoleWithSAML`.
    """

    USER = "User"
    ROLE = "AssumedRole"
    ROOT = "Account"
    FEDERATED_USER = "FederatedUser"
    ANONYMOUS = "Anonymous"
    SERVICE = "Service"
    FEDERATED = "Federated"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request."""

    type: PrincipalType
    arn: str
    """The ARN of the user, role session or root user that makes the request; the name of the service; the ARN or the
    name of the identity provider."""
    account: str = ""
    partition: str = "aws"
    issuer: str = ""
    """The ARN of the role of a session, "" for other principals."""

    @property
    def keys(self) -> Mapping[str, str]:
        """The condition keys that follow from the principal; the unique id of a user or role does not.

        `aws:PrincipalIsAWSService` is only in requests that are signed with AWS credentials.
        """
        if self.type is PrincipalType.SERVICE:
            return {"aws:principalisawsservice": "true", "aws:principalservicename": self.arn}
        if self.type is PrincipalType.FEDERATED:
            return {}
        if self.type is PrincipalType.ANONYMOUS:
            return {
                "aws:principaltype": self.type.value,
                "aws:principalaccount": UNSIGNED,
                "aws:userid": UNSIGNED,
            }
        keys = {
            "aws:principaltype": self.type.value,
            "aws:principalisawsservice": "false",
            "aws:principalarn": self.issuer or self.arn,
            "aws:principalaccount": self.account,
        }
        if self.type is PrincipalType.USER:
            keys["aws:username"] = self.arn.rpartition("/")[2]
        elif self.type is PrincipalType.ROOT:
            keys["aws:userid"] = self.account
        return keys

    @property
    def claims(self) -> str:
        """The prefix (lower case) of the condition keys in an identity provider's token, "" for other principals.

        Source: IAM User Guide, "IAM and AWS STS condition context keys", "Available keys for AWS OIDC federation".
        """
        if self.type is not PrincipalType.FEDERATED:
            return ""
        name = self.arn.partition("oidc-provider/")[2] or self.arn
        return "saml:" if ":saml-provider/" in self.arn else f"{name.lower()}:"


def parse(text: str, *, account: str = "", partition: str = "aws") -> Principal:
    """The principal that a text names.

    `user/eng/carol`, `role/ops/session-name` and `root` are relative to the account and partition given. Complete are
    the ARN of a user, a role, a role session, the root user or an identity provider, an account id, the name of a
    service or of a provider (`accounts.google.com`), and `*` for an unsigned request. A role without a session means
    any of its sessions. Raises PolicygenError for anything else.
    """
    if text == "*":
        return Principal(PrincipalType.ANONYMOUS, "*")
    if text in provider_names():
        return Principal(PrincipalType.FEDERATED, text)
    if _SERVICE.fullmatch(text):
        return Principal(PrincipalType.SERVICE, text)
    if _ACCOUNT.fullmatch(text):
        text = f"arn:{partition}:iam::{text}:root"
    elif not text.startswith("arn:"):
        text = _whole(text, account, partition)
    parts = arn.parse(text)
    if parts and _ACCOUNT.fullmatch(parts.account):
        kind, _, name = parts.resource.partition("/")
        principal = _principal(text, parts, kind, name)
        if principal:
            return principal
    raise PolicygenError(
        f"the principal `{text}` cannot make a request; write `user/NAME`, `role/NAME/SESSION`, `root`, "
        "or a complete ARN"
    )


def _whole(text: str, account: str, partition: str) -> str:
    kind, _, rest = text.partition("/")
    if kind == "role" and "/" in rest:
        path, _, session = rest.rpartition("/")
        return f"arn:{partition}:sts::{account}:assumed-role/{path}/{session}"
    return f"arn:{partition}:iam::{account}:{text}"


def _principal(text: str, parts: arn.Arn, kind: str, name: str) -> Principal | None:
    issuer, found = "", None
    match parts.service, kind, bool(name):
        case "iam", "user", True:
            found = PrincipalType.USER
        case "iam", "root", False:
            found = PrincipalType.ROOT
        case "iam", "role", True:
            found, issuer = PrincipalType.ROLE, text
        case "sts", "assumed-role", True if "/" in name:
            role, _, session = name.rpartition("/")
            found, issuer = PrincipalType.ROLE, f"arn:{parts.partition}:iam::{parts.account}:role/{role}"
            # the ARN of a session does not contain the path of the role
            text = f"arn:{parts.partition}:sts::{parts.account}:assumed-role/{role.rpartition('/')[2]}/{session}"
        case "sts", "federated-user", True:
            found = PrincipalType.FEDERATED_USER
        case "iam", "oidc-provider" | "saml-provider", True:
            found = PrincipalType.FEDERATED
    return Principal(found, text, parts.account, parts.partition, issuer) if found else None


class Naming(IntEnum):
    """How directly a statement names a principal, which decides what else must allow within one account."""

    NOT = 0
    ACCOUNT = 1
    """Names its account: the policies of the principal must allow."""
    ROLE = 2
    """Names its role: the boundary and the session policy must allow, but not an identity policy."""
    EVERYONE = 3
    """Names everyone with `*`: only the session policy must allow."""
    DIRECTLY = 4
    """Names the user or the session itself: nothing else must allow."""


NamingTest = Callable[[Principal], Naming | None]
"""How a statement names a principal; None if IAM's documentation leaves it open."""


def naming_test(body: Any, *, negated: bool, pointer: str) -> NamingTest:
    """The test of a Principal or NotPrincipal element; raises RefusedError if IAM would reject it."""
    if body == "*":
        body = {"AWS": "*"}
    if not isinstance(body, dict):
        raise RefusedError(f'{pointer}: a principal must be `"*"` or an object')
    named: dict[str, list[str]] = {}
    for kind, value in body.items():
        values = value if isinstance(value, list) else [value]
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser") or not all(isinstance(v, str) for v in values):
            raise RefusedError(f"{pointer}/{kind}: not a valid principal")
        named[kind] = values
    everyone = "*" in named.get("AWS", ())
    providers = frozenset(named.get("Federated", ()))
    accounts = frozenset(map(account_of, named.get("AWS", ())))
    listed = frozenset(named.get("AWS", ())) | frozenset(named.get("Service", ()))
    canonical = "CanonicalUser" in named

    def naming(principal: Principal) -> Naming | None:
        if principal.type is PrincipalType.FEDERATED and (principal.arn in providers or "*" in providers):
            return Naming.NOT if negated else Naming.DIRECTLY
        if everyone:
            return Naming.NOT if negated else Naming.EVERYONE
        if principal.type is PrincipalType.FEDERATED:
            return Naming.EVERYONE if negated else Naming.NOT
        found = _naming(principal, listed, accounts)
        if canonical and not found and principal.type is not PrincipalType.SERVICE:
            return None  # the policy does not say which account a canonical user id belongs to
        return _opposite(principal, listed, accounts) if negated else found

    return naming


def _naming(principal: Principal, listed: frozenset[str], accounts: frozenset[str]) -> Naming:
    if principal.arn in listed and principal.arn != principal.issuer:
        return Naming.DIRECTLY
    if principal.issuer and _without_path(principal.issuer) in map(_without_path, listed):
        return Naming.ROLE
    if principal.account and principal.account in accounts:
        return Naming.DIRECTLY if principal.type is PrincipalType.ROOT else Naming.ACCOUNT
    return Naming.NOT


def _opposite(principal: Principal, listed: frozenset[str], accounts: frozenset[str]) -> Naming | None:
    """How a NotPrincipal element names a principal, which it excludes only if it lists the role and account too.

    Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal": a Deny that names the user but not the account
    "might deny access to the entire account containing the principal".
    """
    named = [principal.account in accounts] if principal.account else []
    if principal.type is not PrincipalType.ROOT:
        named += [name in listed for name in {principal.arn, principal.issuer} - {""}]
    if all(named):
        return Naming.NOT
    return None if any(named) else Naming.EVERYONE


def account_of(text: str) -> str:
    """The account that an entry names, "" if it names anything else."""
    if _ACCOUNT.fullmatch(text):
        return text
    parts = arn.parse(text)
    return parts.account if parts and parts.service == "iam" and parts.resource == "root" else ""


def _without_path(role: str) -> str:
    """The ARN of a role without its path, which the ARNs of sessions do not contain."""
    head, slash, path = role.partition(":role/")
    return head + slash + path.rpartition("/")[2]
