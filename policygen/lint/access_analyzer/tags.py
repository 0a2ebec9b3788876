"""Conditions on `aws:ResourceTag` for actions whose requests, by AWS's data, carry no tags."""

from collections.abc import Iterator

from policygen.finding import Severity
from policygen.lint.access_analyzer.family import Row, family
from policygen.lint.rule import Objections
from policygen.policy.model import Condition, Policy, Statement
from policygen.policy.pattern import is_wild
from policygen.reference.operators import find_operator
from policygen.reference.services import data_date, find_action, supports_tags

_TAG = '"Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}'
_EFFECTS = (("Allow", "allowed", Severity.SUGGESTION), ("Deny", "denied", Severity.SECURITY_WARNING))


def _untagged_actions(policy: Policy, effect: tuple[str, str]) -> Objections:
    for statement, condition in _on_resource_tags(policy, effect[0]):
        for name, pointer in statement.actions:
            action = None if is_wild(name) else find_action(name)
            if action and not supports_tags(action):
                what = f"AWS's data of {data_date()} lists no `{condition.key}` for requests of `{name}`"
                then = f"so it is not {effect[1]} by this; {effect[0].lower()} it in a separate statement"
                yield pointer, f"{what}, {then}"


def _all_actions_but_some(policy: Policy, effect: tuple[str, str]) -> Objections:
    for statement, condition in _on_resource_tags(policy, effect[0]):
        if statement.not_actions:
            what = f"many actions carry no `{condition.key}` and are not {effect[1]}"
            yield f"{statement.pointer}/NotAction", f"{what}; list the actions in `Action`"


def _on_resource_tags(policy: Policy, effect: str) -> Iterator[tuple[Statement, Condition]]:
    """The statements with an effect that apply only if the resource has a tag, with the first such condition."""
    for statement in policy.statements:
        if statement.effect == effect:
            needed = next((condition for condition in statement.conditions if _needs_tag(condition)), None)
            if needed:
                yield statement, needed


def _needs_tag(condition: Condition) -> bool:
    if not condition.key.lower().startswith("aws:resourcetag/") or condition.if_exists:
        return False
    operator = find_operator(condition.operator)
    # AWS never reports `Null`, which only tests whether the tag is present
    compares = operator is not None and not operator.negated and operator.family != "Null"
    return compares and condition.qualifier.lower() != "forallvalues"


for _effect, _done, _severity in _EFFECTS:
    _start = f'{{…, "Effect": "{_effect}"'
    family(
        _untagged_actions,
        Row(
            f"{_effect.lower()}-with-unsupported-tag-condition-key-for-service",
            _severity,
            f"An action is {_done} by a tag of the resource, but AWS's data lists no tags for it.",
            why=f"if its requests carry no tags, the condition is never true, so the action is never {_done}.",
            instead=f"{_effect.lower()} it in a separate statement, limited by ARN if it supports resources.",
            fires=f'{_start}, "Action": ["ec2:StopInstances", "ec2:GetEbsEncryptionByDefault"], {_TAG}}}',
            quiet=f'{_start}, "Action": "ec2:StopInstances", {_TAG}}}',
            data=(_effect, _done),
        ),
    )
    family(
        _all_actions_but_some,
        Row(
            f"{_effect.lower()}-notaction-with-unsupported-tag-condition-key-for-service",
            _severity,
            f"`NotAction` is {_done} by a tag of the resource.",
            why=f"most actions carry no tags, so they are not {_done}, now or when AWS adds them.",
            instead="list the actions in `Action`.",
            fires=f'{_start}, "NotAction": "iam:*", {_TAG}}}',
            quiet=f'{_start}, "Action": "ec2:StartInstances", {_TAG}}}',
            data=(_effect, _done),
        ),
    )
