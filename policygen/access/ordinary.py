"""Ordinary requests for what is asked, to try before all requests are searched."""

from collections.abc import Iterator, Mapping
from functools import cache

from policygen.access.asked import Asked
from policygen.access.specialised import put
from policygen.evaluate import CompiledStatement, Layers
from policygen.evaluate.values import filled
from policygen.evaluate.witness import taken
from policygen.policy.arn import arn_matches, segments
from policygen.policy.pattern import is_wild
from policygen.reference.services import expand, find_action


def ordinary(asked: Asked, layers: Layers, account: str, keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """An action that each Allow allows, on resources that it takes, as far as AWS's data knows: as pairs of both.

    `account` owns the resources, and `keys` are the principal's condition keys, for policy variables.
    """
    for _, policy in layers.named():
        for statement in policy.statements:
            if statement.allows and (action := _action(asked, statement)):
                for resource in dict.fromkeys(_resources(asked, statement, action, account, keys)):
                    if takes(action, resource) and is_asked(asked, resource):
                        yield action, resource


def is_asked(asked: Asked, resource: str) -> bool:
    """Whether a question is about a resource."""
    return any(pattern == "*" or arn_matches(pattern, resource) for pattern in asked.resources)


def takes(action: str, resource: str) -> bool:
    """Whether requests for an action can name a resource; an action that AWS's data does not list may take any."""
    known = find_action(action)
    return known is None or taken(known).takes(resource)


def in_account(resource: str, account: str) -> str:
    """The ARN with its account, if it has one, replaced."""
    parts = segments(resource)
    return ":".join((*parts[:4], account, parts[5])) if len(parts) == 6 and parts[4].isdigit() else resource


def _action(asked: Asked, statement: CompiledStatement) -> str:
    """An action that is asked about and that a statement applies to, "" if AWS's data lists none."""
    if statement.statement.not_action_names:
        return next((action for action in asked.actions if not is_wild(action)), "")
    return next((_first(action) for action in asked.within(statement).actions if _first(action)), "")


@cache
def _first(action: str) -> str:
    return str(next(iter(expand(action)), "")) if is_wild(action) else action


def _resources(
    asked: Asked, statement: CompiledStatement, action: str, account: str, keys: Mapping[str, str]
) -> Iterator[str]:
    yield from (resource for resource in asked.resources if not is_wild(resource))
    for text in (*asked.within(statement).resources, *asked.resources):
        if text != "*" and (own := put(text, keys)) and "${" not in own:
            yield filled(own)
    if known := find_action(action):
        yield from (in_account(example, account) for example in taken(known).examples)
    yield "*"
