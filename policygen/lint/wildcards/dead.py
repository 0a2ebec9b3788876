"""Entries without effect: actions that do not exist, or do not act on the resources of their statement.

AWS's data is not complete, so messages name it and its date instead of claiming that there is nothing else.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from policygen.access.reach import all_actions
from policygen.finding import Severity
from policygen.lint.entries import odd_actions
from policygen.lint.rule import Objections, OfActions, rule
from policygen.policy.arn import segments
from policygen.policy.model import Element, Kind, Policy, Statement
from policygen.policy.pattern import is_wild, matches
from policygen.reference.corrections import is_shared
from policygen.reference.resources import as_written, is_arn, is_everything, touched
from policygen.reference.services import data_date, expand, services

_KINDS = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP)
_OF_ALL = re.compile(r"([A-Za-z-]+(?=[/:]))?[/:*?]*")
"""The resource part of an ARN that names no resource: `*`, `cluster/*`, `log-group:*`."""


class _Types(NamedTuple):
    """The resource types that the actions of one entry act on."""

    known: bool
    """Whether AWS's data lists any such action; if not, nothing is known about it."""
    types: frozenset[tuple[str, str]]
    """Service and resource type; empty if the actions need `*`."""


_UNSUPPORTED = _Types(True, frozenset())


@rule("dead-wildcard", Severity.WARNING, group="wildcards")
def dead_wildcard(policy: Policy) -> Objections:
    """A wildcard matches no action of its service that AWS's data lists.

    Why it matters: it is almost always a typo, and IAM accepts it silently: an `Allow` grants nothing, a `Deny`
    protects nothing.

    Instead: correct the name; AWS's Service Authorization Reference lists the actions of each service.

    Fires on: {"Effect": "Allow", "Action": "s3:Gett*", "Resource": "*"}
    Fires on: {"Effect": "Deny", "NotAction": ["iam:EnableMFADevices*"], "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:get*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "no-such-service:Get*", "Resource": "*"}
    """
    for value, pointer in odd_actions(policy):
        service = value.partition(":")[0].lower()
        if _is_dead(value.lower()) and not policy.previews.has_service(service):
            yield (
                pointer,
                f"AWS's data of {data_date()} lists no action of {service} that `{value}` matches; correct it",
            )


@cache
def _is_dead(action: str) -> bool:
    service, _, name = action.partition(":")
    return is_wild(action) and bool(name) and service in services() and not expand(action)


@rule("action-without-resource-support", Severity.WARNING, group="wildcards", kinds=_KINDS)
def action_without_resource_support(policy: Policy) -> Objections:
    """An action without resource types in AWS's data is in a statement whose resources are all ARNs.

    Why it matters: services authorize such an action against `*`, which no ARN matches: the `Allow` grants nothing, the
    `Deny` denies nothing.

    Instead: move the action into a statement of its own with `"Resource": "*"`.

    Fires on: {"Effect": "Allow", "Action": ["iam:GetAccountSummary", "iam:GetUser"],
        "Resource": "arn:aws:iam::123456789012:user/alice"}
    Fires on: {"Effect": "Deny", "Action": "iam:UpdateAccountPasswordPolicy", "Resource": "arn:aws:iam::123456789012:*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:List*", "Resource": "arn:aws:s3:::reports"}
    Quiet on: {…, "Action": "ssmmessages:OpenDataChannel", "Resource": "arn:aws:ssm:*:*:session/${aws:userid}-*"}
    """
    for statement in policy.statements:
        certain, doubtful = _unsupported(statement)
        if certain:
            yield _without_support(statement, certain, "")
        if doubtful and not statement.allows:
            yield _without_support(statement, doubtful, _may_match_any_of(statement, doubtful[0]))


@rule("action-may-need-every-resource", Severity.SUGGESTION, group="wildcards", kinds=_KINDS)
def action_may_need_every_resource(policy: Policy) -> Objections:
    """AWS's data lists no resource types for an allowed action, but an ARN of its statement may match it even so.

    Why it matters: most services authorize such an action against `*`, and then the `Allow` grants nothing. Some use an
    ARN such as `arn:aws:eks:…:cluster/*`, although AWS's data does not list it; the message names the resource that
    would match it.

    Instead: if requests are denied, move the action into a statement of its own with `"Resource": "*"`.

    Fires on: {"Effect": "Allow", "Action": "rolesanywhere:ListProfiles",
        "Resource": "arn:aws:rolesanywhere:*:*:profile/*"}
    Quiet on: {"Effect": "Allow", "Action": "rolesanywhere:ListProfiles", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetAccountSummary", "Resource": "arn:aws:iam::123456789012:user/alice"}
    """
    for statement in policy.statements:
        doubtful = _unsupported(statement)[1] if statement.allows else ()
        if doubtful:
            yield _without_support(statement, doubtful, _may_match_any_of(statement, doubtful[0]))


def _unsupported(statement: Statement) -> tuple[list[int], list[int]]:
    """The indexes of actions without resource types: those that no ARN here matches, and those that one may match."""
    names = statement.action_names if _only_arns(statement) else ()
    found = [index for index, name in enumerate(names) if _types(name) is _UNSUPPORTED]
    doubtful = [index for index in found if _may_match_any_of(statement, index)]
    return [index for index in found if index not in doubtful], doubtful


def _without_support(statement: Statement, unsupported: list[int], wide: str) -> tuple[str, OfActions]:
    dead = statement.picked("Action", unsupported)
    it = "it" if len(dead) == 1 else "them"
    doubt = f"; whether `{wide}` matches {it} is unknown, but" if wide else f", so no ARN here should match {it};"
    what = f"AWS's data of {data_date()} lists no resource types for {_named(dead)}{doubt}"
    message = f'{what} `"Resource": "*"` in a statement of its own does'
    return dead[0].pointer, OfActions(message, [entry.value for entry in dead])


@rule("action-cannot-act-on-resource", Severity.WARNING, group="wildcards", kinds=_KINDS)
def action_cannot_act_on_resource(policy: Policy) -> Objections:
    """According to AWS's data, an action does not act on any resource of its statement.

    Why it matters: `s3:GetObject` acts on objects, so with the ARN of a bucket alone the `Allow` grants nothing, and
    the `Deny` denies nothing.

    Instead: name resources of the type that the action acts on, such as `arn:aws:s3:::reports/*` in
    addition to `arn:aws:s3:::reports`.

    Fires on: {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "arn:aws:s3:::reports"}
    Fires on: {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::reports/*"}
    Fires on: {…, "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::123456789012:mfa/${aws:username}"}
    Quiet on: {…, "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": ["arn:aws:s3:::reports",
               "arn:aws:s3:::reports/*"]}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::report*"}
    """
    for statement in policy.statements:
        cannot = _never_acting(statement.action_names, statement.resource_texts) if _only_arns(statement) else ()
        if cannot:
            dead = statement.picked("Action", cannot)
            acts, it = ("acts", "it") if len(dead) == 1 else ("act", "them")
            listed = as_written(kind for index in cannot for kind in _types(statement.action_names[index]).types)
            what = (
                f"according to AWS's data of {data_date()} {_named(dead)} {acts} on {listed}, not on the resources here"
            )
            effect = f"{'allowing' if statement.allows else 'denying'} {it} has no effect"
            message = f"{what}, so {effect}; correct one or the other"
            yield dead[0].pointer, OfActions(message, [entry.value for entry in dead])


@rule("resource-no-action-can-act-on", Severity.WARNING, group="wildcards", kinds=_KINDS)
def resource_no_action_can_act_on(policy: Policy) -> Objections:
    """According to AWS's data, no action of the statement acts on a resource that it names.

    Why it matters: the entry looks as if it granted or protected something but has no effect; an action may be missing.

    Instead: add the missing action, or remove the resource.

    Fires on: {…, "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}
    Quiet on: {…, "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": ["arn:aws:s3:::reports",
               "arn:aws:s3:::reports/*"]}
    Quiet on: {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}
    """
    for statement in policy.statements:
        dead = _never_acted_on(statement.action_names, statement.resource_texts) if _only_arns(statement) else ()
        for value, pointer in statement.picked("Resource", dead) if dead else ():
            what = f"according to AWS's data of {data_date()} no action of this statement acts on `{value}`"
            yield pointer, f"{what}; add the missing action, or remove the resource"


@lru_cache(maxsize=2048)
def _never_acting(names: tuple[str, ...], resources: tuple[str, ...]) -> list[int]:
    """The indexes of the actions that cannot act on any of the resources."""
    found = [_types(name).types for name in names]
    prefixes = frozenset(service for types in set(found) for service, _ in types)
    met = frozenset[tuple[str, str]]().union(*(_touched(prefixes, resource) for resource in resources))
    return [index for index, types in enumerate(found) if types and types.isdisjoint(met)]


@lru_cache(maxsize=2048)
def _never_acted_on(names: tuple[str, ...], resources: tuple[str, ...]) -> list[int]:
    """The indexes of the resources that none of the actions can act on."""
    found = {_types(name) for name in names}
    types = frozenset[tuple[str, str]]().union(*(entry.types for entry in found))
    prefixes = frozenset(service for service, _ in types)
    dead = [index for index, resource in enumerate(resources) if types.isdisjoint(_touched(prefixes, resource))]
    # if all are dead, the actions are wrong, which other rules report
    return dead if len(dead) < len(resources) and all(types.known for types in found) else []


def _only_arns(statement: Statement) -> bool:
    texts = statement.resource_texts
    return bool(texts) and all(is_arn(resource) and not is_everything(resource) for resource in texts)


@lru_cache(maxsize=25_000)
def _types(name: str) -> _Types:
    """The resource types that an entry of `Action` (lower case) acts on."""
    if all_actions(name) or is_shared(name.partition(":")[0]):
        return _Types(False, frozenset())
    actions = expand(name)
    types = frozenset((action.service, kind.lower()) for action in actions for kind in action.resource_types)
    return _UNSUPPORTED if actions and not types else _Types(bool(actions), types)


@lru_cache(maxsize=8192)
def _touched(prefixes: frozenset[str], resource: str) -> frozenset[tuple[str, str]]:
    return frozenset((service, kind) for service in prefixes for kind in touched(service, resource))


def _may_match_any_of(statement: Statement, index: int) -> str:
    """A resource that may match requests of an action about everything, such as `…:cluster/*`; "" if none does."""
    service = statement.action_names[index].partition(":")[0]
    for resource in statement.resource_texts:
        parts = segments(resource)
        if is_wild(parts[5]) and _OF_ALL.fullmatch(parts[5]) and matches(parts[2], service):
            return resource
    return ""


def _named(dead: list[Element]) -> str:
    more = len(dead) - 1
    return f"`{dead[0].value}`" + (f" and {more} other action{'s' if more > 1 else ''}" if more else "")
