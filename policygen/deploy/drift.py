"""Policies that are on a declared group without being declared, in words, the most dangerous first."""

from collections.abc import Iterable, Iterator
from enum import IntEnum, auto

from policygen.access.reach import Effects, Reached, full_access_entries, reached
from policygen.account.model import Document
from policygen.policy.model import Policy
from policygen.reference.effects import Effect


class _Danger(IntEnum):
    ADMINISTRATOR = auto()
    UNKNOWN = auto()
    POWER = auto()
    WRITE = auto()
    ALLOW = auto()
    LIMIT = auto()


_WORDS = {
    _Danger.ADMINISTRATOR: "makes its members administrators",
    _Danger.UNKNOWN: "is not in the account's details, so what it allows is not known",
    _Danger.POWER: "hands out permissions, shares resources or reads secrets, on all of them",
    _Danger.WRITE: "changes or deletes every resource of some type",
    _Danger.ALLOW: "gives its members permissions",
    _Danger.LIMIT: "only denies",
}


def worst_first(found: Iterable[tuple[Document | None, str]]) -> tuple[str, ...]:
    """A sentence for each policy, from its document (None if unknown) and where it is: `group All has the policy x`."""
    graded = sorted((_danger(document), where) for document, where in found)
    return tuple(f"{where}, which is not declared; it {_WORDS[danger]}" for danger, where in graded)


def _danger(document: Document | None) -> _Danger:
    if document is None:
        return _Danger.UNKNOWN
    policy = Policy(dict(document))
    if full_access_entries(policy):
        return _Danger.ADMINISTRATOR
    effects = {effect for one in reached(policy) for reach in (one.by_name, *_every(one)) for effect in reach}
    if effects & {Effect.PERMISSIONS, Effect.SHARES, Effect.SECRETS}:
        return _Danger.POWER
    if effects:
        return _Danger.WRITE
    return _Danger.ALLOW if any(statement.allows for statement in policy.statements) else _Danger.LIMIT


def _every(one: Reached) -> Iterator[Effects]:
    return (reach.every for reach in one.wildcards)
