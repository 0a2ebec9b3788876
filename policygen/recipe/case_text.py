"""A decision as the `[[case]]` of a `cases.toml` that promises it."""

import json
from collections.abc import Mapping
from typing import Any

from policygen.evaluate import SESSIONS, Decision, Outcome, PrincipalType, Request
from policygen.evaluate.request import owner_in

_WORDS = {Outcome.ALLOW: "is allowed", Outcome.EXPLICIT_DENY: "is denied", Outcome.IMPLICIT_DENY: "is not allowed"}
_USER = "user/alice"
_FOLLOWING = {"aws:userid", "aws:epochtime", "aws:resourceaccount", "aws:principalservicenameslist"}
"""Keys that follow from the others of a case."""


def case_of(decision: Decision, replaced: Mapping[str, str]) -> str:
    """The `[[case]]` that promises a decision; `replaced` maps values such as an account to their placeholders.

    Only the keys of the request that do not follow from its principal and session are written.
    """
    request = decision.request
    session = _session(request)
    known = {**request.principal.keys, **(SESSIONS[session].keys if session else {})}
    context: dict[str, Any] = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in sorted(request.context.items())
        if known.get(key) != value and key not in _FOLLOWING
    }
    asked: dict[str, Any] = {"principal": _principal(request), "action": request.action, "resource": request.resource}
    if not owner_in(request.resource, "") and request.resource_account != request.principal.account:
        asked["resource_account"] = request.resource_account
    return "[[case]]\n" + case_lines({**asked, "session": session, "context": context}, decision, replaced)


def case_lines(asked: Mapping[str, Any], decision: Decision, replaced: Mapping[str, str]) -> str:
    """The lines of a case below `[[case]]`, for a request with the keys `action`, `resource`, `principal`, …."""

    def toml(value: Any) -> str:
        text = json.dumps(value, ensure_ascii=False)
        for known, placeholder in replaced.items():
            text = text.replace(known, placeholder)
        return text

    name = f"{asked['action']} on {asked['resource']} {_WORDS.get(decision.outcome, 'is unknown')}"
    name += " as the conditions ask" if asked.get("context") else ""
    lines = [f"name = {json.dumps(name, ensure_ascii=False)}", f"action = {toml(asked['action'])}"]
    if asked["resource"] != "*":
        lines.append(f"resource = {toml(asked['resource'])}")
    if asked["principal"] != _USER:
        lines.append(f"principal = {toml(asked['principal'])}")
    if owner := asked.get("resource_account"):
        lines.append(f"resource_account = {toml(owner)}")
    if session := asked.get("session"):
        lines.append(f"session = {toml(session)}")
    if context := asked.get("context"):
        pairs = ", ".join(f"{json.dumps(key)} = {toml(value)}" for key, value in context.items())
        lines.append(f"context = {{ {pairs} }}")
    lines.append(f'decision = "{decision.outcome}"')
    if sid := next((statement.sid for statement in decision.statements if statement.sid.isalnum()), ""):
        lines.append(f'sid = "{sid}"')
    return "\n".join(lines) + "\n"


def _principal(request: Request) -> str:
    """The principal as cases write it: `user/alice`, or the whole ARN for one of another account."""
    who = request.principal
    start = f"arn:{who.partition}:iam::{who.account}:"
    return (
        who.arn.removeprefix(start) if who.type in (PrincipalType.USER, PrincipalType.ROOT) else who.issuer or who.arn
    )


def _session(request: Request) -> str:
    """The session preset with the request's keys about MFA; "" if there is none."""
    keys = {key: request.context.get(key) for session in SESSIONS.values() for key in session.keys}
    for name, session in SESSIONS.items():
        if {key: session.keys.get(key) for key in keys} == keys and (session.keys or session.absent <= request.absent):
            return name
    return ""
