"""Who can do something, for people and machines: grouped by the way in which they can."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from policygen.access.asked import Asked
from policygen.access.outsiders import Outsider
from policygen.access.plain_english import conditions_in_words, principals_in_words, resources_in_words
from policygen.access.subject import Subject
from policygen.access.way import Way
from policygen.access.who import Answer, Given
from policygen.account.model import Group, Role, User
from policygen.evaluate import Principal, PrincipalType, Request
from policygen.evaluate.known import odd_resource
from policygen.evaluate.request import owner_in
from policygen.policy.model import Kind, Policy, Statement
from policygen.policy.pattern import is_wild
from policygen.report import count, printable
from policygen.report.decision import request_as_json
from policygen.report.statement import dependencies, named, statement_as_json

_NAMED = 8
"""How many names of one kind a line lists."""
_NOBODY = Principal(PrincipalType.ANONYMOUS, "*")
_OUTSIDERS = {
    "account": "users and roles of account {name}, if their own policies allow it",
    "principal": "{name}, if its own policies allow it",
    "service": "the service {name}",
    "provider": "identities of {name}",
    "everyone": "everyone with credentials of any AWS account, if their own policies allow it",
    "anonymous": "everyone, even without credentials",
}
"""What each type of outsider is in words."""
_NOUNS = {"user": "users", "role": "roles", "outsider": "outsiders"}


def as_text(asked: Asked, answers: Sequence[Answer], notes: Sequence[str], *, every: bool) -> str:
    """The answers by way, the most common ways first; `every` names everybody instead of the first few."""
    can = [answer for answer in answers if answer.ways]
    unknown = [answer for answer in answers if answer.unknown]
    lines = [click.style(printable(_headline(asked, can, unknown)), bold=True)]
    for ways in _alike(can):
        lines += ["", *_way_in_words(asked, ways), *_through(ways, every)]
    if unknown:
        lines += ["", click.style("Unknown", fg="yellow", bold=True)]
        for reasons, members in _by_reason(unknown).items():
            lines += [f"  {printable(reason)}" for reason in reasons]
            lines += [f"    {line}" for line in _names([answer.who for answer in members], every)]
    return "\n".join([*lines, "", *map(printable, notes), ""])


def notes(asked: Asked, given: Given) -> list[str]:
    """What the answers do not consider, and what is odd about the question, a sentence each."""
    lacking = [name for name, levels in (("SCPs (`--scp`)", given.scps), ("RCPs (`--rcp`)", given.rcps)) if not levels]
    if given.resource is None:
        lacking.append("policies of the resource itself other than trust policies (`--resource-policy`)")
    lacking.append("root users, who can do everything that no SCP denies")
    odd = [
        odd_resource(Request(_NOBODY, action, resource))
        for action in asked.actions
        for resource in asked.resources
        if not is_wild(action)
    ]
    unowned = [arn for arn in asked.resources if arn != "*" and not owner_in(arn, "")]
    assumed = [f"assumed: `{arn}` belongs to the account of the snapshot (`--resource-account`)" for arn in unowned]
    return [
        *([] if given.owner else assumed),
        *(f"unlisted: {text}" for text in odd if text),
        f"not considered: {_listed(lacking, None)}",
    ]


def as_json(asked: Asked, answers: Sequence[Answer], notes: Sequence[str]) -> dict[str, Any]:
    """The answers as the JSON that scripts read: `schemas/who.schema.json`."""
    ways = list(dict.fromkeys(way for answer in answers for way, _ in answer.ways))
    number = {way: index for index, way in enumerate(ways)}
    return {
        "version": 1,
        "actions": list(asked.actions),
        "resources": list(asked.resources),
        "can": [
            {
                **_who(answer.who),
                "ways": [{"way": number[way], "request": request_as_json(request)} for way, request in answer.ways],
            }
            for answer in answers
            if answer.ways
        ],
        "unknown": [{**_who(answer.who), "reasons": list(answer.unknown)} for answer in answers if answer.unknown],
        "ways": [_way(asked, way) for way in ways],
        "notes": list(notes),
    }


def _who(who: Subject | Outsider) -> dict[str, Any]:
    if isinstance(who, Outsider):
        return {"type": who.type, "name": who.name, "arn": who.name if who.name.startswith("arn:") else None}
    found: dict[str, Any] = {"type": _kind(who), "name": who.entity.name, "arn": who.entity.arn}
    if isinstance(who.entity, Role):
        found["trusts"] = [
            {"principals": principals_in_words(statement), "conditions": conditions_in_words(statement) or None}
            for statement in _trusts(who.entity)
        ]
    return found


def _way(asked: Asked, way: Way) -> dict[str, Any]:
    within = asked.within(way.allow)
    return {
        **statement_as_json(way.allow),
        "attached_to": f"{type(way.held.holder).__name__.lower()}/{way.held.holder.name}" if way.held else None,
        "actions": list(within.actions),
        "resources": list(within.resources),
        "roles": list(way.roles),
        "denies": [statement_as_json(statement) for statement in way.denies],
        "limits": [statement_as_json(statement) for statement in way.limits],
        "beside": [statement_as_json(statement) for statement in way.beside],
    }


def _headline(asked: Asked, can: Sequence[Answer], unknown: Sequence[Answer]) -> str:
    what = " or ".join(f"`{action}`" for action in asked.actions)
    where = "" if asked.resources == ("*",) else f" on {' or '.join(f'`{resource}`' for resource in asked.resources)}"
    found = f"{_counted(can) or 'Nobody'} can {what}{where}"
    return found + (f"; it is unknown for {_counted(unknown)}" if unknown else "")


def _counted(answers: Sequence[Answer]) -> str:
    kinds = [_kind(answer.who) for answer in answers]
    counts = [count(kinds.count(kind), plural) for kind, plural in _NOUNS.items() if kind in kinds]
    return f"{', '.join(counts[:-1])} and {counts[-1]}" if len(counts) > 1 else "".join(counts)


def _kind(who: Subject | Outsider) -> str:
    if isinstance(who, Outsider):
        return "outsider"
    return "user" if isinstance(who.entity, User) else "role"


def _alike(can: Sequence[Answer]) -> list[Mapping[Way, list[Answer]]]:
    """The ways that differ only in where the policy is attached, each with its answers; the most common ones first."""
    found: dict[object, dict[Way, list[Answer]]] = {}
    for answer in can:
        for way, _ in answer.ways:
            alike = way.allow, way.denies, way.limits, way.beside, way.roles
            found.setdefault(alike, {}).setdefault(way, []).append(answer)
    return sorted(found.values(), key=lambda ways: -sum(map(len, ways.values())))


def _way_in_words(asked: Asked, ways: Mapping[Way, list[Answer]]) -> Iterator[str]:
    """What allows it, under which conditions, and what takes some of it back."""
    way = next(iter(ways))
    allow, within = way.allow.statement, asked.within(way.allow)
    on = "" if way.allow.policy.kind is Kind.TRUST else f" on {resources_in_words(allow)}"
    head = f"{named(way.allow)} allows {_listed(within.actions)}{on}"
    yield click.style(printable(head), fg="green")
    if way.roles:
        yield printable(f"  to assume the role {_listed([arn.partition(':role/')[2] for arn in way.roles])}")
    if conditions := conditions_in_words(allow):
        yield printable(f"  if {conditions}")
    yield from dependencies((way.limits, way.beside), way.denies)


def _through(ways: Mapping[Way, list[Answer]], every: bool) -> Iterator[str]:
    """Who can in these ways, by where the policy is attached."""
    for way, members in sorted(ways.items(), key=lambda found: -len(found[1])):
        holder = way.held.holder if way.held else None
        through = f"group {holder.name}: " if isinstance(holder, Group) else ""
        for line in _names([answer.who for answer in members], every):
            yield f"    {printable(through)}{line}"


def _names(people: Sequence[Subject | Outsider], every: bool) -> Iterator[str]:
    """A line of users, a line for each role with whom it trusts, and a line for each outsider."""
    if users := [who.entity.name for who in people if isinstance(who, Subject) and isinstance(who.entity, User)]:
        yield printable(f"{'users' if len(users) > 1 else 'user'} {_listed(users, None if every else _NAMED)}")
    others = [_other(who) for who in people if isinstance(who, Outsider) or isinstance(who.entity, Role)]
    for who in others if every else others[:_NAMED]:
        yield printable(who)
    if not every and len(others) > _NAMED:
        yield f"and {len(others) - _NAMED} more"


def _other(who: Subject | Outsider) -> str:
    if isinstance(who, Outsider):
        return _OUTSIDERS[who.type].format(name=who.name)
    if isinstance(who.entity, User):
        return f"user {who.entity.name}"
    trusts = "; ".join(
        principals_in_words(s) + (f", if {words}" if (words := conditions_in_words(s)) else "")
        for s in _trusts(who.entity)
    )
    return f"role {who.entity.name}, which trusts {trusts or 'nobody'}"


def _trusts(role: Role) -> list[Statement]:
    """The Allow statements of a role's trust policy."""
    policy = Policy(dict(role.trust), Kind.TRUST)
    return [statement for statement in policy.statements if statement.allows]


def _by_reason(unknown: Sequence[Answer]) -> Mapping[tuple[str, ...], list[Answer]]:
    found: dict[tuple[str, ...], list[Answer]] = {}
    for answer in unknown:
        found.setdefault(answer.unknown, []).append(answer)
    return found


def _listed(names: Sequence[str], most: int | None = 3) -> str:
    shown = names if most is None else names[:most]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
