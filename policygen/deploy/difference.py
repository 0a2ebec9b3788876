"""What a change of a policy gives and takes, statement by statement, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policygen.access.plain_english import describe
from policygen.account.model import Document
from policygen.policy.meaning import as_text, listed, normal_entries, normal_statement
from policygen.policy.model import Policy, Statement


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the people affected gain or lose."""

    gained: bool
    denial: bool
    """Whether it is a Deny statement that is added or removed."""
    words: str


def changes(before: Document | None, after: Document | None) -> list[Change]:
    """What is lost and gained when one document replaces another; None if there is none."""
    old, new = _by_meaning(before), _by_meaning(after)
    gone = [statement for key, statement in old.items() if key not in new]
    come = [statement for key, statement in new.items() if key not in old]
    found: list[Change] = []
    for was, now in _pairs(gone, come):
        found += _changed(was, now)
    versions = [document.get("Version", "2008-10-17") for document in (before, after) if document]
    if len(set(versions)) > 1:
        found.append(
            Change(gained=True, denial=True, words=f"the language version is {versions[1]}, not {versions[0]}")
        )
    return found


def has_deny(document: Document) -> bool:
    """Whether a document has a Deny statement."""
    return any(statement.effect != "Allow" for statement in Policy(dict(document)).statements)


def _pairs(gone: list[Statement], come: list[Statement]) -> Iterator[tuple[Statement | None, Statement | None]]:
    """Pair old and new forms of a statement: those with the same Sid, or that differ in one element only."""
    left = list(come)
    for was in gone:
        now = next((s for s in left if s.sid == was.sid and (s.sid or _only_difference(was, s))), None)
        if now:
            left.remove(now)
        yield was, now
    for now in left:
        yield None, now


def _changed(was: Statement | None, now: Statement | None) -> list[Change]:
    if was and now and (element := _only_difference(was, now)):
        before, after = (listed(statement.body[element]) for statement in (was, now))
        lost, gained = _without(before, after, element), _without(after, before, element)
        parts = ((was, lost, False), (now, gained, True))
        return [_change(Statement(s.body | {element: values}, s.pointer), came) for s, values, came in parts if values]
    return [_change(statement, came) for statement, came in ((was, False), (now, True)) if statement]


def _change(statement: Statement, came: bool) -> Change:
    words, denial = describe(statement), not statement.allows
    words = words[0].lower() + words[1:]
    return Change(came is not denial, denial, words if came else f"no longer {words}")


def _only_difference(was: Statement, now: Statement) -> str:
    """`Action` or `Resource` if two statements differ in nothing else; otherwise ""."""
    left, right = (normal_statement(one.body, typed=True) for one in (was, now))
    differing = [key for key in left.keys() | right.keys() if left.get(key) != right.get(key)]
    return differing[0] if len(differing) == 1 and differing[0] in ("Action", "Resource") else ""


def _by_meaning(document: Document | None) -> dict[str, Statement]:
    statements = Policy(dict(document)).statements if document else ()
    return {as_text(normal_statement(statement.body, sid=False, typed=True)): statement for statement in statements}


def _without(values: list[Any], others: list[Any], element: str) -> list[Any]:
    """The values that are not among the others; the case of actions is ignored."""
    known = set(normal_entries(element, others))
    return [value for value in values if not known.issuperset(normal_entries(element, [value]))]
