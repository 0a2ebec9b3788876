"""The operations on the policies of groups and roles, which differ only in what they are called."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from policygen.account.model import Document
from policygen.deploy.operation import Arguments, Call, Operation, Quota, Rank, Undone
from policygen.deploy.state import HolderState, State
from policygen.policy.canonical import size
from policygen.policy.meaning import same

Change = Callable[[tuple[str, ...], str], tuple[str, ...]]
Undo = Callable[[Arguments, Document | None, State], Undone]
_NAMES = ("GroupName", "RoleName")


def including(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Sorted names with one more."""
    place = bisect_left(names, name)
    return names if names[place : place + 1] == (name,) else (*names[:place], name, *names[place:])


def without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Names without one."""
    return tuple(other for other in names if other != name)


def reversed_by(inverse: str, there: Callable[[HolderState, Arguments], bool], without_holder: Undone = ()) -> Undo:
    """Undo with the inverse operation and the same arguments, if the effect is still there."""

    def undo(arguments: Arguments, before: Document | None, state: State) -> Undone:
        holder = state.holder(arguments)
        if holder is None:
            return without_holder
        return (Call(inverse, arguments),) if there(holder, arguments) else ()

    return undo


def policies_of(kind: str) -> Mapping[str, Operation]:
    """The operations on the policies of a `Group` or a `Role`."""
    name, put, delete = f"{kind}Name", f"Put{kind}Policy", f"Delete{kind}Policy"
    attach, detach = f"Attach{kind}Policy", f"Detach{kind}Policy"
    words = f"{kind.lower()} {{{name}}}"
    gone = f"its {kind.lower()} no longer exists"
    return {
        put: Operation(
            (name, "PolicyName", "PolicyDocument"),
            effect=_put,
            inverse=(put, delete),
            undo=partial(_undo_put, put, delete),
            quotas=(Quota(f"{kind}PolicySizeQuota", f"characters of inline policies on {words}", _characters),),
        ),
        delete: Operation(
            (name, "PolicyName"),
            verb="delete",
            rank=Rank.LOSE,
            effect=_delete,
            inverse=(put,),
            undo=partial(_undo_delete, put, f"{gone}; its document is in the journal"),
        ),
        attach: Operation(
            (name, "PolicyArn"),
            verb="attach",
            effect=partial(_attachment, including),
            inverse=(detach,),
            undo=reversed_by(detach, lambda holder, arguments: arguments["PolicyArn"] in holder.attached),
            quotas=(Quota(f"AttachedPoliciesPer{kind}Quota", f"managed policies on {words}", _attached),),
        ),
        detach: Operation(
            (name, "PolicyArn"),
            verb="detach",
            rank=Rank.LOSE,
            effect=partial(_attachment, without),
            inverse=(attach,),
            undo=reversed_by(attach, lambda holder, arguments: arguments["PolicyArn"] not in holder.attached, gone),
        ),
    }


def _existing(state: State, arguments: Arguments) -> HolderState:
    holder = state.holder(arguments)
    if holder is None:
        raise KeyError(arguments)
    return holder


def _put(state: State, arguments: Arguments) -> State:
    holder = _existing(state, arguments)
    inline = {**holder.inline, arguments["PolicyName"]: arguments["PolicyDocument"]}
    return state.with_holder(replace(holder, inline=inline))


def _delete(state: State, arguments: Arguments) -> State:
    holder = _existing(state, arguments)
    inline = {name: document for name, document in holder.inline.items() if name != arguments["PolicyName"]}
    return state.with_holder(replace(holder, inline=inline))


def _attachment(change: Change, state: State, arguments: Arguments) -> State:
    holder, arn = _existing(state, arguments), arguments["PolicyArn"]
    state, policy = state.with_holder(replace(holder, attached=change(holder.attached, arn))), state.policies.get(arn)
    holders = change(policy.holders, f"{holder.kind}/{holder.name}") if policy else ()
    return state.with_policy(arn, replace(policy, holders=holders)) if policy else state


def _undo_put(put: str, delete: str, arguments: Arguments, before: Document | None, state: State) -> Undone:
    holder = state.holder(arguments)
    now = holder.inline.get(arguments["PolicyName"]) if holder else None
    if now is None:
        return () if before is None else "it no longer exists"
    if before is not None and same(now, before):
        return ()
    if not same(now, arguments["PolicyDocument"]):
        return "it has been changed since"
    target = {name: arguments[name] for name in (*_NAMES, "PolicyName") if name in arguments}
    if before is None:
        return (Call(delete, target, now),)
    return (Call(put, target | {"PolicyDocument": before}, now),)


def _undo_delete(put: str, gone: str, arguments: Arguments, before: Document | None, state: State) -> Undone:
    holder = state.holder(arguments)
    if holder is None:
        return gone
    if before is None or arguments["PolicyName"] in holder.inline:
        return ()
    return (Call(put, {**arguments, "PolicyDocument": before}),)


def _characters(state: State, arguments: Arguments) -> int:
    return sum(map(size, _existing(state, arguments).inline.values()))


def _attached(state: State, arguments: Arguments) -> int:
    return len(_existing(state, arguments).attached)
