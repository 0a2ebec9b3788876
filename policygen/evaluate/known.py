"""Check that the action and the condition keys of a request exist, and that the action applies to the resource."""

from collections.abc import Iterable
from functools import lru_cache

from policygen.errors import PolicygenError, did_you_mean
from policygen.evaluate.request import Request
from policygen.policy.pattern import is_wild
from policygen.policy.previews import NONE, Previews
from policygen.reference.condition_keys import condition_key_names, find_condition_key, has_condition_keys
from policygen.reference.corrections import is_shared
from policygen.reference.guesses import guess_action, guess_service, prefixes_of
from policygen.reference.resources import as_written, is_arn, touched
from policygen.reference.services import data_date, expand, find_action, resource_types, services


def check_action(action: str, previews: Previews = NONE) -> None:
    """Raises PolicygenError, with a suggestion, for an action that neither AWS's data nor `previews` has."""
    if (wrong := _wrong_action(action)) and not previews.has_action(action):
        raise PolicygenError(wrong)


def existing(pattern: str, previews: Previews = NONE) -> list[str]:
    """The AWS actions that an action with or without wildcards matches.

    Raises PolicygenError, with a suggestion, for an action that does not exist and for a pattern that matches none.
    """
    if not is_wild(pattern):
        check_action(pattern, previews)
    found = [str(action) for action in expand(pattern)]
    if is_wild(pattern) and not found:
        raise PolicygenError(f"`{pattern}` matches no AWS action")
    return found


def check_keys(keys: Iterable[str], previews: Previews = NONE) -> None:
    """Raises PolicygenError, with a suggestion, for a condition key that AWS's data does not have.

    The keys of identity providers (`token.actions.githubusercontent.com:sub`) and of services in `previews` are not
    listed anywhere and always accepted.
    """
    for key in keys:
        if (wrong := _wrong_key(key)) and not previews.has_service(key.partition(":")[0]):
            raise PolicygenError(wrong)


def odd_resource(request: Request) -> str:
    """Why the action does not apply to the resource according to AWS's data; "" if it does or the data does not say.

    `*` is accepted for every action.
    """
    action = find_action(request.action)
    if action is None or request.resource == "*" or is_shared(action.service):
        return ""
    if not action.resource_types:
        return f"AWS's data of {data_date()} lists no resource types for `{action}`; use `*` as the resource"
    wanted = {name.lower() for name in action.resource_types}
    if not wanted <= resource_types(action.service).keys() or (
        is_arn(request.resource) and wanted & touched(action.service, request.resource)
    ):
        return ""
    listed = as_written((action.service, kind) for kind in wanted)
    what = f"AWS's data of {data_date()} does not list `{request.resource}` as a resource of `{action}`"
    return f"{what}, which acts on {listed}"


def unrelated_resource(actions: Iterable[str], resource: str) -> str:
    """Why a claim about these actions says nothing about a resource; both can have wildcards, "" if it says something.

    It says nothing if AWS's data knows the types of resources of every action, and none matches the resource.
    """
    found = [action for pattern in actions for action in expand(pattern)]
    if resource == "*" or not found or any(is_shared(action.service) for action in found):
        return ""
    if any({*map(str.lower, action.resource_types)} & touched(action.service, resource) for action in found):
        return ""
    return f"AWS's data of {data_date()} does not list `{resource}` as a resource of these actions"


_DECLARE = "; if it exists, declare it in `extra_actions` of the settings"


@lru_cache(maxsize=4096)
def _wrong_action(action: str) -> str:
    if find_action(action):
        return ""
    service = action.partition(":")[0]
    if service.lower() not in services():
        hint = guess_service(service)
        return f"AWS's data of {data_date()} has no service `{service}`, as in `{action}`{hint or _DECLARE}"
    return f"AWS's data of {data_date()} has no action `{action}`{guess_action(action) or _DECLARE}"


@lru_cache(maxsize=4096)
def _wrong_key(key: str) -> str:
    prefix = key.partition(":")[0]
    if find_condition_key(key) or (":" in key and "." in prefix):
        return ""
    if prefixes_of(prefix):
        hint = guess_service(prefix)
    else:
        known = condition_key_names(prefix) or [f"{name}:" for name in ("aws", *services())]
        hint = did_you_mean(key.lower() if has_condition_keys(prefix) else f"{prefix}:", known)
    return f"AWS's data of {data_date()} has no condition key `{key}`{hint}"
