"""Reports of comparisons: what policies newly allow, for people, scripts, pull requests and GitHub's annotations."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

import click

from policygen.access.danger import Danger
from policygen.access.gained import Change, Gain
from policygen.access.plain_english import actions_in_words, scope_in_words
from policygen.access.sessions import KINDS
from policygen.evaluate import CompiledStatement, Decision
from policygen.evaluate.compare import Comparison, Verdict
from policygen.reference.services import find_action
from policygen.report import count, decision, printable
from policygen.report.github import annotation
from policygen.report.markdown import code, prose

FORMATS = ("text", "json", "markdown", "github")
"""The formats of a comparison."""

_INDENT = 17
"""Columns before what a gain consists of."""
_SHOWN = 3
"""How many actions of one danger are named."""
_LARGEST = 59_000
"""Characters of the sections in Markdown: a comment on GitHub has at most 65,536."""
_WORDS = {Verdict.NONE: "no new access", Verdict.FOUND: "new access", Verdict.UNKNOWN: "unknown"}
_COLOUR = {Verdict.NONE: "green", Verdict.FOUND: "red", Verdict.UNKNOWN: "yellow"}
_DANGEROUS = ("everything", Danger.PERMISSIONS, Danger.SHARES, Danger.SECRETS, Danger.DELETES)
_IMPLIED = frozenset(
    f"aws:{key}"
    for key in ("principalarn", "principalaccount", "principaltype", "username", "userid", "resourceaccount")
)
"""The keys that follow from the principal and the resource."""


def render(changes: Sequence[Change], form: str, *, everything: bool = False) -> str:
    """The changes in one of FORMATS, with a final newline; with `everything`, text and Markdown name all actions."""
    if form == "json":
        return json.dumps(_data(changes), indent=2) + "\n"
    most = None if everything else _SHOWN
    lines = {"text": _text, "markdown": _markdown, "github": _github}[form](changes, most)
    return "\n".join(lines) + "\n"


def summary(changes: Sequence[Change]) -> str:
    """`new access in 1 of 3 policies, unknown in 1`."""
    if len(changes) == 1:
        return _WORDS[changes[0].verdict]
    counted = Counter(change.verdict for change in changes)
    said = [f"{_WORDS[v]} in {counted[v]}" for v in (Verdict.FOUND, Verdict.UNKNOWN) if counted[v]]
    of = f"{count(len(changes), 'comparisons')}"
    return f"{', '.join(said)} of {of}" if said else f"no new access in {of}"


def _text(changes: Sequence[Change], most: int | None) -> Iterator[str]:
    for change in changes:
        if change.verdict is not Verdict.NONE or change.lost or len(changes) == 1:
            yield from _change(change, most, named=len(changes) > 1)
    if len(changes) > 1:
        worst = changes[0].verdict if changes else Verdict.NONE
        yield click.style(summary(changes), fg=_COLOUR[worst], bold=True)


def _change(change: Change, most: int | None, *, named: bool) -> Iterator[str]:
    head = click.style(_WORDS[change.verdict], fg=_COLOUR[change.verdict], bold=True)
    yield f"{click.style(printable(change.name), bold=True)}: {head}" if named else head
    yield from details(change, most)
    if named or change.gains or change.lost or change.unknown:
        yield ""


def details(change: Change, most: int | None = _SHOWN, *, examples: bool = True) -> Iterator[str]:
    """Lines for a terminal: what is gained, what is lost, and what is not known; a request as an example of each."""
    for gain in change.gains:
        yield from _cause_in_lines(gain, "+", "red")
        yield from _actions(gain, most) if most else _every_action(gain, change)
        yield from _example(gain.example) if examples else ()
    for gain in change.lost:
        yield from _cause_in_lines(gain, "-", "green")
        yield from _actions(gain, most)
        yield from _example(gain.example) if examples else ()
    for reason in change.unknown:
        yield from _wrapped(f"? {printable(reason)}", "  ", "    ")
    if change.verdict is Verdict.UNKNOWN and examples:
        yield from _example(change.result)


def _cause_in_lines(gain: Gain, sign: str, colour: str) -> Iterator[str]:
    for line in _wrapped(f"{sign} {printable(cause(gain, lost=sign == '-'))}", "  ", "    "):
        yield click.style(line, fg=colour)


def _rows(gain: Gain, most: int | None) -> Iterator[tuple[str, str]]:
    """What is gained: a label and the actions, the most dangerous first."""
    if gain.everywhere and gain.statement:
        yield "everything", f"{actions_in_words(gain.statement.statement)}, in every service"
    for kind, actions in gain.by_danger().items():
        yield str(kind), _named(actions, most)
    if gain.others and not gain.everywhere:
        yield "and", "actions that AWS does not list (yet)"


def _actions(gain: Gain, most: int | None) -> Iterator[str]:
    for label, text in _rows(gain, most):
        yield from labelled(label, printable(text))


def _every_action(gain: Gain, change: Change) -> Iterator[str]:
    """A line for each action: the sessions that gain it, and the types of its resources."""
    width = max(map(len, gain.actions), default=0)
    for label, text in _rows(gain, None):
        for action in gain.by_danger().get(Danger(label), ()) if label in list(Danger) else ():
            sessions = sessions_in_words(change.sessions.get(action, ()))
            yield f"    {_label(label)}  {printable(action):{width}}  {sessions}  {_types(action)}"
        if label not in list(Danger):
            yield from labelled(label, printable(text))


def _example(comparison: Comparison) -> Iterator[str]:
    if comparison.shown:
        yield from labelled("such as", printable(in_short(comparison.shown[1])))


def labelled(label: str, text: str) -> Iterator[str]:
    """A text behind a label, in as many lines for a terminal as it needs."""
    first, *others = _wrapped(text, " " * _INDENT, " " * _INDENT)
    yield f"    {_label(label)}  {first.strip()}"
    yield from others


def _label(label: str) -> str:
    return click.style(f"{label:{_INDENT - 6}}", bold=label in _DANGEROUS)


def cause(gain: Gain, *, lost: bool = False) -> str:
    """The statement behind a gain, in words: `now allowed by new.json:4:5 Reports on arn:…, if …`."""
    now, no_longer = ("no longer", "now") if lost else ("now", "no longer")
    if gain.statement is None:
        return f"{now} allowed: {gain.example.shown[1].reason}" if gain.example.shown else f"{now} allowed"
    verb = f"{no_longer} denied" if gain.denied else f"{now} allowed"
    words = f"{verb} by {place(gain.statement)}{scope_in_words(gain.statement.statement)}"
    return words + (f"; {'afterwards' if lost else 'before'}: {gain.before}" if gain.before else "")


def place(statement: CompiledStatement) -> str:
    """`file:line:column Sid`; the pointer in a policy that is not from a file."""
    return " ".join(filter(None, (decision.place(statement), statement.sid)))


def in_short(decision_: Decision) -> str:
    """The request: `s3:GetObject on arn:… by arn:…, with aws:SourceIp = 203.0.113.1`.

    Keys that follow from the principal or the resource, or that no condition is about, are left out.
    """
    request, spelled = decision_.request, _spelled(decision_)
    keys = [
        f"{spelled[key]} = {value if isinstance(value, str) else list(value)}"
        for key, value in request.context.items()
        if key in spelled and key not in _IMPLIED
    ]
    who = request.principal.arn or "anyone"
    return f"{request.action} on {request.resource} by {who}" + (f", with {', '.join(keys)}" if keys else "")


def _spelled(decision_: Decision) -> dict[str, str]:
    """Condition keys in lower case → as the policies write them."""
    statements = (s.statement for _, policy in decision_.layers.named() for s in policy.statements)
    return {condition.key.lower(): condition.key for statement in statements for condition in statement.conditions}


def sessions_in_words(sessions: Sequence[str]) -> str:
    """The kinds of sessions that gain an action."""
    if len(sessions) == len(KINDS):
        return "every session"
    return " or ".join(sessions) or "session unknown"


def _types(name: str) -> str:
    """The types of resources that an action applies to: `bucket, object`, or `*`."""
    action = find_action(name)
    return _named(action.resource_types, _SHOWN) if action and action.resource_types else "*"


def _named(actions: Sequence[str], most: int | None) -> str:
    more = f" and {len(actions) - most} more" if most and len(actions) > most else ""
    return ", ".join(map(printable, actions[:most])) + more


def _wrapped(text: str, first: str, others: str) -> Iterator[str]:
    width = max(60, get_terminal_size().columns)
    lines = wrap(
        text, width, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )
    return iter(lines or [first])


def _data(changes: Sequence[Change]) -> dict[str, Any]:
    worst = changes[0].verdict if changes else Verdict.NONE
    counted = Counter(str(change.verdict) for change in changes)
    return {
        "version": 1,
        "verdict": str(worst),
        "comparisons": [_entry(change) for change in changes],
        "summary": {str(verdict): counted[str(verdict)] for verdict in Verdict},
    }


def gained_as_data(change: Change) -> dict[str, Any]:
    """What is gained and lost, and what is not known, as JSON."""
    return {
        "gained": [_gain_as_data(gain) for gain in change.gains],
        "lost": [_gain_as_data(gain, lost=True) for gain in change.lost],
        "unknown": list(change.unknown),
    }


def _entry(change: Change) -> dict[str, Any]:
    result = change.result
    shown = map(decision.as_json, result.shown or ())
    return {
        "name": change.name,
        "verdict": str(change.verdict),
        "kind": str(result.kind) if result.kind else None,
        "reason": result.reason,
        "note": result.note,
        "on_top_of_allow_all": result.on_allow_all,
        "witness": decision.request_as_json(result.witness) if result.witness else None,
        **dict(zip(("old", "new"), shown, strict=False)),
        **gained_as_data(change),
        **({"sessions": {action: list(kinds) for action, kinds in change.sessions.items()}} if change.sessions else {}),
    }


def _gain_as_data(gain: Gain, *, lost: bool = False) -> dict[str, Any]:
    statement = gain.statement
    span = statement.policy.span(statement.pointer) if statement else None
    return {
        "policy": (statement.policy.name or statement.policy.file) if statement else None,
        "pointer": statement.pointer if statement else None,
        "sid": (statement.sid or None) if statement else None,
        "effect": statement.statement.effect if statement else None,
        "line": span.line if span else None,
        "words": cause(gain, lost=lost),
        "actions": {str(kind): actions for kind, actions in gain.by_danger().items()},
        "everywhere": gain.everywhere,
        "others": gain.others,
        "witness": decision.request_as_json(gain.witness) if gain.witness else None,
    }


def _markdown(changes: Sequence[Change], most: int | None) -> Iterator[str]:
    yield f"**{summary(changes)}**"
    left = _LARGEST
    concerned = [change for change in changes if change.verdict is not Verdict.NONE or change.lost]
    for index, change in enumerate(concerned):
        section = "\n".join(_section(change, most))
        left -= len(section) + 1
        if left < 0:
            yield f"\n… and {len(concerned) - index} more; `--format text` and `json` have them all."
            return
        yield section


def _section(change: Change, most: int | None) -> Iterator[str]:
    actions = sum(len(gain.actions) for gain in change.gains)
    more = f": {count(actions, 'actions')}" if actions else ""
    name = f"{code(change.name)}: " if change.name else ""
    yield f"\n<details><summary>{name}{_WORDS[change.verdict]}{more}</summary>\n"
    yield from table(change, most)
    yield "\n</details>"


def table(change: Change, most: int | None = _SHOWN, *, examples: bool = True) -> Iterator[str]:
    """Markdown: a table of what is gained, one of what is lost, and what is not known."""
    for title, found in (("Now allowed", change.gains), ("No longer allowed", change.lost)):
        if found:
            yield f"| {title} | actions |{' for example |' if examples else ''}\n|---|---|{'---|' if examples else ''}"
            for gain in found:
                actions = "<br>".join(f"{label}: {prose(text)}" for label, text in _rows(gain, most))
                row = f"| {prose(cause(gain, lost=found is change.lost))} | {actions} |"
                shown = gain.example.shown
                yield row + (f" {code(in_short(shown[1])) if shown else ''} |" if examples else "")
            yield ""
    yield from (f"- unknown: {prose(reason)}" for reason in change.unknown)


def _github(changes: Sequence[Change], most: int | None) -> Iterator[str]:
    for change in changes:
        for gain in change.gains:
            said = "; ".join(f"{label}: {text}" for label, text in _rows(gain, most))
            yield annotation("error", f"{cause(gain)}: {said}", {**_where(gain), "title": "new access"})
        for reason in change.unknown:
            yield annotation("warning", f"{change.name}: {reason}", {"title": "unknown access"})
    yield summary(changes)


def _where(gain: Gain) -> dict[str, str | int]:
    """The place of an Allow of NEW; a Deny that is gone has no line in NEW."""
    statement = gain.statement
    if statement is None or not statement.policy.file:
        return {}
    span = statement.policy.span(statement.pointer)
    return {"file": statement.policy.file} | (
        {"line": span.line, "col": span.column} if span and not gain.denied else {}
    )
