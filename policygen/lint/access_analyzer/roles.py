"""`iam:PassRole` and `iam:CreateServiceLinkedRole` reaching more roles than meant: six ways for each.

AWS tells them apart by how the action is granted (by name, by wildcard, through `NotAction`) and on what (every role,
`NotResource`). A condition on the service that the role is for silences it, with `IfExists` for most services.
"""

import re
from dataclasses import dataclass

from policygen.access.watch import Watch
from policygen.lint.access_analyzer import IDENTITY, once, security_warning, warning
from policygen.lint.rule import Objections
from policygen.policy.arn import arn_covers
from policygen.policy.model import Condition, Element, Policy, Statement
from policygen.policy.pattern import is_wild
from policygen.reference.operators import find_operator


@dataclass(frozen=True, eq=False)
class _Sensitive:
    """An action that gives roles away, and the condition keys that say to whom."""

    action: str
    keys: frozenset[str]
    advice: str


_PASS_ROLE = _Sensitive(
    "iam:passrole",
    frozenset({"iam:passedtoservice", "iam:associatedresourcearn"}),
    "name the roles, or the service in `iam:PassedToService`",
)
_CREATE_SLR = _Sensitive(
    "iam:createservicelinkedrole",
    frozenset({"iam:awsservicename"}),
    "name the roles, or the service in `iam:AWSServiceName`",
)
_IF_EXISTS_IS_NOT_ENOUGH = re.compile(r"(ec2|codebuild)\.amazonaws\.com(\.cn)?")
"""The services for which AWS reports a condition with `IfExists` (its verdicts on its own policies, 2026-03-07)."""
_WATCH = Watch((_PASS_ROLE.action, _CREATE_SLR.action))


@security_warning("pass-role-with-star-in-resource", kinds=IDENTITY)
def pass_role_with_star_in_resource(policy: Policy) -> Objections:
    """`iam:PassRole` is allowed on every role.

    Why it matters: whoever can pass any role to a service can act through that service with the rights of any role.
    Instead: list the roles that may be passed, or say in `iam:PassedToService` which service may get them.

    Fires on: {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
               "Condition": {"StringLikeIfExists": {"iam:PassedToService": "*"}}}
    Fires on: {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
               "Condition": {"StringEqualsIfExists": {"iam:PassedToService": "ec2.amazonaws.com"}}}
    Quiet on: {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
               "Condition": {"StringEqualsIfExists": {"iam:PassedToService": "lambda.amazonaws.com"}}}
    Quiet on: {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/app"}
    Quiet on: {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
               "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}
    """
    yield from _on_star(policy, _PASS_ROLE, wild=False)


@security_warning("pass-role-with-star-in-action-and-resource", kinds=IDENTITY)
def pass_role_with_star_in_action_and_resource(policy: Policy) -> Objections:
    """A wildcard in `Action` includes `iam:PassRole`, on every role.

    Why it matters: passing any role is as good as having its rights, and the wildcard hides it.
    Instead: list the actions that are needed; grant `iam:PassRole` on its own, on named roles.

    Fires on: {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}
    Quiet on: {"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}
    Quiet on: {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
    """
    yield from _on_star(policy, _PASS_ROLE, wild=True)


@security_warning("pass-role-with-star-in-resource-and-not-action", kinds=IDENTITY)
def pass_role_with_star_in_resource_and_not_action(policy: Policy) -> Objections:
    """`NotAction` leaves `iam:PassRole` allowed on every role.

    Why it matters: everything that the list does not name is allowed, and passing any role is part of it.
    Instead: list what is allowed in `Action`, or add `iam:PassRole` to `NotAction`.

    Fires on: {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    """
    yield from _by_not_action(policy, _PASS_ROLE, "Resource")


@security_warning("pass-role-with-not-resource", kinds=IDENTITY)
def pass_role_with_not_resource(policy: Policy) -> Objections:
    """`iam:PassRole` is allowed on every role but some.

    Why it matters: roles made tomorrow are included.
    Instead: list the roles in `Resource`.

    Fires on: {"Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::123456789012:role/admin"}
    Quiet on: {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/app"}
    """
    yield from _on_not_resource(policy, _PASS_ROLE, wild=False)


@security_warning("pass-role-with-star-in-action-and-not-resource", kinds=IDENTITY)
def pass_role_with_star_in_action_and_not_resource(policy: Policy) -> Objections:
    """A wildcard in `Action` includes `iam:PassRole`, on every role but some.

    Why it matters: roles made tomorrow are included, and the wildcard hides it.
    Instead: list the actions, and the roles in `Resource`.

    Fires on: {"Effect": "Allow", "Action": "iam:P*", "NotResource": "arn:aws:iam::123456789012:role/admin"}
    Quiet on: {"Effect": "Allow", "Action": "iam:Get*", "NotResource": "arn:aws:iam::123456789012:role/admin"}
    """
    yield from _on_not_resource(policy, _PASS_ROLE, wild=True)


@security_warning("pass-role-with-not-action-and-not-resource", kinds=IDENTITY)
def pass_role_with_not_action_and_not_resource(policy: Policy) -> Objections:
    """`NotAction` leaves `iam:PassRole` allowed on every role but some.

    Why it matters: what is not named is allowed, on whatever is not named.
    Instead: list the actions in `Action` and the roles in `Resource`.

    Fires on: {"Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:aws:iam::123456789012:role/admin"}
    Quiet on: {"Effect": "Allow", "NotAction": ["s3:*", "iam:*"], "NotResource": "arn:aws:s3:::app"}
    """
    yield from _by_not_action(policy, _PASS_ROLE, "NotResource")


@warning("create-slr-with-star-in-resource", kinds=IDENTITY)
def create_slr_with_star_in_resource(policy: Policy) -> Objections:
    """`iam:CreateServiceLinkedRole` is allowed for every service.

    Why it matters: a service-linked role lets a service act in the account, and the service chooses with what rights.
    Instead: say in `iam:AWSServiceName` which service it is for, or name the roles.

    Fires on: {"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*",
               "Condition": {"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}}}
    """
    yield from _on_star(policy, _CREATE_SLR, wild=False)


@warning("create-slr-with-star-in-action-and-resource", kinds=IDENTITY)
def create_slr_with_star_in_action_and_resource(policy: Policy) -> Objections:
    """A wildcard in `Action` includes `iam:CreateServiceLinkedRole`, for every service.

    Why it matters: service-linked roles of any service can be made, and the wildcard hides it.
    Instead: list the actions that are needed.

    Fires on: {"Effect": "Allow", "Action": "iam:Create*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "iam:CreateU*", "Resource": "*"}
    """
    yield from _on_star(policy, _CREATE_SLR, wild=True)


@warning("create-slr-with-star-in-resource-and-not-action", kinds=IDENTITY)
def create_slr_with_star_in_resource_and_not_action(policy: Policy) -> Objections:
    """`NotAction` leaves `iam:CreateServiceLinkedRole` allowed for every service.

    Why it matters: everything that the list does not name is allowed, and this is part of it.
    Instead: list what is allowed in `Action`, or add `iam:CreateServiceLinkedRole` to `NotAction`.

    Fires on: {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    """
    yield from _by_not_action(policy, _CREATE_SLR, "Resource")


@warning("create-slr-with-not-resource", kinds=IDENTITY)
def create_slr_with_not_resource(policy: Policy) -> Objections:
    """`iam:CreateServiceLinkedRole` is allowed on every role but some.

    Why it matters: roles of services that nobody thought of are included.
    Instead: list the roles in `Resource`.

    Fires on: {"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole",
               "NotResource": "arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/*"}
    Quiet on: {"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole",
               "Resource": "arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/*"}
    """
    yield from _on_not_resource(policy, _CREATE_SLR, wild=False)


@warning("create-slr-with-star-in-action-and-not-resource", kinds=IDENTITY)
def create_slr_with_star_in_action_and_not_resource(policy: Policy) -> Objections:
    """A wildcard in `Action` includes `iam:CreateServiceLinkedRole`, on every role but some.

    Why it matters: roles of services that nobody thought of are included, and the wildcard hides it.
    Instead: list the actions, and the roles in `Resource`.

    Fires on: {"Effect": "Allow", "Action": "iam:*", "NotResource": "arn:aws:iam::123456789012:role/admin"}
    Quiet on: {"Effect": "Allow", "Action": "iam:Get*", "NotResource": "arn:aws:iam::123456789012:role/admin"}
    """
    yield from _on_not_resource(policy, _CREATE_SLR, wild=True)


@warning("create-slr-with-not-action-and-not-resource", kinds=IDENTITY)
def create_slr_with_not_action_and_not_resource(policy: Policy) -> Objections:
    """`NotAction` leaves `iam:CreateServiceLinkedRole` allowed on every role but some.

    Why it matters: what is not named is allowed, on whatever is not named.
    Instead: list the actions in `Action` and the roles in `Resource`.

    Fires on: {"Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:aws:iam::123456789012:role/admin"}
    Quiet on: {"Effect": "Allow", "NotAction": ["s3:*", "iam:*"], "NotResource": "arn:aws:s3:::app"}
    """
    yield from _by_not_action(policy, _CREATE_SLR, "NotResource")


def _on_star(policy: Policy, sensitive: _Sensitive, *, wild: bool) -> Objections:
    for statement, actions in _granting(policy, sensitive):
        star = next(filter(_reaches_every_role, statement.resource_texts), "")
        for action in actions if star else ():
            if is_wild(action.value) == wild:
                yield action.pointer, f"`{action.value}` is allowed on `{star}`; {sensitive.advice}"


def _on_not_resource(policy: Policy, sensitive: _Sensitive, *, wild: bool) -> Objections:
    for statement, actions in _granting(policy, sensitive):
        for action in actions if statement.not_resource_texts else ():
            if is_wild(action.value) == wild:
                yield action.pointer, f"`{action.value}` is allowed on all but `NotResource`; {sensitive.advice}"


def _by_not_action(policy: Policy, sensitive: _Sensitive, element: str) -> Objections:
    for statement in policy.statements:
        excluded = statement.not_action_names
        if (
            not excluded
            or not _unguarded(statement, sensitive)
            or any(sensitive.action in _WATCH.meant[name] for name in excluded)
        ):
            continue
        reached = statement.texts(element)
        if (element == "NotResource" and reached) or any(map(_reaches_every_role, reached)):
            yield (
                f"{statement.pointer}/NotAction",
                f"`NotAction` leaves `{sensitive.action}` allowed; {sensitive.advice}",
            )


@once
def _granting(policy: Policy, sensitive: _Sensitive) -> list[tuple[Statement, list[Element]]]:
    """The statements that allow the action without a condition on what the roles are for, and the entries that do."""
    return [
        (statement, [entry for entry, actions in entries if sensitive.action in actions])
        for statement, entries in _speaking(policy)
        if _unguarded(statement, sensitive)
    ]


@once
def _speaking(policy: Policy) -> list[tuple[Statement, list[tuple[Element, tuple[str, ...]]]]]:
    return [*_WATCH.statements(policy)]


def _unguarded(statement: Statement, sensitive: _Sensitive) -> bool:
    return statement.allows and not any(_guards(condition, sensitive) for condition in statement.conditions)


def _guards(condition: Condition, sensitive: _Sensitive) -> bool:
    if condition.key.lower() not in sensitive.keys:
        return False
    if condition.if_exists and any(_IF_EXISTS_IS_NOT_ENOUGH.fullmatch(str(value)) for value, _ in condition.values):
        return False
    operator = find_operator(condition.operator)
    open_ended = any(isinstance(value, str) and value.startswith("*") for value, _ in condition.values)
    return operator is not None and not (operator.wildcards and operator.family == "String" and open_ended)


def _reaches_every_role(resource: str) -> bool:
    return resource == "*" or ("*" in resource and arn_covers(resource, "arn:aws:iam::*:role/*"))
