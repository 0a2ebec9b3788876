"""What AWS services decide by rules of their own, from `reference/data/service-specials.json`."""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from policygen.evaluate.match import Test, any_of, text_pattern
from policygen.evaluate.principal import Principal, PrincipalType
from policygen.evaluate.request import Request
from policygen.policy.arn import arn_matches
from policygen.reference.data import load
from policygen.reference.identity_providers import calls_of, is_vouched_for

_PRINCIPALS = tuple(kind.value for kind in PrincipalType)
"""The types of principals that an entry applies to by default."""


class _Special(NamedTuple):
    """An entry about actions of one service."""

    action: Test
    entry: Any


def uncontrolled(request: Request) -> str:
    """Why the request is allowed whatever the policies are; "" if policies decide."""
    for entry in _about("uncontrolled", request):
        if request.principal.type.value in entry["principals"]:
            return str(entry["reason"])
    return ""


def out_of_reach(request: Request) -> str:
    """Why no policy can allow the request; "" if one can."""
    who = request.principal
    if who.type is PrincipalType.FEDERATED and request.name not in calls_of(who.arn):
        return "the users of an identity provider can only assume roles, with the call for its kind of token"
    return _about_resource("out_of_reach", request)


def perhaps_out_of_reach(request: Request) -> str:
    """Why it is not known whether a policy can allow the request; "" if it is known."""
    return _about_resource("perhaps_out_of_reach", request)


def needs_provider(request: Request) -> str:
    """Why only an identity provider's users can make the request, and the caller is not one of them; "" otherwise.

    Identity policies do not apply to these actions, and the trust policy names the provider.
    """
    if request.principal.type is PrincipalType.FEDERATED or not is_vouched_for(request.name):
        return ""
    return "an identity provider vouches for the caller of this action; name the provider as the principal"


def closed(request: Request) -> tuple[str, ...]:
    """The patterns of resources on which no policy can, or perhaps no policy can, allow the action of a request."""
    kinds = ("out_of_reach", "perhaps_out_of_reach")
    return tuple(str(entry["resource"]) for kind in kinds for entry in _about(kind, request))


def resource_policy_required(request: Request) -> str:
    """Which resource policy must allow the request; "" if an identity policy is enough within one account."""
    return _about_resource("resource_policy_required", request)


@lru_cache(maxsize=1024)
def outside_organization_policies(principal: Principal, kind: str) -> str:
    """Why policies of a kind, `scp` or `rcp`, do not apply to a principal; "" if they do."""
    for entry in load("service-specials")["outside_organization_policies"]:
        is_one = principal.type.value in entry.get("types", ()) or (
            "principal" in entry and arn_matches(entry["principal"], principal.issuer)
        )
        if is_one and kind in entry["policies"]:
            return str(entry["reason"])
    return ""


def not_limited_by_rcps(request: Request) -> str:
    """Why RCPs may not apply to the service of a request; "" for services that AWS lists as supported."""
    limited = load("service-specials")["limited_by_rcps"]
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
    for entry in load("service-specials")[kind]:
        action = any_of(text_pattern(name, variables=False) for name in entry["actions"])
        for service in {name.partition(":")[0] for name in entry["actions"]}:
            found.setdefault(service, []).append(_Special(action, entry))
    return found
