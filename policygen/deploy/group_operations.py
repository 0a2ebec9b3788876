"""The operations on groups and their members."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from policygen.account.model import Document
from policygen.deploy.holder_operations import Change, including, policies_of, reversed_by, without
from policygen.deploy.operation import Arguments, Call, Operation, Quota, Rank, Undone
from policygen.deploy.state import GroupState, HolderState, State, UserState


def _membership(change: Change, state: State, arguments: Arguments) -> State:
    group, user = state.groups[arguments["GroupName"].lower()], state.users[arguments["UserName"].lower()]
    state = state.with_group(replace(group, members=change(group.members, user.name.lower())))
    return state.with_user(UserState(user.name, change(user.groups, group.name.lower())))


def _is_member(holder: HolderState, arguments: Arguments) -> bool:
    return isinstance(holder, GroupState) and arguments["UserName"].lower() in holder.members


def _undo_create_group(arguments: Arguments, before: Document | None, state: State) -> Undone:
    group = state.group(arguments["GroupName"])
    if group is None:
        return ()
    if group.members or group.inline or group.attached:
        return "it now has other members or policies"
    return (Call("DeleteGroup", {"GroupName": arguments["GroupName"]}),)


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
    **policies_of("Group"),
    "AddUserToGroup": Operation(
        ("GroupName", "UserName"),
        verb="put",
        rank=Rank.JOIN,
        effect=partial(_membership, including),
        inverse=("RemoveUserFromGroup",),
        undo=reversed_by("RemoveUserFromGroup", _is_member),
        quotas=(_GROUPS_OF_USER,),
    ),
    "RemoveUserFromGroup": Operation(
        ("GroupName", "UserName"),
        verb="remove",
        rank=Rank.LOSE,
        effect=partial(_membership, without),
        inverse=("AddUserToGroup",),
        undo=reversed_by(
            "AddUserToGroup",
            lambda holder, arguments: not _is_member(holder, arguments),
            without_holder="its group no longer exists",
        ),
    ),
}
