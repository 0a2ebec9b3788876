"""Actions: whether they exist, and whether one entry makes another superfluous."""

import re
from collections.abc import Iterator
from functools import cache

from policygen.errors import did_you_mean
from policygen.lint.access_analyzer import error, once, suggestion
from policygen.lint.rule import Objections
from policygen.policy.model import Element, Policy, Statement
from policygen.policy.pattern import covers, is_wild
from policygen.reference.extra import NONE, Extra
from policygen.reference.services import actions, data_date, find_action, is_retired, services

_WILDCARD = re.compile("[*?]")
_ELEMENTS = ("Action", "NotAction")


@once
def each_action(policy: Policy) -> tuple[Element, ...]:
    """Every entry of every `Action` and `NotAction`."""
    return tuple(entry for s in policy.statements for entry in (*s.actions, *s.not_actions))


def names(statement: Statement, element: str) -> list[str]:
    """The entries of an element without their places, which take longer to say than most rules need to find nothing."""
    value = statement.body.get(element)
    if isinstance(value, list):
        return [entry for entry in value if isinstance(entry, str)]
    return [value] if isinstance(value, str) else []


@once
def action_names(policy: Policy) -> tuple[str, ...]:
    """The entries of every `Action` and `NotAction` without their places."""
    return tuple(name for s in policy.statements for element in _ELEMENTS for name in names(s, element))


@error("invalid-action")
def invalid_action(policy: Policy, extra: Extra = NONE) -> Objections:
    """An action does not exist.

    Why it matters: an Allow of it grants nothing and a Deny of it stops nobody, though both look as if they did.
    Instead: take the name from the Service Authorization Reference. An action in preview goes into `extra_actions`.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObjects", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "GetObject", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": ["s3:getobject", "s3:Get*"], "Resource": "*"}
    """
    if any(map(_problem, action_names(policy))):
        for action, pointer in each_action(policy):
            problem = _problem(action)
            if problem and not extra.has_action(action):
                yield pointer, problem


@cache
def _problem(action: str) -> str:
    """What is wrong with the name of an action whose service, if it names one, exists; "" for nothing."""
    if action == "*":
        return ""
    if ":" not in action:
        return f"`{action}` is no action; an action is a service prefix and a name, such as `s3:GetObject`"
    service, _, name = action.partition(":")
    if is_wild(action) or "${" in action or service.lower() not in services() or find_action(action):
        return ""
    hint = did_you_mean(action, (str(known) for known in _similar(service, name.lower())))
    return f"`{action}` is no action of {services()[service.lower()]} in AWS's data of {data_date()}{hint}"


def _similar(service: str, name: str) -> Iterator[object]:
    """The actions that share their verb or their end with a name: enough to find a typing error among hundreds."""
    for known, action in actions(service).items():
        if known[:4] == name[:4] or known[-6:] == name[-6:]:
            yield action


@error("invalid-service-in-action")
def invalid_service_in_action(policy: Policy, extra: Extra = NONE) -> Objections:
    """An action belongs to a service that does not exist.

    Why it matters: the entry means nothing to IAM.
    Instead: take the prefix from the Service Authorization Reference; it is not always the product's name. A service
    in preview goes into `extra_services`.

    Fires on: {"Effect": "Allow", "Action": "cloudwatchlogs:GetLogEvents", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "logs:GetLogEvents", "Resource": "*"}
    """
    if any(map(_service_problem, action_names(policy))):
        for action, pointer in each_action(policy):
            problem = _service_problem(action)
            if problem and not extra.has_service(action.partition(":")[0]):
                yield pointer, problem


@cache
def _service_problem(action: str) -> str:
    service, colon, _ = action.partition(":")
    if not colon or service.lower() in services() or is_wild(service) or "${" in service or is_retired(service):
        return ""
    return f"`{service}` is no service prefix in AWS's data of {data_date()}{did_you_mean(service, services())}"


@suggestion("redundant-action")
def redundant_action(policy: Policy) -> Objections:
    """An action is covered by another entry of the same list.

    Why it matters: removing it later will change nothing, which the reader of the policy will not expect.
    Instead: keep the wider entry, or remove it if it was not meant.

    Fires on: {"Effect": "Allow", "Action": ["s3:Get*", "s3:GetObject"], "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": ["s3:GetObject", "s3:getobject"], "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": ["s3:Get*", "s3:PutObject"], "Resource": "*"}
    """
    for statement in policy.statements:
        for element in _ELEMENTS:
            entries = names(statement, element)
            for index, wider in _covered(entries):
                entry = (statement.actions if element == "Action" else statement.not_actions)[index]
                yield entry.pointer, f"`{entry.value}` is covered by `{entries[wider]}`; remove one of them"


def _covered(entries: list[str]) -> Iterator[tuple[int, int]]:
    """The index of each entry that another one covers, and of that one; of two that mean the same, the later."""
    first: dict[str, int] = {}
    patterns: dict[str, list[tuple[str, str]]] = {}  # service → head, pattern
    for index, entry in enumerate(entries):
        lower = entry.lower()
        if first.setdefault(lower, index) != index:
            yield index, first[lower]
        elif is_wild(lower):
            head = _WILDCARD.split(lower, 1)[0]
            patterns.setdefault(head.partition(":")[0] if ":" in head else "", []).append((head, lower))
    for lower, index in first.items() if patterns else ():
        for head, pattern in (*patterns.get(lower.partition(":")[0], ()), *patterns.get("", ())):
            wider = pattern != lower and lower.startswith(head) and covers(pattern, lower)
            if wider and (index > first[pattern] or not covers(lower, pattern)):
                yield index, first[pattern]
                break
