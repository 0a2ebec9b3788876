"""Actions and resources that never meet: text that looks like a permission, or a protection, and is none."""

from functools import lru_cache
from typing import NamedTuple

from policygen.finding import Severity
from policygen.lint.judged import Judged, alike, odd_actions
from policygen.lint.rule import Objections, rule
from policygen.lint.wildcards.reach import all_actions
from policygen.policy.model import Element, Kind, Policy, Statement
from policygen.policy.pattern import is_wild
from policygen.reference.extra import Extra
from policygen.reference.resources import is_arn, is_everything, touched
from policygen.reference.services import data_date, expand, services

_KINDS = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP)


# prefixes that several pages of the reference share: of an action on two pages the data keeps one page's types
_PARTLY_KNOWN = {
    "apigateway",
    "aws-marketplace",
    "elasticloadbalancing",
    "greengrass",
    "kinesisanalytics",
    "ses",
    "wisdom",
}


class _Types(NamedTuple):
    """What the actions behind one entry act on."""

    known: bool
    """Whether AWS's reference has any such action; of others nothing can be said."""
    types: frozenset[tuple[str, str]]
    """Service and resource type; none where only `*` will do."""


_UNSUPPORTED = _Types(True, frozenset())


@rule("dead-wildcard", Severity.WARNING, group="wildcards")
def dead_wildcard(policy: Policy, extra: Extra) -> Objections:
    """A wildcard stands for no action of its service.

    Why it matters: it is almost always a typing mistake, and IAM accepts it in silence: an `Allow` grants nothing, a
    `Deny` protects nothing.

    Instead: correct the name; AWS's Service Authorization Reference lists the actions of each service.

    Fires on: {"Effect": "Allow", "Action": "s3:Gett*", "Resource": "*"}
    Fires on: {"Effect": "Deny", "NotAction": ["iam:EnableMFADevices*"], "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:get*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "no-such-service:Get*", "Resource": "*"}
    """
    for value, pointer in odd_actions(policy, _is_dead):
        service = value.partition(":")[0].lower()
        if not extra.has_service(service):
            message = f"`{value}` stands for no action of {service} (data of {data_date()}); correct the name"
            yield pointer, message


@Judged
def _is_dead(action: str) -> bool:
    service, _, name = action.partition(":")
    return is_wild(action) and bool(name) and service in services() and not expand(action)


@rule("action-without-resource-support", Severity.WARNING, group="wildcards", kinds=_KINDS)
def action_without_resource_support(policy: Policy) -> Objections:
    """An action that supports no resources stands in a statement whose resources are all ARNs.

    Why it matters: IAM asks for `*` when such an action is called, and no ARN matches that. The `Allow` grants nothing,
    the `Deny` denies nothing.

    Instead: move the action into a statement of its own with `"Resource": "*"`.

    Fires on: {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:ListBucket"],
        "Resource": "arn:aws:s3:::reports"}
    Fires on: {"Effect": "Deny", "Action": "iam:UpdateAccountPasswordPolicy", "Resource": "arn:aws:iam::123456789012:*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:List*", "Resource": "arn:aws:s3:::reports"}
    """
    for statement in policy.statements:
        names = statement.action_names if _only_arns(statement) else ()
        unsupported = [index for index, name in enumerate(names) if _types[name] is _UNSUPPORTED]
        if unsupported:
            dead = statement.picked("Action", unsupported)
            yield dead[0].pointer, _effect(statement, dead, "supports no resource but `*`; give it its own statement")


@rule("action-cannot-act-on-resource", Severity.WARNING, group="wildcards", kinds=_KINDS)
def action_cannot_act_on_resource(policy: Policy) -> Objections:
    """An action can act on none of the resources of its statement.

    Why it matters: `s3:GetObject` acts on objects, so with the ARN of a bucket alone the `Allow` grants nothing, and
    the `Deny` denies nothing.

    Instead: name resources of the type that the action acts on, such as `arn:aws:s3:::reports/*` beside
    `arn:aws:s3:::reports`.

    Fires on: {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "arn:aws:s3:::reports"}
    Fires on: {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::reports/*"}
    Fires on: {"Effect": "Allow", "Action": "iam:ChangePassword",
        "Resource": "arn:aws:iam::123456789012:mfa/${aws:username}"}
    Quiet on: {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"],
        "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::report*"}
    """
    for statement in policy.statements:
        cannot = _never_acting(statement.action_names, statement.resource_texts) if _only_arns(statement) else ()
        if cannot:
            dead = statement.picked("Action", cannot)
            what = _effect(statement, dead, "acts on none of the resources here; correct one or the other")
            yield dead[0].pointer, what


@rule("resource-no-action-can-act-on", Severity.WARNING, group="wildcards", kinds=_KINDS)
def resource_no_action_can_act_on(policy: Policy) -> Objections:
    """A resource is one that no action of its statement can act on.

    Why it matters: the entry looks as if it granted or protected something and does neither; an action may be missing.

    Instead: add the action that was meant, or remove the resource.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject",
        "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}
    Quiet on: {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"],
        "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}
    Quiet on: {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}
    """
    for statement in policy.statements:
        dead = _never_acted_on(statement.action_names, statement.resource_texts) if _only_arns(statement) else ()
        for value, pointer in statement.picked("Resource", dead) if dead else ():
            yield pointer, f"no action of this statement can act on `{value}`; add one or remove it"


@alike
def _never_acting(names: tuple[str, ...], resources: tuple[str, ...]) -> list[int]:
    """The indexes of the actions that can act on none of the resources."""
    found = [_types[name].types for name in names]
    prefixes = frozenset(service for types in set(found) for service, _ in types)
    met = frozenset[tuple[str, str]]().union(*(_touched(prefixes, resource) for resource in resources))
    return [index for index, types in enumerate(found) if types and types.isdisjoint(met)]


@alike
def _never_acted_on(names: tuple[str, ...], resources: tuple[str, ...]) -> list[int]:
    """The indexes of the resources that none of the actions can act on."""
    found = {_types[name] for name in names}
    types = frozenset[tuple[str, str]]().union(*(entry.types for entry in found))
    dead = [index for index, resource in enumerate(resources) if not _meet(types, resource)]
    # where all are dead it is the actions that are wrong, and other rules say so
    return dead if len(dead) < len(resources) and all(types.known for types in found) else []


def _only_arns(statement: Statement) -> bool:
    return bool(statement.resource_texts) and all(map(_names_arn.__getitem__, statement.resource_texts))


@Judged
def _names_arn(resource: str) -> bool:
    return is_arn(resource) and not is_everything(resource)


@Judged
def _types(name: str) -> _Types:
    """What an Action entry (lower case) acts on."""
    if all_actions(name) or name.partition(":")[0] in _PARTLY_KNOWN:
        return _Types(False, frozenset())
    actions = expand(name)
    types = frozenset((action.service, kind.lower()) for action in actions for kind in action.resource_types)
    return _UNSUPPORTED if actions and not types else _Types(bool(actions), types)


def _meet(types: frozenset[tuple[str, str]], resource: str) -> bool:
    return not types.isdisjoint(_touched(frozenset([service for service, _ in types]), resource))


@lru_cache(maxsize=8192)
def _touched(prefixes: frozenset[str], resource: str) -> frozenset[tuple[str, str]]:
    return frozenset((service, kind) for service in prefixes for kind in touched(service, resource))


def _effect(statement: Statement, dead: list[Element], reason: str) -> str:
    names = f"`{dead[0].value}`" + (f" and {len(dead) - 1} more" if len(dead) > 1 else "")
    return f"{'allowing' if statement.allows else 'denying'} {names} has no effect: it {reason}"
