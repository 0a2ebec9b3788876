"""A decision for people and machines: its outcome, and the part that each statement played in it."""

from collections.abc import Sequence
from typing import Any

import click

from policygen.evaluate.compiled import CompiledStatement
from policygen.evaluate.decide import Decision, Outcome
from policygen.evaluate.explain import Explanation
from policygen.evaluate.known import odd_resource
from policygen.evaluate.request import Request
from policygen.report import printable

_NAMED = 3
"""How many deciding statements the headline names."""
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
        "odd": odd_resource(decision.request) or None,
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


def as_lines(decisions: Sequence[Decision]) -> str:
    """One line per decision, then what the decisions assume, with ANSI colours."""
    lines = []
    for decision in decisions:
        asked = f"{decision.request.action} on {decision.request.resource}"
        lines.append(f"{_coloured(decision.outcome, 13)}  {printable(asked)}: {_headline(decision)}")
        if odd := odd_resource(decision.request):
            lines.append(f"{'':15}unlisted: {printable(odd)}")
    assumed = dict.fromkeys(decision.assumed for decision in decisions if decision.assumed)
    return "\n".join([*lines, *(f"assumed: {printable(text)}" for text in assumed), ""])


def _coloured(outcome: Outcome, width: int = 0) -> str:
    return click.style(f"{outcome!s:{width}}", fg=_COLOUR.get(outcome, "red"), bold=True)


def _headline(decision: Decision) -> str:
    by = [f"{place(s)}{f' {s.sid}' if s.sid else ''}" for s in decision.statements[:_NAMED]]
    more = len(decision.statements) - _NAMED
    by += [f"{more} more"] if more > 0 else []
    return printable(decision.reason + (f" ({', '.join(by)})" if by else ""))


def as_text(decision: Decision, explanations: list[Explanation]) -> str:
    """The decision, each statement's part in it, and the condition keys without a value, with ANSI colours."""
    parts = [f"{_coloured(decision.outcome)}: {_headline(decision)}", ""]
    parts += [explained(explanation) for explanation in explanations]
    if odd := odd_resource(decision.request):
        parts += ["", f"unlisted: {printable(odd)}"]
    if decision.assumed:
        parts += ["", f"assumed: {printable(decision.assumed)}"]
    if decision.missing_context:
        keys = ", ".join(decision.missing_context)
        parts += [
            "",
            f"the policies also use these condition keys, which the request gives no value: {printable(keys)}",
        ]
    return "\n".join(parts).rstrip() + "\n"


def explained(explanation: Explanation) -> str:
    """The part that one statement plays in a decision, with ANSI colours."""
    statement = explanation.statement
    layer = "" if explanation.layer == "identity" else f"{explanation.layer}: "
    sid = f" {statement.sid}" if statement.sid else ""
    what = "matches" if explanation.matches else f"no match: {explanation.why}"
    head = f"{statement.statement.effect:<5} {layer}{place(statement)}{sid}: {what}"
    notes = [
        f"      `{condition.text}` on `{condition.key}` matched because the key is missing"
        for condition in explanation.absent
    ]
    return "\n".join([click.style(printable(head), bold=explanation.matches), *map(printable, notes)])


def place(statement: CompiledStatement) -> str:
    """`file:line:column`, or the policy's name and the JSON Pointer if the policy is not from a file."""
    policy = statement.policy
    if policy.file and (span := policy.span(statement.pointer)):
        return f"{policy.file}:{span.line}:{span.column}"
    return f"{_holder(statement)}{statement.pointer}"


def _holder(statement: CompiledStatement) -> str:
    return statement.policy.name or statement.policy.file
