"""The operations on groups: creating them, their policies, their members."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import replace

from policygen.account.model import Document
from policygen.deploy.difference import same
from policygen.deploy.operation import Arguments, Call, Operation, Quota, Rank, Undone
from policygen.deploy.state import GroupState, State, UserState
from policygen.policy.canonical import size


def _group(state: State, arguments: Arguments) -> GroupState:
    return state.groups[arguments["GroupName"].lower()]


def _create_group(state: State, arguments: Arguments) -> State:
    return state.with_group(GroupState(arguments["GroupName"], arguments["Path"], {}))


def _delete_group(state: State, arguments: Arguments) -> State:
    return state.without_group(arguments["GroupName"])


def _put_group_policy(state: State, arguments: Arguments) -> State:
    group = _group(state, arguments)
    inline = {**group.inline, arguments["PolicyName"]: arguments["PolicyDocument"]}
    return state.with_group(replace(group, inline=inline))


def _delete_group_policy(state: State, arguments: Arguments) -> State:
    group = _group(state, arguments)
    inline = {name: document for name, document in group.inline.items() if name != arguments["PolicyName"]}
    return state.with_group(replace(group, inline=inline))


def _attach(state: State, arguments: Arguments) -> State:
    group, arn = _group(state, arguments), arguments["PolicyArn"]
    state = state.with_group(replace(group, attached=_with(group.attached, arn)))
    return _held(state, arn, lambda holders: _with(holders, f"group/{group.name}"))


def _detach(state: State, arguments: Arguments) -> State:
    group, arn = _group(state, arguments), arguments["PolicyArn"]
    state = state.with_group(replace(group, attached=_less(group.attached, arn)))
    return _held(state, arn, lambda holders: _less(holders, f"group/{group.name}"))


def _held(state: State, arn: str, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> State:
    policy = state.policies.get(arn)
    return state.with_policy(arn, replace(policy, holders=change(policy.holders))) if policy else state


def _join(state: State, arguments: Arguments) -> State:
    return _member(state, arguments, _with)


def _leave(state: State, arguments: Arguments) -> State:
    return _member(state, arguments, _less)


def _member(state: State, arguments: Arguments, change: Callable[[tuple[str, ...], str], tuple[str, ...]]) -> State:
    group, user = _group(state, arguments), state.users[arguments["UserName"].lower()]
    state = state.with_group(replace(group, members=change(group.members, user.name.lower())))
    return state.with_user(UserState(user.name, change(user.groups, group.name.lower())))


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    place = bisect_left(names, name)  # they are in order
    return names if names[place : place + 1] == (name,) else (*names[:place], name, *names[place:])


def _less(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(other for other in names if other != name)


def _undo_create_group(arguments: Arguments, before: Document | None, state: State) -> Undone:
    group = state.group(arguments["GroupName"])
    if group is None:
        return ()
    if group.members or group.inline or group.attached:
        return "it has members or policies from elsewhere by now"
    return (Call("DeleteGroup", {"GroupName": arguments["GroupName"]}),)


def _undo_put(arguments: Arguments, before: Document | None, state: State) -> Undone:
    group = state.group(arguments["GroupName"])
    now = group.inline.get(arguments["PolicyName"]) if group else None
    if now is None:
        return () if before is None else "it is gone by now"
    if before is not None and same(now, before):
        return ()
    if not same(now, arguments["PolicyDocument"]):
        return "it was changed since"
    target = {"GroupName": arguments["GroupName"], "PolicyName": arguments["PolicyName"]}
    if before is None:
        return (Call("DeleteGroupPolicy", target, now),)
    return (Call("PutGroupPolicy", target | {"PolicyDocument": before}, now),)


def _undo_attach(arguments: Arguments, before: Document | None, state: State) -> Undone:
    group = state.group(arguments["GroupName"])
    if group is None or arguments["PolicyArn"] not in group.attached:
        return ()
    return (Call("DetachGroupPolicy", arguments),)


def _undo_detach(arguments: Arguments, before: Document | None, state: State) -> Undone:
    group = state.group(arguments["GroupName"])
    if group is None:
        return "its group is gone by now"
    if arguments["PolicyArn"] in group.attached:
        return ()
    return (Call("AttachGroupPolicy", arguments),)


def _undo_join(arguments: Arguments, before: Document | None, state: State) -> Undone:
    group = state.group(arguments["GroupName"])
    if group is None or arguments["UserName"].lower() not in group.members:
        return ()
    return (Call("RemoveUserFromGroup", arguments),)


GROUP_OPERATIONS: Mapping[str, Operation] = {
    "CreateGroup": Operation(
        arguments=("Path", "GroupName"),
        effect=_create_group,
        undo=_undo_create_group,
        undone_with=("iam:DeleteGroup",),
        verb="create",
        rank=Rank.CREATE_GROUP,
        quotas=(Quota("GroupsQuota", "groups in the account", lambda state, _: len(state.groups), "Groups"),),
    ),
    "DeleteGroup": Operation(
        arguments=("GroupName",),
        effect=_delete_group,
        undone_with=("iam:CreateGroup",),
        verb="delete",
    ),
    "PutGroupPolicy": Operation(
        arguments=("GroupName", "PolicyName", "PolicyDocument"),
        effect=_put_group_policy,
        undo=_undo_put,
        undone_with=("iam:PutGroupPolicy", "iam:DeleteGroupPolicy"),
        quotas=(
            Quota(
                "GroupPolicySizeQuota",
                "characters of inline policies on group {GroupName}",
                lambda state, arguments: sum(map(size, _group(state, arguments).inline.values())),
            ),
        ),
    ),
    "DeleteGroupPolicy": Operation(
        arguments=("GroupName", "PolicyName"),
        effect=_delete_group_policy,
        undone_with=("iam:PutGroupPolicy",),
        verb="delete",
    ),
    "AttachGroupPolicy": Operation(
        arguments=("GroupName", "PolicyArn"),
        effect=_attach,
        undo=_undo_attach,
        undone_with=("iam:DetachGroupPolicy",),
        verb="attach",
        quotas=(
            Quota(
                "AttachedPoliciesPerGroupQuota",
                "managed policies on group {GroupName}",
                lambda state, arguments: len(_group(state, arguments).attached),
            ),
        ),
    ),
    "DetachGroupPolicy": Operation(
        arguments=("GroupName", "PolicyArn"),
        effect=_detach,
        undo=_undo_detach,
        undone_with=("iam:AttachGroupPolicy",),
        verb="detach",
        rank=Rank.LOSE,
    ),
    "AddUserToGroup": Operation(
        arguments=("GroupName", "UserName"),
        effect=_join,
        undo=_undo_join,
        undone_with=("iam:RemoveUserFromGroup",),
        verb="put",
        rank=Rank.JOIN,
        quotas=(
            Quota(
                "GroupsPerUserQuota",
                "groups of user {UserName}",
                lambda state, arguments: len(state.users[arguments["UserName"].lower()].groups),
            ),
        ),
    ),
    "RemoveUserFromGroup": Operation(
        arguments=("GroupName", "UserName"),
        effect=_leave,
        undone_with=("iam:AddUserToGroup",),
        verb="remove",
    ),
}
