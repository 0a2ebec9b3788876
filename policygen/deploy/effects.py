"""What each step of a plan gives and takes, decided by comparing rights before and after it, not texts."""

import json
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache

from policygen.account.model import Account, Document
from policygen.deploy.plan import Plan, Step
from policygen.deploy.rights import Held, Rights
from policygen.deploy.state import State, advance
from policygen.evaluate import CompiledPolicy, compile_policy
from policygen.evaluate.values import ACCOUNT
from policygen.policy.model import Kind, Policy

_ANY_ACCOUNT = ACCOUNT
_PATTERN_OF_IDS = re.compile(r'(?<=[:"])(?=[0-9*?]*[0-9])(?=[0-9*?]*[*?])[0-9*?]{2,12}(?=[:"])')
_ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
"""What members may hold by another policy: a Deny takes, and one that goes gives, what that allows."""


@dataclass(frozen=True)
class Effect:
    """What a step changes about the rights of groups, of users who come and go, and of whoever else has the policy."""

    gives: str = ""
    """A request that is allowed afterwards and was not: `iam:ChangePassword` on an ARN; "" if there is none."""
    takes: str = ""
    """A request that was allowed and is not any more; "" if there is none."""
    unknown: str = ""
    """Why one or the other is not known; "" if both are."""


def effects(plan: Plan, account: Account) -> tuple[Effect | None, ...]:
    """The effect of each step; None for a step that changes no policy of anybody."""
    state = plan.observed
    found: list[Effect | None] = []
    for step in plan.steps:
        after = _after(state, step)
        found.append(_effect(_concerned(account, state, after), plan.desired.account))
        state = after
    return tuple(found)


def _after(before: State, step: Step) -> State:
    """The state after a step; what the step does not touch is the same object."""
    after = {key: dict(value) if isinstance(value, dict) else value for key, value in before.items()}
    touched = (("groups", "GroupName"), ("users", "UserName"), ("policies", "PolicyArn"))
    for kind, argument in touched:
        name = str(step.arguments.get(argument, ""))
        key = name if kind == "policies" else name.lower()
        if key in after[kind]:
            after[kind][key] = deepcopy(after[kind][key])
    advance(after, step.operation, step.arguments)
    return after


def _changed(before: State, after: State, kind: str) -> list[str]:
    old, new = before[kind], after[kind]
    return sorted(name for name in old.keys() | new.keys() if old.get(name) is not new.get(name))


def _concerned(account: Account, before: State, after: State) -> Iterator[tuple[Held, Held]]:
    """What groups hold before and after, where that differs, users who join or leave, and policies that others hold."""
    rights = Rights(account, before), Rights(account, after)
    policies = _changed(before, after, "policies")
    holders = {
        name for name, group in after["groups"].items() if policies and not set(policies).isdisjoint(group["attached"])
    }
    for name in sorted({*_changed(before, after, "groups"), *holders}):
        old, new = (one.of_group(name) if name in one.state["groups"] else Held(()) for one in rights)
        if old != new:
            yield old, new
    for name in _changed(before, after, "users"):
        if user := account.user(name):
            yield rights[0].held(user), rights[1].held(user)
    known = {f"group/{group['name']}" for group in after["groups"].values()}
    for arn in policies:
        if arn not in before["policies"] or arn not in after["policies"]:
            continue
        documents = [one.document(arn) for one in rights]
        if not known.issuperset(after["policies"][arn]["holders"]) and documents[0] != documents[1]:
            former, latter = (Held((_compiled(document, arn),)) for document in documents if document)
            yield former, latter


def _compiled(document: Document, arn: str) -> CompiledPolicy:
    return compile_policy(Policy(dict(document), Kind.IDENTITY, name=arn))


def _effect(concerned: Iterator[tuple[Held, Held]], account: str) -> Effect | None:
    effect = None
    for before, after in concerned:
        unread = "; ".join(dict.fromkeys((*before.unread, *after.unread)))
        gives, doubt = more_access(before.policies, after.policies, account)
        takes, doubts = more_access(after.policies, before.policies, account)
        known = effect or Effect()
        effect = Effect(known.gives or gives, known.takes or takes, known.unknown or unread or doubt or doubts)
    return effect


def more_access(before: Sequence[CompiledPolicy], after: Sequence[CompiledPolicy], account: str) -> tuple[str, str]:
    """A request that the policies allow afterwards and not before, and why it is not known whether there is one."""
    texts = [[json.dumps(policy.policy.document, sort_keys=True) for policy in side] for side in (before, after)]
    if account != _ANY_ACCOUNT and (strange := next(filter(_strange_account, (*texts[0], *texts[1])), "")):
        return "", f"`{_strange_account(strange)}` cannot be told from the account in the comparison"
    # as if they were for any account, so that those of many accounts are compared once
    old, new = (tuple(text.replace(account, _ANY_ACCOUNT) for text in side) for side in texts)
    request, doubt = _compared(old, new)
    if not request:
        elsewhere, also = _compared((*old, _ALLOW_ALL), (*new, _ALLOW_ALL))
        request, doubt = f"{elsewhere}, where another policy allows it" if elsewhere else "", doubt or also
    return request.replace(_ANY_ACCOUNT, account), doubt


def _strange_account(text: str) -> str:
    """What a document says of account ids that renaming its own account would change the meaning of."""
    if _ANY_ACCOUNT in text:
        return _ANY_ACCOUNT
    found = _PATTERN_OF_IDS.search(text)
    return found.group() if found else ""


@lru_cache(maxsize=2048)
def _compared(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, str]:
    from policygen.evaluate.compare import Verdict, new_access

    sides = (tuple(compile_policy(Policy(json.loads(text), Kind.IDENTITY)) for text in side) for side in (old, new))
    found = new_access(*sides)
    if found.verdict is Verdict.FOUND and found.witness:
        return f"{found.witness.action} on {found.witness.resource}", ""
    return "", found.reason if found.verdict is Verdict.UNKNOWN else ""
