"""Whether policies together do everything that another policy does, decided for all requests, however it is written."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from policygen.access.gained import Gain, gains
from policygen.access.plain_english import actions_in_words, scope_in_words
from policygen.errors import some
from policygen.evaluate import CompiledPolicy, Layers, allow_all, compile_policy
from policygen.policy.model import Policy, Statement

_NAMED = 5
"""How many lacking actions are named."""


class Lacking(NamedTuple):
    """What policies lack of another one."""

    statements: tuple[str, ...]
    """What is lacking of each statement of the other policy, in words."""
    unknown: tuple[str, ...]
    """Why it is not known whether something is, a sentence each."""


def lacking(held: Sequence[Policy], wanted: Policy) -> Lacking:
    """What the policies lack to allow all that `wanted` allows, and to deny all that it denies.

    Allows and Denies are looked at by themselves: a group that also denies something still has the Allow.
    """
    more, doubts = gains(Layers(tuple(_only(held, allows=True))), Layers(tuple(_only([wanted], allows=True))))
    fewer, others = gains(
        Layers((allow_all(), *_only([wanted], allows=False))), Layers((allow_all(), *_only(held, allows=False)))
    )
    said = (_in_words(gain, gain.statement.statement) for gain in (*more, *fewer) if gain.statement)
    return Lacking(tuple(said), tuple(dict.fromkeys((*doubts, *others))))


def _in_words(gain: Gain, statement: Statement) -> str:
    """The statement with only the actions that are lacking: `Allow iam:GetUser on every resource, if …`."""
    actions = actions_in_words(statement) if gain.everywhere or not gain.actions else some(gain.actions, _NAMED)
    return f"{statement.effect} {actions}{scope_in_words(statement)}"


def _only(policies: Sequence[Policy], *, allows: bool) -> Iterator[CompiledPolicy]:
    """The policies with their Allows alone, or with their Denies alone; IAM rejects a policy without statements."""
    for policy in policies:
        bodies = [statement.body for statement in policy.statements if statement.allows is allows]
        if bodies:
            yield compile_policy(replace(policy, document={**policy.document, "Statement": bodies}))
