"""What each step of a plan gives and takes, decided by comparing rights before and after it, not texts."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache

from policygen.account.model import Account, Document
from policygen.account.plan import Plan
from policygen.account.rights import Held, Rights
from policygen.account.state import State, advance
from policygen.evaluate import CompiledPolicy, compile_policy
from policygen.policy.model import Kind, Policy

_ANY_ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Effect:
    """What a step changes about the rights of the groups that it is about, or of whoever else has the policy."""

    gives: str = ""
    """A request that is allowed afterwards and was not: `iam:ChangePassword` on an ARN; "" if there is none."""
    takes: str = ""
    """A request that was allowed and is not any more; "" if there is none."""
    unknown: str = ""
    """Why one or the other is not known; "" if both are."""


def effects(plan: Plan, account: Account) -> tuple[Effect | None, ...]:
    """The effect of each step; None for a step that changes no policy of anybody."""
    state = deepcopy(plan.observed)
    found: list[Effect | None] = []
    for step in plan.steps:
        after = deepcopy(state)
        advance(after, step.operation, step.arguments)
        found.append(_effect(_concerned(account, state, after), plan.desired.account))
        state = after
    return tuple(found)


def _concerned(account: Account, before: State, after: State) -> Iterator[tuple[Held, Held]]:
    """What each group holds before and after, where that differs; and a policy that others than groups hold."""
    rights = Rights(account, before), Rights(account, after)
    for name in sorted(before["groups"].keys() | after["groups"].keys()):
        old, new = (one.of_group(name) if name in one.state["groups"] else Held(()) for one in rights)
        if old != new:
            yield old, new
    for arn in sorted(before["policies"].keys() & after["policies"].keys()):
        documents = [one.document(arn) for one in rights]
        others = any(not holder.startswith("group/") for holder in after["policies"][arn]["holders"])
        if others and documents[0] != documents[1]:
            former, latter = (Held((_compiled(document, arn),)) for document in documents if document)
            yield former, latter


def _compiled(document: Document, arn: str) -> CompiledPolicy:
    return compile_policy(Policy(dict(document), Kind.IDENTITY, name=arn))


def _effect(concerned: Iterator[tuple[Held, Held]], account: str) -> Effect | None:
    effect = None
    for before, after in concerned:
        unread = "; ".join(dict.fromkeys((*before.unread, *after.unread)))
        gives, doubt = _more(before.policies, after.policies, account)
        takes, doubts = _more(after.policies, before.policies, account)
        known = effect or Effect()
        effect = Effect(known.gives or gives, known.takes or takes, known.unknown or unread or doubt or doubts)
    return effect


def _more(before: Sequence[CompiledPolicy], after: Sequence[CompiledPolicy], account: str) -> tuple[str, str]:
    """A request that the policies allow afterwards and not before, and why it is not known whether there is one."""
    old, new = (tuple(_text(policy, account) for policy in side) for side in (before, after))
    request, doubt = _compared(old, new)
    return request.replace(_ANY_ACCOUNT, account), doubt


def _text(policy: CompiledPolicy, account: str) -> str:
    """The document as if it were for any account, so that those of many accounts are compared once."""
    return json.dumps(policy.policy.document, sort_keys=True).replace(account, _ANY_ACCOUNT)


@lru_cache(maxsize=1024)
def _compared(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, str]:
    from policygen.evaluate.compare import Verdict, new_access

    sides = (tuple(compile_policy(Policy(json.loads(text), Kind.IDENTITY)) for text in side) for side in (old, new))
    found = new_access(*sides)
    if found.verdict is Verdict.FOUND and found.witness:
        return f"{found.witness.action} on {found.witness.resource}", ""
    return "", found.reason if found.verdict is Verdict.UNKNOWN else ""
