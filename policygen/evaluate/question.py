"""A question in JSON: the policies of every layer and one request, to which nothing is added.

    {"policies": [document, …], "group_policies": […], "boundary": document, "session_policy": document,
     "scps": [[document, …], …], "rcps": [[…]], "resource_policy": document,
     "request": {"principal": "arn:…", "action": "s3:GetObject", "resource": "arn:…", "resource_account": "…",
                 "context": {"aws:SourceIp": "203.0.113.9", "aws:TagKeys": ["a", "b"]}}}

Only `policies`, `request`, its `principal` and its `action` are required; a layer that is left out does not exist.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.evaluate import principal
from policygen.evaluate.compiled import CompiledPolicy, compile_policy
from policygen.evaluate.decide import Outcome, decide
from policygen.evaluate.known import check_action, check_keys
from policygen.evaluate.layers import Layers, Policies
from policygen.evaluate.request import Request, checked_action, context_of
from policygen.policy.model import Kind, Policy
from policygen.policy.previews import NONE, Previews
from policygen.policy.source import JsonSyntaxError, Source, decode

_LAYERS = ("policies", "group_policies", "boundary", "session_policy", "scps", "rcps", "resource_policy", "request")
_REQUEST = ("principal", "action", "resource", "resource_account", "context")


def answer(line: bytes, number: int, previews: Previews = NONE) -> dict[str, str]:
    """The answer to one line: `{"decision": …}`, with a `reason` if it is unknown, or `{"error": …}`.

    `assumed` says what the decision assumes, if anything.
    """
    try:
        request, layers = question(Source(decode(line.rstrip(b"\r\n"), f"line {number}"), f"line {number}").data)
        check_action(request.action, previews)
        check_keys(request.context, previews)
        decision = decide(request, layers)
    except JsonSyntaxError as error:
        return {"error": f"line {number}, column {error.column}: {error.message}"}
    except PolicygenError as error:
        return {"error": f"line {number}: {error}"}
    reply = {"decision": str(decision.outcome)}
    if decision.outcome is Outcome.UNKNOWN:
        reply["reason"] = decision.reason
    if decision.assumed:
        reply["assumed"] = decision.assumed
    return reply


def question(data: Any) -> tuple[Request, Layers]:
    """The request and the layers of a question in parsed JSON; raises PolicygenError if it is malformed."""
    asked = _object(data, "the question", _LAYERS, required=("policies", "request"))
    request = _object(asked["request"], "`request`", _REQUEST, required=("principal", "action"))
    return _request(request), Layers(
        identity=_policies(asked, "policies") + _policies(asked, "group_policies"),
        boundary=_policy(asked, "boundary"),
        session=_policy(asked, "session_policy"),
        scps=_levels(asked, "scps", Kind.SCP),
        rcps=_levels(asked, "rcps", Kind.RCP),
        resource=_resource(asked),
    )


def _request(request: Mapping[str, Any]) -> Request:
    for name in ("principal", "action", "resource", "resource_account"):
        if not isinstance(request.get(name, ""), str):
            raise PolicygenError(f"`request.{name}` is not a string")
    context = request.get("context", {})
    if not isinstance(context, dict):
        raise PolicygenError("`request.context` is not an object")
    return Request(
        principal.parse(request["principal"]),
        checked_action(request["action"]),
        request.get("resource", "*"),
        context_of(context),
        resource_account=request.get("resource_account", ""),
    )


def _object(data: Any, what: str, known: tuple[str, ...], required: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise PolicygenError(f"{what} is not an object")
    for name in data:
        if name not in known:
            raise PolicygenError(f"{what} has no field `{name}`{did_you_mean(name, known)}")
    for name in required:
        if name not in data:
            raise PolicygenError(f"{what} lacks the field `{name}`")
    # null means the same as leaving the field out
    return {name: value for name, value in data.items() if value is not None or name in required}


def _policies(asked: Mapping[str, Any], name: str) -> Policies:
    return _list(asked.get(name, []), f"`{name}`", Kind.IDENTITY)


def _policy(asked: Mapping[str, Any], name: str) -> CompiledPolicy | None:
    return _document(asked[name], f"`{name}`", Kind.IDENTITY) if name in asked else None


def _levels(asked: Mapping[str, Any], name: str, kind: Kind) -> tuple[Policies, ...]:
    levels = asked.get(name, [])
    if not isinstance(levels, list):
        raise PolicygenError(f"`{name}` is not a list of levels, each a list of policies")
    return tuple(_list(level, f"level {number} of `{name}`", kind) for number, level in enumerate(levels, start=1))


def _resource(asked: Mapping[str, Any]) -> Policies:
    if "resource_policy" not in asked:
        return ()
    return (_document(asked["resource_policy"], "`resource_policy`", Kind.RESOURCE),)


def _list(documents: Any, what: str, kind: Kind) -> Policies:
    if not isinstance(documents, list):
        raise PolicygenError(f"{what} is not a list of policies")
    return tuple(_document(document, f"{what}, policy {n},", kind) for n, document in enumerate(documents, start=1))


def _document(document: Any, what: str, kind: Kind) -> CompiledPolicy:
    if not isinstance(document, dict):
        raise PolicygenError(f"{what} is not a policy document")
    try:
        return _compiled(json.dumps(document), kind)
    except RecursionError:
        raise PolicygenError(f"{what} is nested too deeply to be a policy") from None


@lru_cache(maxsize=256)
def _compiled(text: str, kind: Kind) -> CompiledPolicy:
    """The policy of a text, cached because consecutive questions are often about the same policies."""
    return compile_policy(Policy(json.loads(text), kind))
