"""Who makes a request, and how the Principal element of a resource's policy names them.

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

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", re.ASCII)


class PrincipalType(StrEnum):
    """The values of `aws:PrincipalType`; a service has none and is `Service` here."""

    USER = "User"
    ROLE = "AssumedRole"
    ROOT = "Account"
    FEDERATED_USER = "FederatedUser"
    ANONYMOUS = "Anonymous"
    SERVICE = "Service"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request."""

    type: PrincipalType
    arn: str
    """The ARN that makes the request: of a user, of a role's session, of the account's root; a service's name."""
    account: str = ""
    partition: str = "aws"
    issuer: str = ""
    """The ARN of the role whose session this is, "" for the others."""

    @property
    def keys(self) -> Mapping[str, str]:
        """The condition keys that follow from who it is; the unique id of a user or role does not."""
        if self.type is PrincipalType.SERVICE:
            return {"aws:principalisawsservice": "true", "aws:principalservicename": self.arn}
        keys = {"aws:principaltype": self.type.value, "aws:principalisawsservice": "false"}
        if self.type is PrincipalType.ANONYMOUS:
            return keys
        keys |= {"aws:principalarn": self.issuer or self.arn, "aws:principalaccount": self.account}
        if self.type is PrincipalType.USER:
            keys["aws:username"] = self.arn.rpartition("/")[2]
        elif self.type is PrincipalType.ROOT:
            keys["aws:userid"] = self.account
        return keys


def parse(text: str, *, account: str = "", partition: str = "aws") -> Principal:
    """The principal of a text as people write it.

    `user/eng/carol`, `role/ops/session-name` and `root` are of the account and partition given; a whole ARN of a user,
    a role, a role's session or the root user, an account id, a service's name and `*` (nobody signed the request)
    speak for themselves. A role without a session means any session of it. Raises PolicygenError for others.
    """
    if text == "*":
        return Principal(PrincipalType.ANONYMOUS, "*")
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
        f"the principal `{text}` is none that can make a request; write `user/NAME`, `role/NAME/SESSION`, `root`, "
        "or the whole ARN of one"
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
            # AWS's ARN of a session leaves the path of the role out
            text = f"arn:{parts.partition}:sts::{parts.account}:assumed-role/{role.rpartition('/')[2]}/{session}"
        case "sts", "federated-user", True:
            found = PrincipalType.FEDERATED_USER
    return Principal(found, text, parts.account, parts.partition, issuer) if found else None


class Naming(IntEnum):
    """How directly a statement names a principal, which decides what else has a say inside one account."""

    NOT = 0
    ACCOUNT = 1
    """Its account: the policies of the principal decide."""
    ROLE = 2
    """Its role: no identity policy needs to allow, but the boundary and the session policy do."""
    EVERYONE = 3
    """Everyone, with `*`: no identity policy and no boundary needs to allow, but the session policy does."""
    DIRECTLY = 4
    """The user or the session itself: nothing else needs to allow."""


NamingTest = Callable[[Principal], Naming | None]
"""How a statement names a principal; None where IAM's documentation leaves it open."""


def naming_test(body: Any, *, negated: bool, pointer: str) -> NamingTest:
    """The test of a Principal or NotPrincipal element; raises RefusedError for what IAM refuses."""
    if body == "*":
        return _everyone(negated)
    if not isinstance(body, dict):
        raise RefusedError(f'{pointer}: a principal is `"*"` or an object')
    named: dict[str, list[str]] = {}
    for kind, value in body.items():
        values = value if isinstance(value, list) else [value]
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser") or not all(isinstance(v, str) for v in values):
            raise RefusedError(f"{pointer}/{kind}: not a principal that IAM knows")
        named[kind] = values
    if "*" in named.get("AWS", ()):
        return _everyone(negated)
    accounts = frozenset(map(_account_of, named.get("AWS", ())))
    listed = frozenset(named.get("AWS", ())) | frozenset(named.get("Service", ()))
    canonical = "CanonicalUser" in named

    def naming(principal: Principal) -> Naming | None:
        found = _naming(principal, listed, accounts)
        if canonical and not found and principal.type is not PrincipalType.SERVICE:
            return None  # the policy does not say to which account a canonical user id belongs
        return _opposite(principal, listed, accounts) if negated else found

    return naming


def _everyone(negated: bool) -> NamingTest:
    return lambda principal: Naming.NOT if negated else Naming.EVERYONE


def _naming(principal: Principal, listed: frozenset[str], accounts: frozenset[str]) -> Naming:
    if principal.arn in listed and principal.arn != principal.issuer:
        return Naming.DIRECTLY
    if principal.issuer and _without_path(principal.issuer) in map(_without_path, listed):
        return Naming.ROLE
    if principal.account and principal.account in accounts:
        return Naming.DIRECTLY if principal.type is PrincipalType.ROOT else Naming.ACCOUNT
    return Naming.NOT


def _opposite(principal: Principal, listed: frozenset[str], accounts: frozenset[str]) -> Naming | None:
    """NotPrincipal leaves out only whom it names together with their role and account.

    Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal": a Deny that names the user but not the account
    "might deny access to the entire account containing the principal".
    """
    named = [principal.account in accounts] if principal.account else []
    if principal.type is not PrincipalType.ROOT:
        named += [name in listed for name in {principal.arn, principal.issuer} - {""}]
    if all(named):
        return Naming.NOT
    return None if any(named) else Naming.EVERYONE


def _account_of(text: str) -> str:
    """The account that an entry names as a whole, "" if it names something else."""
    if _ACCOUNT.fullmatch(text):
        return text
    parts = arn.parse(text)
    return parts.account if parts and parts.service == "iam" and parts.resource == "root" else ""


def _without_path(role: str) -> str:
    """A session's ARN does not tell the path of its role, so that roles are compared without."""
    head, slash, path = role.partition(":role/")
    return head + slash + path.rpartition("/")[2]
