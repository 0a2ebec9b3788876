"""A decision for people and machines: what came of a request, and what each statement had to do with it."""

from typing import Any

import click

from policygen.evaluate.compiled import CompiledStatement
from policygen.evaluate.decide import Decision, Outcome
from policygen.evaluate.explain import Explanation
from policygen.evaluate.request import Request
from policygen.report import printable

_COLOUR = {Outcome.ALLOW: "green", Outcome.UNKNOWN: "yellow"}


def as_json(decision: Decision) -> dict[str, Any]:
    """The decision as the JSON that scripts read."""
    statements = [
        {
            "policy": _holder(statement),
            "pointer": statement.pointer,
            "sid": statement.sid or None,
            "effect": statement.statement.effect,
        }
        for statement in decision.statements
    ]
    return {
        "decision": str(decision.outcome),
        "reason": decision.reason,
        "statements": statements,
        "missing_context": list(decision.missing_context),
        "assumed": decision.assumed or None,
    }


def request_as_json(request: Request) -> dict[str, Any]:
    """A request as `policygen simulate --requests` takes it."""
    context = {key: list(value) if isinstance(value, tuple) else value for key, value in request.context.items()}
    return {
        "principal": request.principal.arn,
        "action": request.action,
        "resource": request.resource,
        "resource_account": request.resource_account,
        "context": context,
    }


def as_text(decision: Decision, explanations: list[Explanation]) -> str:
    """The decision, each statement's part in it, and the keys that the question left open, with ANSI colours."""
    colour = _COLOUR.get(decision.outcome, "red")
    parts = [f"{click.style(str(decision.outcome), fg=colour, bold=True)}: {printable(decision.reason)}", ""]
    parts += [_explained(explanation) for explanation in explanations]
    if decision.assumed:
        parts += ["", f"assumed: {printable(decision.assumed)}"]
    if decision.missing_context:
        keys = ", ".join(decision.missing_context)
        parts += ["", f"the policies also look at these keys, which the request leaves open: {printable(keys)}"]
    return "\n".join(parts).rstrip() + "\n"


def _explained(explanation: Explanation) -> str:
    statement = explanation.statement
    layer = "" if explanation.layer == "identity" else f"{explanation.layer}: "
    sid = f" {statement.sid}" if statement.sid else ""
    what = "matches" if explanation.matches else f"no match: {explanation.why}"
    head = f"{statement.statement.effect:<5} {layer}{_place(statement)}{sid}: {what}"
    notes = [
        f"      `{condition.text}` of `{condition.key}` matched because the key is missing"
        for condition in explanation.absent
    ]
    return "\n".join([click.style(printable(head), bold=explanation.matches), *map(printable, notes)])


def _place(statement: CompiledStatement) -> str:
    """The position in the text that a person can open, or else the pointer."""
    policy = statement.policy
    span = policy.span(statement.pointer)
    return (
        f"{policy.file}:{span.line}:{span.column}"
        if span and policy.file
        else f"{_holder(statement)}{statement.pointer}"
    )


def _holder(statement: CompiledStatement) -> str:
    return statement.policy.name or statement.policy.file
