"""The operations on groups, their policies and their members."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from policygen.account.model import Document
from policygen.deploy.operation import Arguments, Call, Operation, Quota, Rank, Undone
from policygen.deploy.state import GroupState, State, UserState
from policygen.policy.canonical import size
from policygen.policy.meaning import same

_Change = Callable[[tuple[str, ...], str], tuple[str, ...]]


def _group(state: State, arguments: Arguments) -> GroupState:
    return state.groups[arguments["GroupName"].lower()]


def _put_group_policy(state: State, arguments: Arguments) -> State:
    group = _group(state, arguments)
    inline = {**group.inline, arguments["PolicyName"]: arguments["PolicyDocument"]}
    return state.with_group(replace(group, inline=inline))


def _delete_group_policy(state: State, arguments: Arguments) -> State:
    group = _group(state, arguments)
    inline = {name: document for name, document in group.inline.items() if name != arguments["PolicyName"]}
    return state.with_group(replace(group, inline=inline))


def _attachment(change: _Change, state: State, arguments: Arguments) -> State:
    group, arn = _group(state, arguments), arguments["PolicyArn"]
    state, policy = state.with_group(replace(group, attached=change(group.attached, arn))), state.policies.get(arn)
    holders = change(policy.holders, f"group/{group.name}") if policy else ()
    return state.with_policy(arn, replace(policy, holders=holders)) if policy else state


def _membership(change: _Change, state: State, arguments: Arguments) -> State:
    group, user = _group(state, arguments), state.users[arguments["UserName"].lower()]
    state = state.with_group(replace(group, members=change(group.members, user.name.lower())))
    return state.with_user(UserState(user.name, change(user.groups, group.name.lower())))


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    place = bisect_left(names, name)  # they are sorted
    return names if names[place : place + 1] == (name,) else (*names[:place], name, *names[place:])


def _less(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(other for other in names if other != name)


def _undo_create_group(arguments: Arguments, before: Document | None, state: State) -> Undone:
    group = state.group(arguments["GroupName"])
    if group is None:
        return ()
    if group.members or group.inline or group.attached:
        return "it now has other members or policies"
    return (Call("DeleteGroup", {"GroupName": arguments["GroupName"]}),)


def _undo_put(arguments: Arguments, before: Document | None, state: State) -> Undone:
    group = state.group(arguments["GroupName"])
    now = group.inline.get(arguments["PolicyName"]) if group else None
    if now is None:
        return () if before is None else "it no longer exists"
    if before is not None and same(now, before):
        return ()
    if not same(now, arguments["PolicyDocument"]):
        return "it has been changed since"
    target = {"GroupName": arguments["GroupName"], "PolicyName": arguments["PolicyName"]}
    if before is None:
        return (Call("DeleteGroupPolicy", target, now),)
    return (Call("PutGroupPolicy", target | {"PolicyDocument": before}, now),)


def _undo_delete_policy(arguments: Arguments, before: Document | None, state: State) -> Undone:
    group = state.group(arguments["GroupName"])
    if group is None:
        return "its group no longer exists; its document is in the journal"
    if before is None or arguments["PolicyName"] in group.inline:
        return ()
    return (Call("PutGroupPolicy", {**arguments, "PolicyDocument": before}),)


def _undo_delete_group(arguments: Arguments, before: Document | None, state: State) -> Undone:
    if before is None or state.group(arguments["GroupName"]):
        return ()
    return (Call("CreateGroup", {"Path": before["Path"], **arguments}),)


def _undo_rename(arguments: Arguments, before: Document | None, state: State) -> Undone:
    old, new = arguments["GroupName"], arguments["NewGroupName"]
    if state.group(new) is None:
        return () if state.group(old) else "it no longer exists"
    if state.group(old):
        return f"there is another group {old} now"
    return (Call("UpdateGroup", {"GroupName": new, "NewGroupName": old}),)


def _reversed_by(
    inverse: str, there: Callable[[GroupState, Arguments], bool], without_group: Undone = ()
) -> Callable[[Arguments, Document | None, State], Undone]:
    """Undo with the inverse operation and the same arguments, if the effect is still there."""

    def undo(arguments: Arguments, before: Document | None, state: State) -> Undone:
        group = state.group(arguments["GroupName"])
        if group is None:
            return without_group
        return (Call(inverse, arguments),) if there(group, arguments) else ()

    return undo


_INLINE_SIZE = Quota(
    "GroupPolicySizeQuota",
    "characters of inline policies on group {GroupName}",
    lambda state, arguments: sum(map(size, _group(state, arguments).inline.values())),
)
_ATTACHED = Quota(
    "AttachedPoliciesPerGroupQuota",
    "managed policies on group {GroupName}",
    lambda state, arguments: len(_group(state, arguments).attached),
)
_GROUPS_OF_USER = Quota(
    "GroupsPerUserQuota",
    "groups of user {UserName}",
    lambda state, arguments: len(state.users[arguments["UserName"].lower()].groups),
)

GROUP_OPERATIONS: Mapping[str, Operation] = {
    "CreateGroup": Operation(
        ("Path", "GroupName"),
        verb="create",
        rank=Rank.CREATE_GROUP,
        effect=lambda state, arguments: state.with_group(GroupState(arguments["GroupName"], arguments["Path"], {})),
        inverse=("DeleteGroup",),
        undo=_undo_create_group,
        quotas=(Quota("GroupsQuota", "groups in the account", lambda state, _: len(state.groups), "Groups"),),
    ),
    "DeleteGroup": Operation(
        ("GroupName",),
        verb="delete",
        rank=Rank.REMOVE,
        effect=lambda state, arguments: state.without_group(arguments["GroupName"]),
        inverse=("CreateGroup",),
        undo=_undo_delete_group,
    ),
    "UpdateGroup": Operation(
        ("GroupName", "NewGroupName"),
        verb="rename",
        rank=Rank.CREATE_GROUP,
        effect=lambda state, arguments: state.renamed(arguments["GroupName"], arguments["NewGroupName"]),
        inverse=("UpdateGroup",),
        undo=_undo_rename,
    ),
    "PutGroupPolicy": Operation(
        ("GroupName", "PolicyName", "PolicyDocument"),
        effect=_put_group_policy,
        inverse=("PutGroupPolicy", "DeleteGroupPolicy"),
        undo=_undo_put,
        quotas=(_INLINE_SIZE,),
    ),
    "DeleteGroupPolicy": Operation(
        ("GroupName", "PolicyName"),
        verb="delete",
        rank=Rank.LOSE,
        effect=_delete_group_policy,
        inverse=("PutGroupPolicy",),
        undo=_undo_delete_policy,
    ),
    "AttachGroupPolicy": Operation(
        ("GroupName", "PolicyArn"),
        verb="attach",
        effect=partial(_attachment, _with),
        inverse=("DetachGroupPolicy",),
        undo=_reversed_by("DetachGroupPolicy", lambda group, arguments: arguments["PolicyArn"] in group.attached),
        quotas=(_ATTACHED,),
    ),
    "DetachGroupPolicy": Operation(
        ("GroupName", "PolicyArn"),
        verb="detach",
        rank=Rank.LOSE,
        effect=partial(_attachment, _less),
        inverse=("AttachGroupPolicy",),
        undo=_reversed_by(
            "AttachGroupPolicy",
            lambda group, arguments: arguments["PolicyArn"] not in group.attached,
            without_group="its group no longer exists",
        ),
    ),
    "AddUserToGroup": Operation(
        ("GroupName", "UserName"),
        verb="put",
        rank=Rank.JOIN,
        effect=partial(_membership, _with),
        inverse=("RemoveUserFromGroup",),
        undo=_reversed_by(
            "RemoveUserFromGroup", lambda group, arguments: arguments["UserName"].lower() in group.members
        ),
        quotas=(_GROUPS_OF_USER,),
    ),
    "RemoveUserFromGroup": Operation(
        ("GroupName", "UserName"),
        verb="remove",
        rank=Rank.LOSE,
        effect=partial(_membership, _less),
        inverse=("AddUserToGroup",),
        undo=_reversed_by(
            "AddUserToGroup",
            lambda group, arguments: arguments["UserName"].lower() not in group.members,
            without_group="its group no longer exists",
        ),
    ),
}
