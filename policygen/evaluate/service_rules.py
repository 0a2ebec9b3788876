"""What services decide by rules of their own, read from `reference/data/service-specials.json`."""

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from policygen.evaluate.match import Test, any_of, text_pattern
from policygen.evaluate.principal import Principal, PrincipalType
from policygen.evaluate.request import Request
from policygen.policy.arn import arn_matches

_PRINCIPALS = tuple(kind.value for kind in PrincipalType)
"""Whom an entry is about that names no principals."""


class _Special(NamedTuple):
    """An entry about actions of one service."""

    action: Test
    entry: Any


def uncontrolled(request: Request) -> str:
    """Why no policy has a say in the request, so that it is allowed; "" where policies decide."""
    for entry in _about("uncontrolled", request):
        if request.principal.type.value in entry["principals"]:
            return str(entry["reason"])
    return ""


def out_of_reach(request: Request) -> str:
    """Why no policy can allow the request; "" where one can."""
    return _about_resource("out_of_reach", request)


def perhaps_out_of_reach(request: Request) -> str:
    """Why it is not known whether a policy can allow the request; "" where it is."""
    return _about_resource("perhaps_out_of_reach", request)


def federated(request: Request) -> str:
    """Why the caller of an action in which an identity provider vouches for the caller is not known; "" for others.

    No identity policy has a say in these, and the trust policy names the provider.
    """
    listed = _data()["federated"]
    return str(listed["reason"]) if request.name in listed["actions"] else ""


def closed(request: Request) -> tuple[str, ...]:
    """The patterns of the resources on which no policy can allow the action of a request, or perhaps none can."""
    kinds = ("out_of_reach", "perhaps_out_of_reach")
    return tuple(str(entry["resource"]) for kind in kinds for entry in _about(kind, request))


def resource_policy_required(request: Request) -> str:
    """Which policy of the resource must allow the request; "" where an identity policy is enough in one account."""
    return _about_resource("resource_policy_required", request)


@lru_cache(maxsize=1024)
def outside_organization_policies(principal: Principal, kind: str) -> str:
    """Why no `scp` or no `rcp` limits a principal; "" where they do."""
    for entry in _data()["outside_organization_policies"]:
        is_one = principal.type.value in entry.get("types", ()) or (
            "principal" in entry and arn_matches(entry["principal"], principal.issuer)
        )
        if is_one and kind in entry["policies"]:
            return str(entry["reason"])
    return ""


def not_limited_by_rcps(request: Request) -> str:
    """Why it is not sure that RCPs limit the service of a request; "" for the services of which AWS says so."""
    limited = _data()["limited_by_rcps"]
    if request.service in limited["services"]:
        return ""
    return f"RCPs limit only some services, and `{request.service}` was not among them in {limited['date'][:7]}"


def _about_resource(kind: str, request: Request) -> str:
    for entry in _about(kind, request):
        of_principal = request.principal.type.value in entry.get("principals", _PRINCIPALS)
        if of_principal and arn_matches(entry["resource"], request.resource):
            return str(entry["reason"])
    return ""


def _about(kind: str, request: Request) -> Iterator[Any]:
    """The entries of one kind about the action of a request."""
    for special in _by_service(kind).get(request.service, ()):
        if special.action(request.name, request.context):
            yield special.entry


@cache
def _by_service(kind: str) -> dict[str, list[_Special]]:
    found: dict[str, list[_Special]] = {}
    for entry in _data()[kind]:
        action = any_of(text_pattern(name, variables=False) for name in entry["actions"])
        for service in {name.partition(":")[0] for name in entry["actions"]}:
            found.setdefault(service, []).append(_Special(action, entry))
    return found


@cache
def _data() -> Any:
    return json.loads(files("policygen.reference").joinpath("data/service-specials.json").read_text("utf-8"))
