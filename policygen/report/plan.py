"""A plan for people: on a terminal, in a pull request, or as the equivalent AWS CLI commands."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
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
LONGEST = 60_000
"""Characters of Markdown: GitHub's limit for a comment is 65,536 (GitHub REST API, issue comments, 2026-11)."""

_NAMED = 3
"""How many users and roles are named where a net effect is the same for several."""
_TOO_MANY = "not compared, since too many users and roles have different policies"


def render(prepared: Sequence[JudgedPlan], output_format: str, *, brief: bool = False) -> str:
    """The plans in one of FORMATS, with a final newline; `brief` leaves out the steps for people."""
    if output_format == "json":
        data = {"version": 1, "plans": [_data(one) for one in prepared]}
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if output_format == "aws-cli":
        return "\n".join("\n".join(_commands(one)) + "\n" for one in prepared)
    if output_format == "markdown":
        return _fitting(prepared, brief=brief)
    parts = [
        *("\n".join((*titles, *body)) + "\n" for titles, body in _alike(prepared, partial(_text, brief=brief))),
        *([click.style(_total(prepared), bold=True) + "\n"] if len(prepared) > 1 else []),
    ]
    return "\n".join(parts)


def _alike(
    prepared: Sequence[JudgedPlan], body: Callable[[JudgedPlan], Iterable[str]]
) -> Iterator[tuple[list[str], list[str]]]:
    """The titles of accounts with the same plan but for their ids, and what to tell about it, once."""
    alike: dict[str, tuple[list[str], list[str]]] = {}
    for one in prepared:
        lines = list(body(one))
        key = "\n".join(lines).replace(one.plan.desired.account, "ACCOUNT")
        alike.setdefault(key, ([], lines))[0].append(click.style(printable(_title(one)), bold=True))
    yield from alike.values()


def _total(prepared: Sequence[JudgedPlan]) -> str:
    steps = sum(len(one.plan.steps) for one in prepared)
    changed = sum(bool(one.plan.steps) for one in prepared)
    what = f"{_count(steps, 'step', 'steps')} in {changed} of them" if steps else "nothing to do"
    return f"{_count(len(prepared), 'account', 'accounts')}: {what}"


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


def _text(one: JudgedPlan, *, brief: bool) -> Iterator[str]:
    for number, step in enumerate(() if brief else one.plan.steps, 1):
        yield f"{number:>3}. {step.verb} {printable(step.subject)}"
        for change in step.changes:
            yield f"     {printable(change.words)}"
        for sign, words in _effect_in_words(one, number):
            # red for what grants rights: that is what a reviewer must not miss
            yield click.style(f"     {sign} {printable(words)}", fg={"+": "red", "-": "green", "?": "yellow"}.get(sign))
        for line in _diff(step):
            yield click.style(f"       {printable(line)}", dim=True)
    for effect in () if brief else one.net:
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


def _fitting(prepared: Sequence[JudgedPlan], *, brief: bool) -> str:
    """Markdown in as much detail as fits into a comment: with diffs, without them, or without steps."""
    texts = (
        _page(prepared, diffs=diffs, brief=short) for diffs, short in ((True, brief), (False, brief), (False, True))
    )
    text = ""
    for text in texts:
        if len(text) <= LONGEST:
            return text
    cut = max(text.rfind("\n", 0, LONGEST - 200), 0)
    return (
        f"{text[:cut]}\n\n**This is cut off: the plan is too long for a comment. `policygen plan` shows all of it.**\n"
    )


def _page(prepared: Sequence[JudgedPlan], *, diffs: bool, brief: bool) -> str:
    parts = [f"## {_total(prepared)}\n"] if len(prepared) > 1 else []
    for titles, body in _alike(prepared, partial(_markdown, diffs=diffs, brief=brief)):
        heads = "\n".join(f"### {_escaped(click.unstyle(title))}" for title in titles)
        parts.append(f"{heads}\n\n" + "\n".join(body) + "\n")
    return "\n".join(parts)


def _markdown(one: JudgedPlan, *, diffs: bool, brief: bool) -> Iterator[str]:
    yield f"**{tally(one)}**\n"
    if one.plan.steps and not brief:
        yield "<details><summary>Steps</summary>\n"
        yield from _steps_in_markdown(one, diffs=diffs)
        yield "\n</details>\n"
    for effect in () if brief else one.net:
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


def _steps_in_markdown(one: JudgedPlan, *, diffs: bool) -> Iterator[str]:
    for number, step in enumerate(one.plan.steps, 1):
        yield f"{number}. {step.verb} {_escaped(step.subject)}"
        for change in step.changes:
            yield f"   - {_escaped(change.words)}"
        for _, words in _effect_in_words(one, number):
            yield f"   - **{_escaped(words)}**"
        lines = list(_diff(step)) if diffs else []
        if lines:
            yield "\n   ```diff\n" + "\n".join(f"   {line}" for line in lines) + "\n   ```\n"


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
