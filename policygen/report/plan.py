"""A plan as people read it: in a terminal, in a pull request, or as the commands that would do the same."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import click

from policygen.account.call import aws_cli
from policygen.account.plan import Plan, Step
from policygen.account.planfile import to_data
from policygen.account.prepare import Prepared
from policygen.policy.canonical import dumps
from policygen.policy.diff import unified
from policygen.report import printable

FORMATS = ("text", "json", "markdown", "aws-cli")
"""The formats of a plan."""

_VERBS = {
    "CreateGroup": "create",
    "CreatePolicy": "create",
    "DeletePolicy": "delete",
    "DeletePolicyVersion": "delete",
    "AttachGroupPolicy": "attach",
    "DetachGroupPolicy": "detach",
    "AddUserToGroup": "put",
}


def render(prepared: Iterable[Prepared], output_format: str) -> str:
    """The plans in one of FORMATS, with a final newline."""
    if output_format == "json":
        return (
            json.dumps({"version": 1, "plans": [_data(one) for one in prepared]}, indent=2, ensure_ascii=False) + "\n"
        )
    parts = {"text": _text, "markdown": _markdown, "aws-cli": _commands}[output_format]
    return "\n".join("\n".join(parts(one)) + "\n" for one in prepared)


def verb(step: Step) -> str:
    """What a step does, in a word: create, write, replace, attach, …"""
    if step.operation in _VERBS:
        return _VERBS[step.operation]
    return "write" if step.before is None else "replace"


def tally(plan: Plan) -> str:
    """The steps counted: how many loosen, how many tighten."""
    if not plan.steps:
        return "nothing to do"
    looser = sum(any(change.gained for change in step.changes) for step in plan.steps)
    tighter = sum(any(not change.gained for change in step.changes) for step in plan.steps)
    members = sum(step.operation == "AddUserToGroup" for step in plan.steps)
    counted = ((looser, "give rights"), (tighter, "take rights"), (members, "add members"))
    tail = ", ".join(f"{count} {what}" for count, what in counted if count)
    return f"{len(plan.steps)} step{'s' if len(plan.steps) > 1 else ''}" + (f": {tail}" if tail else "")


def _title(one: Prepared) -> str:
    plan = one.plan
    name = "" if one.name == plan.desired.account else f" ({one.name})"
    caller = f", as {one.caller}" if one.caller else ""
    return f"account {plan.desired.account}{name}, partition {plan.desired.partition}{caller}"


def _text(one: Prepared) -> Iterator[str]:
    yield click.style(printable(_title(one)), bold=True)
    for number, step in enumerate(one.plan.steps, 1):
        yield f"{number:>3}. {verb(step)} {printable(step.subject)}"
        for change in step.changes:
            # loosening is what a reviewer must not miss
            sign, colour = ("+", "red") if change.gained else ("-", "green")
            yield click.style(f"     {sign} {printable(change.words)}", fg=colour)
        for line in _diff(step):
            yield click.style(f"       {printable(line)}", dim=True)
    for remark in (*one.plan.remarks, *one.verdict.notes):
        yield f"note: {printable(remark)}"
    for sentence in (*one.unlisted, *one.verdict.undecided):
        yield f"unknown: {printable(sentence)}"
    for lockout in one.verdict.lockouts:
        kind = "lockout" if lockout.certain else "lockout unknown"
        yield click.style(f"{kind}: {printable(lockout.sentence(fold=True))}", fg="red", bold=True)
    yield click.style(tally(one.plan), bold=True)


def _markdown(one: Prepared) -> Iterator[str]:
    yield f"### {_escaped(_title(one))}\n"
    yield f"**{tally(one.plan)}**\n"
    for number, step in enumerate(one.plan.steps, 1):
        yield f"{number}. {verb(step)} {_escaped(step.subject)}"
        for change in step.changes:
            yield f"   - **{'gives' if change.gained else 'takes'}**: {_escaped(change.words)}"
        lines = list(_diff(step))
        if lines:
            yield "\n   ```diff\n" + "\n".join(f"   {line}" for line in lines) + "\n   ```\n"
    for kind, sentences in (
        ("Note", (*one.plan.remarks, *one.verdict.notes)),
        ("Unknown", (*one.unlisted, *one.verdict.undecided)),
        ("**Lockout**", [lockout.sentence() for lockout in one.verdict.lockouts if lockout.certain]),
        ("**Lockout unknown**", [lockout.sentence() for lockout in one.verdict.lockouts if not lockout.certain]),
    ):
        for sentence in sentences:
            yield f"> {kind}: {_escaped(sentence)}\n"


def _commands(one: Prepared) -> Iterator[str]:
    yield f"# {printable(_title(one))}"
    for step in one.plan.steps:
        yield aws_cli(step.operation, step.arguments)


def _data(one: Prepared) -> dict[str, Any]:
    return {
        **to_data(one.plan),
        "name": one.name,
        "caller": one.caller,
        "lockouts": [lockout.sentence() for lockout in one.verdict.lockouts],
        "locked_out": [
            {"principals": list(lockout.who), "certain": lockout.certain} for lockout in one.verdict.lockouts
        ],
        "undecided": [*one.unlisted, *one.verdict.undecided],
        "notes": list(one.verdict.notes),
    }


def _diff(step: Step) -> list[str]:
    after = step.arguments.get("PolicyDocument")
    if after is None and step.operation not in ("DeletePolicy", "DeletePolicyVersion"):
        return []
    old, new = (dumps(document) if document else "" for document in (step.before, after))
    return unified(old, new, step.subject.replace(" ", "-")).splitlines()


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!" else c for c in printable(text))
