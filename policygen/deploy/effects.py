"""What each step of a plan gives and takes, by comparing what is allowed before and after it, not the texts."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policygen.access.stack import Stack, Stacks
from policygen.account.model import Account, Document
from policygen.deploy.account_in import account_in, user_in
from policygen.deploy.plan import Plan
from policygen.deploy.state import HolderState, State
from policygen.evaluate import Comparison, Layers, Verdict, compile_policy, new_access
from policygen.evaluate.values import ACCOUNT
from policygen.policy.model import Kind, Policy

_ANY_ACCOUNT = ACCOUNT
_PATTERN_OF_IDS = re.compile(r'(?<=[:"])(?=[0-9*?]*[0-9])(?=[0-9*?]*[*?])[0-9*?]{2,12}(?=[:"])')
_ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
"""A policy that members may also have: it shows what adding or removing a Deny takes or gives."""


@dataclass(frozen=True)
class Effect:
    """What a step changes for groups, for users who join or leave, and for anyone else with the policy."""

    gives: str = ""
    """A request that is newly allowed: `iam:ChangePassword` on an ARN; "" if there is none."""
    takes: str = ""
    """A request that is no longer allowed; "" if there is none."""
    unknown: str = ""
    """Why one of the two is not known; "" if both are known."""


def effects(plan: Plan, account: Account) -> tuple[Effect | None, ...]:
    """The effect of each step; None for a step that does not change anyone's policies."""
    state = plan.observed
    stacks = Stacks(account_in(account, state))
    found: list[Effect | None] = []
    for step in plan.steps:
        after = step.after(state)
        stacks_after = Stacks(account_in(account, after), stacks)
        effect = _effect(_concerned(account, (state, after), (stacks, stacks_after)), plan.desired.account)
        found.append(_trust_effect(state, after) or effect)
        state, stacks = after, stacks_after
    return tuple(found)


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The names of groups, policies or users that differ between two states, in which unchanged ones are identical."""
    return sorted(name for name in old.keys() | new.keys() if old.get(name) is not new.get(name))


def _concerned(
    account: Account, states: tuple[State, State], stacks: tuple[Stacks, Stacks]
) -> Iterator[tuple[Stack, Stack]]:
    """The policies before and after: of changed groups, of users who join or leave, and of others with a policy."""
    (before, after), (old, new) = states, stacks
    policies = _changed(before.policies, after.policies)
    holders = {
        name for name, group in after.groups.items() if policies and not set(policies).isdisjoint(group.attached)
    }
    for name in sorted({*_changed(before.groups, after.groups), *holders}):
        gave, gives = _of_group(old, before, name), _of_group(new, after, name)
        if gave != gives:
            yield gave, gives
    of_roles = {
        name for name, role in after.roles.items() if not set(policies).isdisjoint((*role.attached, role.boundary))
    }
    for name in sorted({*_changed(before.roles, after.roles), *of_roles}):
        gave, gives = _of_role(old, before, name), _of_role(new, after, name)
        if gave != gives and (gave.policies or gives.policies):  # without policies, a boundary limits nothing
            yield gave, gives
    for name in _changed(before.users, after.users):
        if user := account.user(name):
            yield old.of(user_in(user, before)), new.of(user_in(user, after))
    every: tuple[HolderState, ...] = (*after.groups.values(), *after.roles.values())
    known = {f"{one.kind}/{one.name}" for one in every}
    for arn in policies:
        if arn in before.policies and arn in after.policies:
            was, becomes = _alone(old, arn), _alone(new, arn)
            if not known.issuperset(after.policies[arn].holders) and was != becomes:
                yield was, becomes


def _of_group(stacks: Stacks, state: State, name: str) -> Stack:
    group = stacks.account.group(name) if name in state.groups else None
    return stacks.of(group) if group else Stack()


def _of_role(stacks: Stacks, state: State, name: str) -> Stack:
    role = stacks.account.role(name) if name in state.roles else None
    return stacks.of(role) if role else Stack()


def _trust_effect(before: State, after: State) -> Effect | None:
    """Who can newly assume a role, and who no longer can, if a step changes a trust policy."""
    for name in _changed(before.roles, after.roles):
        old, new = (_trust(state, name) for state in (before, after))
        if old != new:
            gives, doubt = _found(new_access(_assuming(old), _assuming(new)))
            takes, doubts = _found(new_access(_assuming(new), _assuming(old)))
            return Effect(gives, takes, doubt or doubts)
    return None


def _trust(state: State, name: str) -> Document | None:
    role = state.roles.get(name)
    return role.trust if role else None


def _assuming(trust: Document | None) -> Layers:
    return Layers(resource=(compile_policy(Policy(dict(trust), Kind.TRUST)),) if trust else ())


def _alone(stacks: Stacks, arn: str) -> Stack:
    """A stack of only one managed policy."""
    policy, unread = stacks.managed(arn)
    return Stack((policy,) if policy else (), unread=(unread,) if unread else ())


def _effect(concerned: Iterator[tuple[Stack, Stack]], account: str) -> Effect | None:
    effect = None
    for before, after in concerned:
        unread = "; ".join(dict.fromkeys((*before.unread, *after.unread)))
        gives, doubt = _more(before, after, account)
        takes, doubts = _more(after, before, account)
        known = effect or Effect()
        effect = Effect(known.gives or gives, known.takes or takes, known.unknown or unread or doubt or doubts)
    return effect


def _more(before: Stack, after: Stack, account: str) -> tuple[str, str]:
    if before.boundary is after.boundary:
        return more_access(before.policies, after.policies, account)
    return _found(new_access(before.layers, after.layers))


def more_access(before: Sequence[Policy], after: Sequence[Policy], account: str) -> tuple[str, str]:
    """A request that the policies allow only afterwards, and why it is unknown whether there is one."""
    texts = [[json.dumps(policy.document, sort_keys=True) for policy in side] for side in (before, after)]
    if account != _ANY_ACCOUNT and (strange := next(filter(_strange_account, (*texts[0], *texts[1])), "")):
        return "", f"`{_strange_account(strange)}` cannot be distinguished from the account in the comparison"
    # replace the account, so that the same policies of many accounts are compared once
    old, new = (tuple(text.replace(account, _ANY_ACCOUNT) for text in side) for side in texts)
    request, doubt = _compared(old, new)
    if not request:
        elsewhere, also = _compared((*old, _ALLOW_ALL), (*new, _ALLOW_ALL))
        request, doubt = f"{elsewhere}, where another policy allows it" if elsewhere else "", doubt or also
    return request.replace(_ANY_ACCOUNT, account), doubt


def _strange_account(text: str) -> str:
    """The account id, or pattern of ids, in a document whose meaning would change if its account were replaced."""
    if _ANY_ACCOUNT in text:
        return _ANY_ACCOUNT
    found = _PATTERN_OF_IDS.search(text)
    return found.group() if found else ""


@lru_cache(maxsize=2048)
def _compared(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, str]:
    sides = (
        Layers(tuple(compile_policy(Policy(json.loads(text), Kind.IDENTITY)) for text in side)) for side in (old, new)
    )
    return _found(new_access(*sides))


def _found(found: Comparison) -> tuple[str, str]:
    """The request that a comparison found, and why it is unknown whether there is one."""
    if found.verdict is Verdict.FOUND and found.witness:
        who = f" by {found.witness.principal.arn}" if found.kind is Kind.TRUST else ""
        return f"{found.witness.action} on {found.witness.resource}{who}", ""
    return "", found.reason if found.verdict is Verdict.UNKNOWN else ""
