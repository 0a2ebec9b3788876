"""A plan for people: on a terminal, in a pull request, or as the equivalent AWS CLI commands."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import click

from policygen.deploy.effects import Effect
from policygen.deploy.judged_plan import JudgedPlan
from policygen.deploy.net_effect import NetEffect
from policygen.deploy.operations import Step
from policygen.deploy.plan import Plan
from policygen.deploy.planfile import to_data
from policygen.deploy.record import Owned
from policygen.diff import unified
from policygen.policy.canonical import dumps
from policygen.report import printable
from policygen.report.comparison import details, gained_as_data, table

FORMATS = ("text", "json", "markdown", "aws-cli")
"""The formats of a plan."""

_NAMED = 3
"""How many users and roles are named where a net effect is the same for several."""
_TOO_MANY = "not compared, since too many users and roles have different policies"


def render(prepared: Iterable[JudgedPlan], output_format: str) -> str:
    """The plans in one of FORMATS, with a final newline."""
    if output_format == "json":
        return (
            json.dumps({"version": 1, "plans": [_data(one) for one in prepared]}, indent=2, ensure_ascii=False) + "\n"
        )
    parts = {"text": _text, "markdown": _markdown, "aws-cli": _commands}[output_format]
    return "\n".join("\n".join(parts(one)) + "\n" for one in prepared)


def tally(one: JudgedPlan) -> str:
    """The number of steps, and how many grant or remove rights, have an unknown effect, or add members."""
    plan, found = one.plan, [effect for effect in one.effects if effect]
    if not plan.steps:
        return "nothing to do"
    counted = (
        (sum(bool(effect.gives) for effect in found), "gives rights", "give rights"),
        (sum(bool(effect.takes) for effect in found), "takes rights", "take rights"),
        (sum(bool(effect.unknown) for effect in found), "of unknown effect", "of unknown effect"),
        (_calls(plan, "AddUserToGroup"), "adds a member", "add members"),
        (_calls(plan, "RemoveUserFromGroup"), "removes a member", "remove members"),
    )
    tail = ", ".join(_count(*one) for one in counted if one[0])
    return _count(len(plan.steps), "step", "steps") + (f": {tail}" if tail else "")


def _calls(plan: Plan, operation: str) -> int:
    return sum(step.operation == operation for step in plan.steps)


def taken_over(owned: Owned) -> str:
    """What policygen owns in an account, counted."""
    groups = owned.groups.values()
    policies = sum(len(group.inline) + len(group.attached) for group in groups)
    members = sum(len(group.members) for group in groups)
    return f"owns {_count(policies, 'policy', 'policies')} and {_count(members, 'member', 'members')} in " + _count(
        len(groups), "group", "groups"
    )


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def _title(one: JudgedPlan) -> str:
    plan = one.plan
    name = "" if one.name == plan.desired.account else f" ({one.name})"
    caller = f", as {one.caller}" if one.caller else ""
    return f"account {plan.desired.account}{name}, partition {plan.desired.partition}{caller}"


def _text(one: JudgedPlan) -> Iterator[str]:
    yield click.style(printable(_title(one)), bold=True)
    for number, step in enumerate(one.plan.steps, 1):
        yield f"{number:>3}. {step.verb} {printable(step.subject)}"
        for change in step.changes:
            yield f"     {printable(change.words)}"
        for sign, words in _effect_in_words(one, number):
            # red for what grants rights: that is what a reviewer must not miss
            yield click.style(f"     {sign} {printable(words)}", fg={"+": "red", "-": "green", "?": "yellow"}.get(sign))
        for line in _diff(step):
            yield click.style(f"       {printable(line)}", dim=True)
    for effect in one.net:
        yield click.style(f"net effect on {_people(effect)}:", bold=True)
        yield from details(effect.change, examples=False) if effect.change else [f"  ? {_TOO_MANY}"]
    for sentence in one.plan.drift:
        yield click.style(f"drift: {printable(sentence)}", fg="red")
    for remark in (*one.plan.strangers, *one.plan.remarks, *one.verdict.notes, *one.not_applied):
        yield f"note: {printable(remark)}"
    for sentence in (*one.unlisted, *one.verdict.undecided):
        yield f"unknown: {printable(sentence)}"
    for lockout in one.verdict.lockouts:
        kind = "lockout" if lockout.certain else "lockout unknown"
        yield click.style(f"{kind}: {printable(lockout.sentence(fold=True))}", fg="red", bold=True)
    yield click.style(tally(one), bold=True)


def _people(effect: NetEffect) -> str:
    """`user/alice, user/bob and 12 more`."""
    more = f" and {len(effect.who) - _NAMED} more" if len(effect.who) > _NAMED else ""
    return printable(", ".join(effect.who[:_NAMED])) + more


def _effect_in_words(one: JudgedPlan, number: int) -> Iterator[tuple[str, str]]:
    """A sign and a sentence for each effect of a step on somebody's rights."""
    effect = one.effects[number - 1]
    if effect is None:
        return
    if effect.gives:
        yield "+", f"gives rights, such as {effect.gives}"
    if effect.takes:
        yield "-", f"takes rights, such as {effect.takes}"
    if effect.unknown:
        yield "?", f"what it gives and takes is not fully known: {effect.unknown}"
    if effect == Effect():
        yield "=", "gives and takes nothing"


def _markdown(one: JudgedPlan) -> Iterator[str]:
    yield f"### {_escaped(_title(one))}\n"
    yield f"**{tally(one)}**\n"
    for number, step in enumerate(one.plan.steps, 1):
        yield f"{number}. {step.verb} {_escaped(step.subject)}"
        for change in step.changes:
            yield f"   - {_escaped(change.words)}"
        for _, words in _effect_in_words(one, number):
            yield f"   - **{_escaped(words)}**"
        lines = list(_diff(step))
        if lines:
            yield "\n   ```diff\n" + "\n".join(f"   {line}" for line in lines) + "\n   ```\n"
    for effect in one.net:
        yield f"\n<details><summary>Net effect on {_escaped(_people(effect))}</summary>\n"
        yield from table(effect.change, examples=False) if effect.change else [f"- unknown: {_TOO_MANY}"]
        yield "\n</details>\n"
    for kind, sentences in (
        ("**Drift**", one.plan.drift),
        ("Note", (*one.plan.strangers, *one.plan.remarks, *one.verdict.notes, *one.not_applied)),
        ("Unknown", (*one.unlisted, *one.verdict.undecided)),
        ("**Lockout**", [lockout.sentence() for lockout in one.verdict.lockouts if lockout.certain]),
        ("**Lockout unknown**", [lockout.sentence() for lockout in one.verdict.lockouts if not lockout.certain]),
    ):
        for sentence in sentences:
            yield f"> {kind}: {_escaped(sentence)}\n"


def _commands(one: JudgedPlan) -> Iterator[str]:
    yield f"# {printable(_title(one))}"
    for step in one.plan.steps:
        yield step.command


def _data(one: JudgedPlan) -> dict[str, Any]:
    return {
        **to_data(one.plan),
        "effects": [asdict(effect) if effect else None for effect in one.effects],
        "net": [
            {
                "principals": list(effect.who),
                **(gained_as_data(effect.change) if effect.change else {"unknown": [_TOO_MANY]}),
            }
            for effect in one.net
        ],
        "name": one.name,
        "caller": one.caller,
        "lockouts": [lockout.sentence() for lockout in one.verdict.lockouts],
        "locked_out": [
            {"principals": list(lockout.who), "certain": lockout.certain} for lockout in one.verdict.lockouts
        ],
        "undecided": [*one.unlisted, *one.verdict.undecided],
        "notes": [*one.verdict.notes, *one.not_applied],
    }


def _diff(step: Step) -> list[str]:
    after = step.arguments.get("PolicyDocument")
    if after is None and step.operation not in ("DeletePolicy", "DeletePolicyVersion"):
        return []
    old, new = (dumps(document) if document else "" for document in (step.before, after))
    return unified(old, new, step.subject.replace(" ", "-")).splitlines()


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!" else c for c in printable(text))
