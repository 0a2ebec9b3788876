"""`iam:PassRole` and `iam:CreateServiceLinkedRole` allowed on too many roles: six rules for each.

AWS distinguishes how the action is allowed (by name, by a wildcard, through `NotAction`) and on which roles (all, or
all but `NotResource`). A condition on the service that gets the role silences the rules, for most services also with
`IfExists`.
"""

import re
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from policygen.access.action_matcher import ActionMatcher
from policygen.finding import Severity
from policygen.lint.access_analyzer import IDENTITY
from policygen.lint.access_analyzer.family import Row, family
from policygen.lint.rule import Objections
from policygen.policy.arn import arn_covers
from policygen.policy.model import Condition, Element, Policy, Statement, once_per_policy
from policygen.policy.pattern import is_wild
from policygen.reference.operators import find_operator


@dataclass(frozen=True)
class _Sensitive:
    """An action that gives a role to a service, and the condition keys that name the service."""

    rules: str
    """The start of the ids of its rules."""
    severity: Severity
    action: str
    wildcard: str
    """A pattern that matches the action."""
    danger: str
    keys: tuple[str, ...]
    advice: str
    guard: str
    """A condition under which it is not reported."""


@dataclass(frozen=True)
class _Grant:
    """A way to allow an action. `ACTION`, `WILDCARD`, `ROLES` and `GUARD` in its texts are placeholders."""

    element: Literal["Action", "NotAction"]
    wild: bool
    rules: dict[str, str]
    """The end of its rule's id on every role, and on all roles but those in `NotResource`."""
    summary: str
    why: str
    instead: str
    fires: tuple[str, ...]
    quiet: tuple[str, ...]


_PASS_ROLE = _Sensitive(
    "pass-role",
    Severity.SECURITY_WARNING,
    "iam:PassRole",
    "iam:P*",
    "anyone who can pass a role to a service can act through that service with the rights of the role",
    ("iam:passedtoservice", "iam:associatedresourcearn"),
    "name the roles, or the service in `iam:PassedToService`",
    '{"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}',
)
_CREATE_SLR = _Sensitive(
    "create-slr",
    Severity.WARNING,
    "iam:CreateServiceLinkedRole",
    "iam:Create*",
    "a service-linked role lets a service act in the account, with rights that the service chooses",
    ("iam:awsservicename",),
    "name the roles, or the service in `iam:AWSServiceName`",
    '{"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}}',
)
_GRANTS = (
    _Grant(
        "Action",
        False,
        {"Resource": "star-in-resource", "NotResource": "not-resource"},
        "`ACTION` is allowed",
        "",
        "",
        fires=('"Action": "ACTION", ROLES',),
        quiet=(
            '"Action": "ACTION", "Resource": "arn:aws:iam::*:role/app"',
            '"Action": "ACTION", ROLES, "Condition": GUARD',
        ),
    ),
    _Grant(
        "Action",
        True,
        {"Resource": "star-in-action-and-resource", "NotResource": "star-in-action-and-not-resource"},
        "A wildcard in `Action` includes `ACTION`",
        "; the wildcard hides that this is allowed",
        "the actions in `Action`, and ",
        fires=('"Action": "WILDCARD", ROLES', '"Action": ["*"], ROLES'),
        quiet=('"Action": ["iam:Get*", "iam:CreateU*"], ROLES',),
    ),
    _Grant(
        "NotAction",
        False,
        {"Resource": "star-in-resource-and-not-action", "NotResource": "not-action-and-not-resource"},
        "`NotAction` leaves `ACTION` allowed",
        "; every action that `NotAction` does not list is allowed",
        "the actions in `Action`, and ",
        fires=('"NotAction": "s3:*", ROLES',),
        quiet=('"NotAction": ["s3:*", "iam:*"], ROLES',),
    ),
)
_ROLES = {
    "Resource": ("on every role", "", '"Resource": "*"'),
    "NotResource": (
        "on all roles but some",
        "; roles that are created later are included",
        '"NotResource": "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/app"',
    ),
}
"""How a statement applies to too many roles: for the summary, for why it matters, and as an example."""
_IF_EXISTS_IS_NOT_ENOUGH = re.compile(r"(ec2|codebuild)\.amazonaws\.com(\.cn)?")
"""The services for which AWS reports a condition with `IfExists` (its verdicts on its own policies, 2026-03-07)."""
_MATCHER = ActionMatcher((_PASS_ROLE.action, _CREATE_SLR.action))


def _row(sensitive: _Sensitive, grant: _Grant, element: str) -> Row[tuple[_Sensitive, _Grant, str]]:
    where, later, roles = _ROLES[element]

    def fill(text: str) -> str:
        words = {"ACTION": sensitive.action, "WILDCARD": sensitive.wildcard, "ROLES": roles, "GUARD": sensitive.guard}
        return reduce(lambda filled, word: filled.replace(word, words[word]), words, text)

    def examples(statements: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f'{{"Effect": "Allow", {fill(statement)}}}' for statement in statements)

    return Row(
        f"{sensitive.rules}-with-{grant.rules[element]}",
        sensitive.severity,
        f"{fill(grant.summary)} {where}.",
        f"{sensitive.danger}{grant.why}{later}.",
        f"list {grant.instead}the roles in `Resource`, or name the service in a condition.",
        examples(grant.fires),
        examples(grant.quiet),
        (sensitive, grant, element),
        IDENTITY,
    )


def _too_many_roles(policy: Policy, case: tuple[_Sensitive, _Grant, str]) -> Objections:
    sensitive, grant, element = case
    if grant.element == "NotAction":
        yield from _left_by_not_action(policy, sensitive, element)
        return
    for statement, entries in _granting(policy):
        where = _where(statement, element) if _unguarded(statement, sensitive) else ""
        for entry, actions in entries if where else ():
            if sensitive.action in actions and is_wild(entry.value) == grant.wild:
                yield entry.pointer, f"`{entry.value}` is allowed on {where}; {sensitive.advice}"


def _left_by_not_action(policy: Policy, sensitive: _Sensitive, element: str) -> Objections:
    for statement in policy.statements:
        excluded = statement.not_action_names
        reaches = excluded and _unguarded(statement, sensitive) and _where(statement, element)
        if reaches and not any(sensitive.action in _MATCHER.matched(name) for name in excluded):
            place = f"{statement.pointer}/NotAction"
            yield place, f"`NotAction` leaves `{sensitive.action}` allowed; {sensitive.advice}"


@once_per_policy
def _granting(policy: Policy) -> list[tuple[Statement, list[tuple[Element, tuple[str, ...]]]]]:
    """The statements whose `Action` matches one of the actions, with the entries that match."""
    return [*_MATCHER.statements(policy)]


def _where(statement: Statement, element: str) -> str:
    """What a message calls the roles that a statement applies to by an element; "" unless they are too many."""
    if element == "NotResource":
        return "all but `NotResource`" if statement.not_resource_texts else ""
    star = next(filter(_reaches_every_role, statement.resource_texts), "")
    return f"`{star}`" if star else ""


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


family(
    _too_many_roles,
    *(_row(action, grant, element) for action in (_PASS_ROLE, _CREATE_SLR) for grant in _GRANTS for element in _ROLES),
)
