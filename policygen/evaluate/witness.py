"""Requests that AWS could receive: the action supports the resource, and the keys agree with each other.

Sources: the Service Authorization Reference for the resources; IAM User Guide, "AWS global condition context keys", for
the keys that depend on each other (2026-11).
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from typing import NamedTuple

from policygen.errors import PolicygenError
from policygen.evaluate import principal as principals
from policygen.evaluate.match import Pattern, Test, Value, any_of, arn_pattern
from policygen.evaluate.operators import moment
from policygen.evaluate.principal import Principal, PrincipalType
from policygen.evaluate.request import SESSIONS, Request, owner_in
from policygen.evaluate.values import ACCOUNT
from policygen.policy.arn import segments
from policygen.reference.resources import WITHOUT_SLASH
from policygen.reference.services import Action, required_types, resource_types

_PLACEHOLDER = re.compile(r"\$\{(?!\*\})([^}]*)\}|<([^>]*)>|(?<!\$\{)\*")
_STAR = "${*}"
"""A literal `*` in an ARN format, and in a policy."""
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SUFFIX = re.compile(r"(-name)?(-with-path)?$")
_FILLED = {"Partition": "aws", "Region": "us-east-1", "": "example"}
SLASH = arn_pattern("*:*:*:*:*:*/*", variables=False)
"""The resources with a slash."""
_DIGITS = re.compile(r"\d{12}", re.ASCII)
_PRESENT, _AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
_NAME, _TYPE, _ARN, _ACCOUNT = "aws:username", "aws:principaltype", "aws:principalarn", "aws:principalaccount"
_TIMES = ("aws:currenttime", "aws:epochtime")
_LINKED = (frozenset((_PRESENT, _AGE)), frozenset(_TIMES), frozenset((_NAME, _TYPE, _ARN, _ACCOUNT, "aws:userid")))
_OF_SERVICES = ("aws:principalservicename", "aws:principalservicenameslist")
Keys = Mapping[str, Value | None]
"""Lower-case condition key → value, None if the key is absent."""


class ContradictionError(Exception):
    """The values of several keys contradict each other."""

    def __init__(self, *, certain: bool) -> None:
        """`certain` says that all values that are decided alike do; otherwise others might agree."""
        self.certain = certain


class Taken(NamedTuple):
    """The resources that an action supports."""

    formats: tuple[Pattern, ...]
    examples: tuple[str, ...]
    everything: bool
    """Whether a request may name no resource, which policies see as `*`."""
    without_slash: tuple[Pattern, ...]
    """The formats whose placeholders do not match a slash, which a pattern alone cannot express."""
    one_of_all: Test
    one_with_slash: Test

    def takes(self, arn: str) -> bool:
        """Whether the action supports a resource."""
        if arn == "*":
            return self.everything
        return (self.one_with_slash if "/" in arn else self.one_of_all)(arn, {})


@cache
def taken(action: Action) -> Taken:
    """The resources that an action supports according to AWS's data."""
    arns = {name: resource_types(action.service)[name.lower()] for name in action.resource_types}
    formats = {name: [_format(arn) for arn in listed] for name, listed in arns.items()}
    every = tuple(chain.from_iterable(formats.values()))
    flat = [name for name in formats if (action.service, name.lower()) in WITHOUT_SLASH]
    without_slash = tuple(chain.from_iterable(formats[name] for name in flat))
    return Taken(
        formats=every,
        examples=tuple(sorted(map(_example, chain.from_iterable(arns.values())), key=len)),
        everything=not required_types(action),
        without_slash=without_slash,
        one_of_all=any_of(every),
        one_with_slash=any_of(format_ for format_ in every if format_ not in without_slash),
    )


def _format(arn: str) -> Pattern:
    """The pattern of an ARN format, in which a placeholder matches at least one character."""
    return arn_pattern(_PLACEHOLDER.sub("?*", arn), variables=True)


def _example(arn: str) -> str:
    return _PLACEHOLDER.sub(_fill, arn).replace(_STAR, "*")


def linked(keys: Iterable[str]) -> frozenset[str]:
    """The keys (lower case) whose possible values depend on another of the keys."""
    asked = frozenset(keys)
    return frozenset().union(*(found for group in _LINKED if len(found := group & asked) > 1))


def request(action: str, resource: str, keys: Keys, *, who: Principal | None = None, owner: str = "") -> Request:
    """The request with these keys, those that follow from them, and the principal: `who`, or whom they describe.

    `owner` is the account of a resource whose ARN does not name one. Raises ContradictionError if AWS would not send
    the keys together.
    """
    context = {key: value for key, value in keys.items() if value is not None}
    _add_mfa(keys, context)
    _add_times(keys, context)
    resource, said = _owned(resource, keys)
    if who:
        context |= who.keys
    else:
        parts = segments(resource)
        who = _principal(keys, parts[1] if len(parts) == 6 else "aws")
        _check(who, keys)
        if keys.keys() & {*who.keys, _NAME}:
            context |= who.keys
    owner = said or owner or owner_in(resource, who.account) or who.account
    return Request(who, action, resource, context, resource_account=owner)


def _check(who: Principal, keys: Keys) -> None:
    """Raise ContradictionError if the keys do not fit the principal."""
    if any(keys.get(key) for key in _OF_SERVICES):
        raise ContradictionError(certain=True)
    if any(key in keys and keys[key] != value for key, value in who.keys.items() if key != _ARN):
        raise ContradictionError(certain=False)
    if who.type is not PrincipalType.USER and keys.get(_NAME) is not None:
        raise ContradictionError(certain=False)


def _add_mfa(keys: Keys, context: dict[str, Value]) -> None:
    """Add the key that follows from the other: the age is present if and only if MFA was used."""
    if _PRESENT in keys and _AGE in keys:
        if (keys[_PRESENT] == "true") is not (keys[_AGE] is not None):
            raise ContradictionError(certain=True)
    elif keys.get(_AGE) is not None:
        context[_PRESENT] = "true"
    elif keys.get(_PRESENT) == "true":
        context[_AGE] = SESSIONS["mfa"].keys[_AGE]


def _add_times(keys: Keys, context: dict[str, Value]) -> None:
    given = {key: moment(value) for key in _TIMES if isinstance(value := keys.get(key), str)}
    if len(set(given.values())) == 2:
        raise ContradictionError(certain=False)
    if len(given) == 1:
        key, seconds = next(iter(given.items()))
        if key == "aws:currenttime" and seconds is not None:
            context["aws:epochtime"] = str(int(seconds))


def _principal(keys: Keys, partition: str) -> Principal:
    """The principal that the keys describe; a user if they leave it open."""
    account, name, kind = str(keys.get(_ACCOUNT) or ACCOUNT), keys.get(_NAME), keys.get(_TYPE)
    is_user = PrincipalType.USER.value if _NAME not in keys or name is not None else PrincipalType.ROLE.value
    if kind is None:
        kind = is_user
    elif _NAME in keys and (kind == PrincipalType.USER.value) is not (name is not None):
        raise ContradictionError(certain=True)
    arn = keys.get(_ARN)
    text = {
        PrincipalType.USER.value: f"user/{name or 'someone'}",
        PrincipalType.ROLE.value: "role/example/session",
        PrincipalType.ROOT.value: "root",
        PrincipalType.FEDERATED_USER.value: f"arn:{partition}:sts::{account}:federated-user/someone",
    }[str(kind)]
    if isinstance(arn, str):
        text = in_account(arn, account) if _ACCOUNT in keys else arn
    try:
        return principals.parse(text, account=account, partition=partition)
    except PolicygenError:
        raise ContradictionError(certain=False) from None


def _owned(resource: str, keys: Keys) -> tuple[str, str]:
    """The resource in the account of `aws:ResourceAccount`, and that account, "" if the key leaves it open."""
    said = keys.get("aws:resourceaccount")
    if not (isinstance(said, str) and _DIGITS.fullmatch(said)):
        return resource, ""
    return in_account(resource, said), said


def in_account(arn: str, account: str) -> str:
    """The ARN with its account replaced, if it names one."""
    parts = segments(arn)
    has_one = len(parts) == 6 and _DIGITS.fullmatch(parts[4])
    return ":".join((*parts[:4], account, parts[5])) if has_one else arn


def _fill(placeholder: re.Match[str]) -> str:
    """`${BucketName}` → `bucket`, `${Account}` → an account."""
    name = placeholder[1] or placeholder[2] or ""
    if name in _FILLED:
        return _FILLED[name]
    return ACCOUNT if name.endswith(("Account", "AccountId")) else _SUFFIX.sub("", _WORD.sub("-", name).lower())
