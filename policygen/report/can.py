"""What a principal can do, for people and machines: by the statements that allow it, by service and access level."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from policygen.access.can import Ability, Deciding, Result
from policygen.access.plain_english import conditions_in_words, resources_in_words
from policygen.account.model import Entity, Group
from policygen.evaluate import CompiledStatement
from policygen.reference.services import AccessLevel, actions, find_action
from policygen.report import count, printable
from policygen.report.decision import request_as_json
from policygen.report.statement import dependencies, named, statement_as_json

_LEVELS = (
    *(AccessLevel.PERMISSIONS_MANAGEMENT, AccessLevel.WRITE, AccessLevel.TAGGING, AccessLevel.READ, AccessLevel.LIST),
    "Unlisted",
)
"""The access levels, the most powerful first; the last one is of actions that AWS's data does not list."""
_NAMED, _SERVICES = 3, 12
"""How many actions of a level, and how many services, are named unless all are wanted."""


def as_text(holder: Entity, abilities: Sequence[Ability], notes: Sequence[str], *, every: bool) -> str:
    """What it can do, what the boundary and the SCPs take away, and what is not known; `every` names every action."""
    lines = [click.style(printable(_headline(holder, abilities)), bold=True)]
    for by, alike in _grouped(abilities, Result.CAN).items():
        lines += ["", *_scope(by), *_by_service(alike, every)]
    for result, title in ((Result.TAKEN_AWAY, "Taken away by {}"), (Result.UNKNOWN, "Unknown: {}")):
        found = [ability for ability in abilities if ability.result is result]
        for reason in dict.fromkeys(ability.reason for ability in found):
            lines += ["", click.style(printable(title.format(reason)), fg="yellow")]
            lines += _by_service([ability for ability in found if ability.reason == reason], every)
    return "\n".join([*lines, "", *map(printable, notes), ""])


def notes(*, scps: bool) -> list[str]:
    """What the abilities do not consider, as sentences; `scps` says whether SCPs are considered."""
    lacking = [
        *([] if scps else ["SCPs (`--scp`)"]),
        "RCPs",
        "policies of resources",
        "what the roles that it assumes can do",
    ]
    return [f"not considered: {', '.join(lacking)}"]


def as_json(holder: Entity, abilities: Sequence[Ability], notes: Sequence[str]) -> dict[str, Any]:
    """The abilities as the JSON that scripts read: `schemas/can.schema.json`."""
    return {
        "version": 1,
        "principal": holder.arn,
        "abilities": [
            {
                "result": str(ability.result),
                "service": ability.service,
                "actions": _levels(ability.actions),
                "allows": [_allow(statement) for statement in ability.by.allows],
                "denies": [statement_as_json(statement) for statement in ability.by.denies],
                "limits": [statement_as_json(statement) for statement in ability.by.limits],
                "request": request_as_json(ability.request) if ability.request else None,
                "reason": ability.reason or None,
            }
            for ability in abilities
        ],
        "notes": list(notes),
    }


def _allow(statement: CompiledStatement) -> dict[str, Any]:
    of = statement.statement
    return {
        **statement_as_json(statement),
        "resources": list(of.resource_texts),
        "not_resources": list(of.not_resource_texts),
    }


def _headline(holder: Entity, abilities: Sequence[Ability]) -> str:
    who = f"{type(holder).__name__.lower()} {holder.name}"
    who = f"a member of the group {holder.name}" if isinstance(holder, Group) else who
    can = [ability for ability in abilities if ability.result is Result.CAN]
    if not can:
        unknown = any(ability.result is Result.UNKNOWN for ability in abilities)
        return f"it is unknown whether {who} can do anything" if unknown else f"{who} can do nothing"
    number = sum(len(ability.actions) for ability in can)
    return f"{who} can perform {count(number, 'actions')} of {count(len({a.service for a in can}), 'services')}"


def _grouped(abilities: Sequence[Ability], result: Result) -> Mapping[Deciding, list[Ability]]:
    found: dict[Deciding, list[Ability]] = {}
    for ability in abilities:
        if ability.result is result:
            found.setdefault(ability.by, []).append(ability)
    return found


def _scope(by: Deciding) -> Iterator[str]:
    """On which resources and under which conditions, and by which statements."""
    for statement in by.allows:
        conditions = conditions_in_words(statement.statement)
        on = resources_in_words(statement.statement) + (f", if {conditions}" if conditions else "")
        yield click.style(printable(f"on {on} ({named(statement)})"), fg="green")
    yield from dependencies((by.limits,), by.denies)


def _by_service(abilities: Sequence[Ability], every: bool) -> Iterator[str]:
    """A line for each service; services of which all actions are included share one line if there are many."""
    found: dict[str, list[str]] = {}
    for ability in abilities:
        found.setdefault(ability.service, []).extend(ability.actions)
    whole = [service for service, names in found.items() if len(names) >= len(actions(service)) > 0]
    if len(whole) > _SERVICES and not every:
        yield f"    every action of {len(whole)} services, such as {', '.join(whole[:_NAMED])}"
        found = {service: names for service, names in found.items() if service not in whole}
    for service, names in found.items():
        levels = {level: [name.partition(":")[2] for name in listed] for level, listed in _levels(names).items()}
        if every:
            yield printable(f"    {service}")
            for level, listed in levels.items():
                text = f"{level} {len(listed)}: {', '.join(listed)}"
                yield from textwrap.wrap(printable(text), 110, initial_indent=" " * 6, subsequent_indent=" " * 8)
        else:
            counts = [
                f"{level} {len(listed)}" + (f" ({', '.join(listed)})" if len(listed) <= _NAMED else "")
                for level, listed in levels.items()
            ]
            yield printable(f"    {service:16} {' · '.join(counts)}")


def _levels(names: Sequence[str]) -> dict[str, list[str]]:
    """The actions by access level, the most powerful level first."""
    found: dict[str, list[str]] = {str(level): [] for level in _LEVELS}
    for name in names:
        action = find_action(name)
        found[str(action.level) if action else _LEVELS[-1]].append(name)
    return {level: listed for level, listed in found.items() if listed}
