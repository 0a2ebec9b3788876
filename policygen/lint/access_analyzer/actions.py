"""Actions that do not exist, and actions that another entry of the same list covers."""

from functools import cache

from policygen.lint.access_analyzer import error, suggestion
from policygen.lint.access_analyzer.overlap import near_pairs
from policygen.lint.entries import odd_actions
from policygen.lint.rule import Objections
from policygen.policy.model import Policy
from policygen.policy.pattern import covers, head, is_wild
from policygen.reference.guesses import guess_action, guess_service
from policygen.reference.services import data_date, find_action, is_retired, services


@error("invalid-action")
def invalid_action(policy: Policy) -> Objections:
    """An action is not in AWS's data.

    Why it matters: if it does not exist, an Allow of it grants nothing and a Deny of it stops nobody, though both look
    as if they did.
    Instead: use the name in the Service Authorization Reference. List an action in preview in `extra_actions`.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObjects", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "GetObject", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": ["s3:getobject", "s3:Get*"], "Resource": "*"}
    """
    for action, pointer in odd_actions(policy):
        if _is_unknown(action.lower()) and not policy.previews.has_action(action):
            yield pointer, _unknown(action)


@cache
def _is_unknown(action: str) -> bool:
    """Whether an action does not exist although its service does, or has no service."""
    service, colon, _ = action.partition(":")
    if not colon:
        return action != "*"
    return not (is_wild(action) or "${" in action or service not in services() or find_action(action))


@cache
def _unknown(action: str) -> str:
    service, colon, _ = action.partition(":")
    if not colon:
        return f"`{action}` is not an action; an action is a service prefix and a name, such as `s3:GetObject`"
    where = f"{services()[service.lower()]} in AWS's data of {data_date()}"
    return f"`{action}` is not an action of {where}{guess_action(action)}"


@error("invalid-service-in-action")
def invalid_service_in_action(policy: Policy) -> Objections:
    """An action belongs to a service that is not in AWS's data.

    Why it matters: the entry matches no request.
    Instead: use the prefix in the Service Authorization Reference; it is not always the product's name. List a service
    in preview in `extra_services`.

    Fires on: {"Effect": "Allow", "Action": "cloudwatchlogs:GetLogEvents", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "logs:GetLogEvents", "Resource": "*"}
    """
    for action, pointer in odd_actions(policy):
        service = action.partition(":")[0]
        if _is_of_unknown_service(action.lower()) and not policy.previews.has_service(service):
            yield pointer, _unknown_service(service)


@cache
def _is_of_unknown_service(action: str) -> bool:
    service, colon, _ = action.partition(":")
    return bool(colon) and not (service in services() or is_wild(service) or "${" in service or is_retired(service))


@cache
def _unknown_service(service: str) -> str:
    return f"`{service}` is not a service prefix in AWS's data of {data_date()}{guess_service(service)}"


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
        for element, names in (("Action", statement.action_names), ("NotAction", statement.not_action_names)):
            covered = _covered(names) if len(names) > 1 else {}
            for pair in covered.items():
                (value, pointer), (wider, _) = statement.picked(element, pair)
                how = "is listed twice" if value == wider else f"is covered by `{wider}`"
                yield pointer, f"`{value}` {how}; remove one of them"


def _covered(names: tuple[str, ...]) -> dict[int, int]:
    """Map the index of each covered entry to that of the entry that covers it; of equal ones, the later is covered."""
    text = "\n".join(names)
    wild = "*" in text or "?" in text
    if not wild and len(set(names)) == len(names):
        return {}
    first = dict(zip(reversed(names), range(len(names) - 1, -1, -1), strict=True))
    covered = {index: first[name] for index, name in enumerate(names) if first[name] != index}
    patterns = filter(is_wild, dict.fromkeys(names)) if wild else ()
    nearest_first = sorted(patterns, key=lambda pattern: ":" not in head(pattern))
    for pattern, name in near_pairs({name: name for name in first}, nearest_first):
        index = first[name]
        if index in covered or not covers(pattern, name):
            continue
        if index > first[pattern] or not covers(name, pattern):
            covered[index] = first[pattern]
    return covered
