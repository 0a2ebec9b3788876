"""Conditions on `aws:ResourceTag` where AWS's data lists no tags for requests."""

from collections.abc import Iterator

from policygen.lint.access_analyzer import security_warning, suggestion
from policygen.lint.rule import Objections
from policygen.policy.model import Condition, Policy, Statement
from policygen.policy.pattern import is_wild
from policygen.reference.operators import find_operator
from policygen.reference.services import data_date, find_action, supports_tags


@suggestion("allow-with-unsupported-tag-condition-key-for-service")
def allow_with_unsupported_tag_condition_key_for_service(policy: Policy) -> Objections:
    """An action is allowed by a tag of the resource, and AWS's data lists no tags for it.

    Why it matters: if its requests carry no tags, the condition is never true, so the action is not allowed.
    Instead: allow it in a statement of its own, limited by ARN where it supports resources.

    Fires on: {…, "Action": ["ec2:StartInstances", "ec2:GetEbsEncryptionByDefault"],
               "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
    Quiet on: {…, "Action": ["ec2:StartInstances"], "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
    """
    for statement, condition in _on_resource_tags(policy, "Allow"):
        for action in _without_tags(statement):
            what = f"{_no_tags(action[0], condition)}, so it is not allowed by this"
            yield action[1], f"{what}; allow it in a statement of its own"


@security_warning("deny-with-unsupported-tag-condition-key-for-service")
def deny_with_unsupported_tag_condition_key_for_service(policy: Policy) -> Objections:
    """An action is denied by a tag of the resource, and AWS's data lists no tags for it.

    Why it matters: if its requests carry no tags, the condition is never true, so the action is never denied.
    Instead: deny it in a statement of its own, limited by ARN where it supports resources.

    Fires on: {…, "Effect": "Deny", "Action": ["ec2:StopInstances", "ec2:DisableEbsEncryptionByDefault"],
               "Condition": {"StringEquals": {"aws:ResourceTag/stage": "production"}}}
    Quiet on: {…, "Effect": "Deny", "Action": ["ec2:StopInstances"],
               "Condition": {"StringEquals": {"aws:ResourceTag/stage": "production"}}}
    """
    for statement, condition in _on_resource_tags(policy, "Deny"):
        for action in _without_tags(statement):
            what = f"{_no_tags(action[0], condition)}, so it is not denied by this"
            yield action[1], f"{what}; deny it in a statement of its own"


@suggestion("allow-notaction-with-unsupported-tag-condition-key-for-service")
def allow_notaction_with_unsupported_tag_condition_key_for_service(policy: Policy) -> Objections:
    """Everything but some actions is allowed by a tag of the resource.

    Why it matters: most actions carry no tags, so they are not allowed, now or when AWS adds them.
    Instead: list the actions in `Action`.

    Fires on: {…, "NotAction": "iam:*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
    Quiet on: {…, "Action": "ec2:StartInstances", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
    """
    for statement, condition in _on_resource_tags(policy, "Allow"):
        if statement.not_actions:
            place = f"{statement.pointer}/NotAction"
            yield place, f"many actions carry no `{condition.key}` and are not allowed; list the actions in `Action`"


@security_warning("deny-notaction-with-unsupported-tag-condition-key-for-service")
def deny_notaction_with_unsupported_tag_condition_key_for_service(policy: Policy) -> Objections:
    """Everything but some actions is denied by a tag of the resource.

    Why it matters: most actions carry no tags, so they are not denied, now or when AWS adds them.
    Instead: list the actions in `Action`.

    Fires on: {…, "Effect": "Deny", "NotAction": "iam:*",
               "Condition": {"StringEquals": {"aws:ResourceTag/stage": "production"}}}
    Quiet on: {…, "Effect": "Deny", "NotAction": "iam:*",
               "Condition": {"StringNotEquals": {"aws:PrincipalTag/stage": "production"}}}
    """
    for statement, condition in _on_resource_tags(policy, "Deny"):
        if statement.not_actions:
            place = f"{statement.pointer}/NotAction"
            yield place, f"many actions carry no `{condition.key}` and are not denied; list the actions in `Action`"


def _on_resource_tags(policy: Policy, effect: str) -> Iterator[tuple[Statement, Condition]]:
    """The statements of an effect that apply only where the resource has a tag, with the first such condition."""
    for statement in policy.statements:
        if statement.effect == effect:
            needed = next((condition for condition in statement.conditions if _needs_tag(condition)), None)
            if needed:
                yield statement, needed


def _needs_tag(condition: Condition) -> bool:
    if not condition.key.lower().startswith("aws:resourcetag/") or condition.if_exists:
        return False
    operator = find_operator(condition.operator)
    # that a tag is there at all (`Null`) is never objected to by AWS
    compares = operator is not None and not operator.negated and operator.family != "Null"
    return compares and condition.qualifier.lower() != "forallvalues"


def _no_tags(action: str, condition: Condition) -> str:
    return f"AWS's data of {data_date()} lists no `{condition.key}` for requests of `{action}`"


def _without_tags(statement: Statement) -> Iterator[tuple[str, str]]:
    for name, pointer in statement.actions:
        action = None if is_wild(name) else find_action(name)
        if action and not supports_tags(action):
            yield name, pointer
