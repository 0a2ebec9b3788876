"""A request: who does what to which resource, with which kind of session and in which context.

The keys that AWS sets for each kind of session: IAM User Guide, "AWS global condition context keys",
`aws:MultiFactorAuthPresent`, `aws:MultiFactorAuthAge` and `aws:TokenIssueTime` (2026-11).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.evaluate import principal as principals
from policygen.evaluate.conditions import RefusedError, text
from policygen.evaluate.match import Context, Value
from policygen.evaluate.operators import moment
from policygen.evaluate.principal import Principal, PrincipalType

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ACTION = re.compile(r"[A-Za-z0-9-]{1,64}:[A-Za-z0-9_-]{1,128}", re.ASCII)
_MFA_AGE = "aws:multifactorauthage"
_MFA_PRESENT = "aws:multifactorauthpresent"
_OWNER = "aws:resourceaccount"
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Session:
    """The condition keys about MFA that AWS sets for a kind of credentials, and those that it leaves absent."""

    keys: Mapping[str, str]
    absent: frozenset[str]


SESSIONS: Mapping[str, Session] = {
    "mfa": Session({_MFA_PRESENT: "true", _MFA_AGE: "60"}, _NONE),
    "no-mfa": Session({_MFA_PRESENT: "false"}, frozenset({_MFA_AGE})),
    "long-term-key": Session({}, frozenset({_MFA_PRESENT, _MFA_AGE, "aws:tokenissuetime"})),
}
"""Temporary credentials obtained with MFA a minute ago; temporary credentials without MFA; a user's access key."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One request, to which nothing is added: `context` has all condition keys that IAM sees."""

    principal: Principal
    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    """Lower-case condition key → value; `context_of` makes this of parsed JSON or TOML."""
    absent: frozenset[str] = _NONE
    """Keys that are known to be absent and so are not reported as missing."""
    resource_account: str = ""
    """The account that owns the resource; if not given, taken from the ARN, and "" if the ARN does not name one."""
    name: str = field(init=False)
    """The action in lower case."""
    service: str = field(init=False)
    """The prefix of the action in lower case."""

    def __post_init__(self) -> None:
        name = self.action.lower()
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "service", name.partition(":")[0])
        if not self.resource_account:
            object.__setattr__(self, "resource_account", owner_in(self.resource, self.principal.account))


def owner_in(resource: str, caller: str) -> str:
    """The account that owns a resource according to its ARN, "" if that does not name one, as for an S3 bucket.

    For what does not belong to any account (`*`, an AWS managed policy), the caller's account.
    """
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return caller
    return parts[4] if not parts[4] or _ACCOUNT.fullmatch(parts[4]) else caller


def person_request(
    principal: str,
    action: str,
    resource: str = "*",
    *,
    account: str,
    partition: str = "aws",
    session: str | None = None,
    context: Mapping[str, Any] | None = None,
    resource_account: str = "",
) -> Request:
    """A request with the condition keys that follow from the principal and its session.

    `principal` is text for `principal.parse`; `session` is one of SESSIONS, or None to leave MFA open. The keys of
    `context` take precedence, and an empty list means that the key is absent; `aws:CurrentTime` sets `aws:EpochTime`
    too. `resource_account` and `aws:ResourceAccount` mean the same, and each sets the other. Raises PolicygenError for
    values that IAM does not have or that contradict each other.
    """
    who = principals.parse(principal, account=account, partition=partition)
    kind = _session(session, who)
    given = context_of(context or {})
    owner = _owner(resource, resource_account, given)
    owned = {_OWNER: owner} if owner else {}
    keys: dict[str, Value] = {**who.keys, **kind.keys, **_times(given), **owned, **given}
    absent = kind.absent.difference(given) | {key for key, value in given.items() if value == ()}
    if who.type is not PrincipalType.USER:
        absent |= {"aws:username"}.difference(given)
    kept = {key: value for key, value in keys.items() if value != ()}
    return Request(who, checked_action(action), resource, kept, frozenset(absent), owner)


def _owner(resource: str, account: str, given: Context) -> str:
    """The account that is given as the owner of the resource, "" if none is; raises PolicygenError for two accounts."""
    key = given.get(_OWNER)
    said = {
        "the resource account": account,
        "`aws:ResourceAccount`": key if isinstance(key, str) else "",
        f"the ARN `{resource}`": owner_in(resource, ""),
    }
    names = [(what, owner) for what, owner in said.items() if owner]
    for what, owner in names:
        if not _ACCOUNT.fullmatch(owner):
            raise PolicygenError(f"{what} is `{owner}`; an account id has 12 digits")
    for (what, owner), (other, another) in pairwise(names):
        if owner != another:
            raise PolicygenError(f"{what} says that account {owner} owns the resource, and {other} says {another}")
    return account or (key if isinstance(key, str) else "")


def checked_action(action: str) -> str:
    """The action unchanged; raises PolicygenError unless it is `service:Name` without wildcards."""
    if not _ACTION.fullmatch(action):
        raise PolicygenError(f"`{action}` is not one action; write `service:Name`, without wildcards")
    return action


def context_of(values: Mapping[str, Any]) -> dict[str, Value]:
    """The context from parsed JSON or TOML: strings, numbers and booleans, or lists of them for multivalued keys.

    Raises PolicygenError for other values, and for a key that is given twice in different case.
    """
    context: dict[str, Value] = {}
    for key, value in values.items():
        name = key.lower()
        if name in context:
            raise PolicygenError(f"the condition key `{key}` is given twice; case does not matter")
        try:
            context[name] = tuple(map(text, value)) if isinstance(value, list | tuple) else text(value)
        except RefusedError as error:
            raise PolicygenError(f"the condition key `{key}` has {error}") from None
    return context


def _session(name: str | None, who: Principal) -> Session:
    if name is None:
        return Session({}, _NONE)
    if name not in SESSIONS:
        known = ", ".join(f"`{known}`" for known in SESSIONS)
        raise PolicygenError(
            f"the session `{name}` does not exist; the sessions are {known}{did_you_mean(name, SESSIONS)}"
        )
    if name == "long-term-key" and who.type not in (PrincipalType.USER, PrincipalType.ROOT):
        raise PolicygenError(f"`{who.arn}` has no long-term key; the session of a role is `mfa` or `no-mfa`")
    return SESSIONS[name]


def _times(given: Context) -> dict[str, Value]:
    """The `aws:EpochTime` for a given `aws:CurrentTime`."""
    now = given.get("aws:currenttime")
    seconds = moment(now) if isinstance(now, str) else None
    return {} if seconds is None else {"aws:epochtime": str(int(seconds))}
