"""The operations on roles, their trust policies and their permissions boundaries."""

from collections.abc import Mapping
from dataclasses import replace

from policygen.account.model import Document
from policygen.deploy.holder_operations import policies_of
from policygen.deploy.operation import Arguments, Call, Operation, Quota, Rank, Undone
from policygen.deploy.state import RoleState, State
from policygen.policy.canonical import size
from policygen.policy.meaning import same

_GONE = "it no longer exists"


def _role(state: State, arguments: Arguments) -> RoleState:
    return state.roles[arguments["RoleName"].lower()]


def _create(state: State, arguments: Arguments) -> State:
    name, path, trust = (arguments[key] for key in ("RoleName", "Path", "AssumeRolePolicyDocument"))
    return _limited(
        state.with_holder(RoleState(name, path, trust, {})), arguments, arguments.get("PermissionsBoundary")
    )


def _limited(state: State, arguments: Arguments, boundary: str | None) -> State:
    """The state in which a role has another boundary, also among the holders of the two policies."""
    role = _role(state, arguments)
    holder = f"role/{role.name}"
    for arn, has in ((role.boundary, False), (boundary, True)):
        policy = state.policies.get(arn or "")
        if arn and policy:
            others = [other for other in policy.holders if other != holder or arn in role.attached]
            state = state.with_policy(
                arn, replace(policy, holders=tuple(sorted({*others, *([holder] if has else [])})))
            )
    return state.with_holder(replace(role, boundary=boundary))


def _trusted(state: State, arguments: Arguments) -> State:
    return state.with_holder(replace(_role(state, arguments), trust=arguments["PolicyDocument"]))


def _undo_create(arguments: Arguments, before: Document | None, state: State) -> Undone:
    role = state.roles.get(arguments["RoleName"].lower())
    if role is None:
        return ()
    if role.inline or role.attached or role.used_by:
        return "it now has other policies, or an instance profile"
    return (Call("DeleteRole", {"RoleName": arguments["RoleName"]}),)


def _undo_delete(arguments: Arguments, before: Document | None, state: State) -> Undone:
    if before is None or arguments["RoleName"].lower() in state.roles:
        return ()
    return (Call("CreateRole", {**before, **arguments}),)


def _undo_trust(arguments: Arguments, before: Document | None, state: State) -> Undone:
    role = state.roles.get(arguments["RoleName"].lower())
    if role is None or before is None:
        return _GONE
    if same(role.trust, before):
        return ()
    if not same(role.trust, arguments["PolicyDocument"]):
        return "it has been changed since; the former trust policy is in the journal"
    return (Call("UpdateAssumeRolePolicy", {**arguments, "PolicyDocument": before}, role.trust),)


def _undo_boundary(arguments: Arguments, before: Document | None, state: State) -> Undone:
    """Restore the boundary of before, `{"PermissionsBoundary": ARN}`, or none."""
    role, target = state.roles.get(arguments["RoleName"].lower()), {"RoleName": arguments["RoleName"]}
    if role is None:
        return _GONE
    former = before["PermissionsBoundary"] if before else None
    if role.boundary == former:
        return ()
    if role.boundary != arguments.get("PermissionsBoundary"):
        return "it has another permissions boundary now"
    if former is None:
        return (Call("DeleteRolePermissionsBoundary", target, {"PermissionsBoundary": role.boundary}),)
    now = {"PermissionsBoundary": role.boundary} if role.boundary else None
    return (Call("PutRolePermissionsBoundary", {**target, "PermissionsBoundary": former}, now),)


ROLE_OPERATIONS: Mapping[str, Operation] = {
    "CreateRole": Operation(
        ("RoleName", "Path", "AssumeRolePolicyDocument", "MaxSessionDuration"),
        optional=("PermissionsBoundary",),
        verb="create",
        rank=Rank.CREATE_ROLE,
        effect=_create,
        inverse=("DeleteRole",),
        undo=_undo_create,
        quotas=(Quota("RolesQuota", "roles in the account", lambda state, _: len(state.roles), "Roles"),),
    ),
    "DeleteRole": Operation(
        ("RoleName",),
        verb="delete",
        rank=Rank.REMOVE,
        effect=lambda state, arguments: _limited(state, arguments, None).without_role(arguments["RoleName"]),
        inverse=("CreateRole",),
        undo=_undo_delete,
    ),
    "UpdateAssumeRolePolicy": Operation(
        ("RoleName", "PolicyDocument"),
        effect=_trusted,
        inverse=("UpdateAssumeRolePolicy",),
        undo=_undo_trust,
        quotas=(
            Quota(
                "AssumeRolePolicySizeQuota",
                "characters of the trust policy of role {RoleName}",
                lambda state, arguments: size(_role(state, arguments).trust),
            ),
        ),
    ),
    "PutRolePermissionsBoundary": Operation(
        ("RoleName", "PermissionsBoundary"),
        verb="set",
        effect=lambda state, arguments: _limited(state, arguments, arguments["PermissionsBoundary"]),
        inverse=("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
        undo=_undo_boundary,
    ),
    "DeleteRolePermissionsBoundary": Operation(
        ("RoleName",),
        verb="remove",
        effect=lambda state, arguments: _limited(state, arguments, None),
        inverse=("PutRolePermissionsBoundary",),
        undo=_undo_boundary,
    ),
    **policies_of("Role"),
}
