"""Remove what the manifest no longer declares: what policygen put there, and all else from an exclusive group."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import Any

from policygen.deploy.desired import DesiredGroup, DesiredRole, arn_name
from policygen.deploy.difference import changes
from policygen.deploy.draft import Draft
from policygen.deploy.members import Join
from policygen.deploy.operations import Step
from policygen.deploy.record import OwnedGroup, OwnedRole
from policygen.deploy.state import GroupState, HolderState, meaning, names

_OTHERS = {"group": "members or policies", "role": "policies, or an instance profile"}
_CHANGED = "has been changed since policygen wrote it; left as it is"


def remove(draft: Draft, undeclared: Iterable[Join], *, prune: bool) -> None:
    """Add the steps that remove what is owned but not declared; all else in a declared group is drift.

    `undeclared` are the members of declared groups who should not be there. With `prune`, all managed policies under
    policygen's path are owned.
    """
    members: dict[str, list[str]] = {}
    for name, user in undeclared:
        members.setdefault(name.lower(), []).append(user)
    for group in draft.desired.groups:
        if existing := draft.state.group(group.name):
            _remove_from(draft, existing, group, members.get(group.name.lower(), []), prune=prune)
    for role in draft.desired.roles:
        if shown := draft.state.roles.get(role.name.lower()):
            _remove_policies(draft, shown, role, draft.desired.owned.role(role.name), prune=prune)
    declared = {group.name.lower() for group in draft.desired.groups}
    for name, owned in draft.desired.owned.groups.items():
        existing = draft.state.group(name)
        if existing and name.lower() not in declared:
            _remove_holder(draft, existing, owned)
    declared = {role.name.lower() for role in draft.desired.roles}
    for name, of_role in draft.desired.owned.roles.items():
        shown = draft.state.roles.get(name.lower())
        if shown and name.lower() not in declared:
            _remove_holder(draft, shown, of_role)
    _delete_policies(draft, prune=prune)


def rename(draft: Draft) -> None:
    """Rename each owned group of which only the name in the manifest seems to have changed.

    This is a group that policygen created, that is no longer declared, and that has the same policies as exactly one
    declared group that does not exist yet. From here on, the draft knows it under its new name.
    """
    declared = {group.name.lower() for group in draft.desired.groups}
    gone = {name: owned for name, owned in draft.desired.owned.groups.items() if name.lower() not in declared}
    coming = [group for group in draft.desired.groups if not draft.state.group(group.name)]
    for name, owned in gone.items():
        alike = [group for group in coming if _policies(owned) == _declared(group)]
        rivals = [other for other in gone.values() if _policies(other) == _policies(owned)]
        if draft.state.group(name) and owned.created and _policies(owned) and len(alike) == len(rivals) == 1:
            new = alike[0].name
            step = Step("UpdateGroup", {"GroupName": name, "NewGroupName": new}, f"group {name} to {new}")
            draft.add(step)
            draft.state = step.after(draft.state)
            groups = {new if key == name else key: value for key, value in draft.desired.owned.groups.items()}
            draft.desired = replace(draft.desired, owned=replace(draft.desired.owned, groups=groups))


def _policies(owned: OwnedGroup) -> set[str]:
    return {*owned.inline, *owned.attached}


def _declared(group: DesiredGroup) -> set[str]:
    return {policy.arn or policy.name for policy in group.policies}


def _remove_from(
    draft: Draft, existing: GroupState, group: DesiredGroup, undeclared: Iterable[str], *, prune: bool
) -> None:
    owned = draft.desired.owned.group(existing.name)
    _remove_policies(draft, existing, group, owned, prune=prune)
    strangers = []
    for user in undeclared:
        if group.exclusive or user in owned.members:
            _leave(draft, existing, user)
        else:
            strangers.append(draft.state.users[user].name)
    if strangers and group.members and not (group.common or group.is_category):
        draft.strangers.append(
            f"group {existing.name} has members who are not declared: {', '.join(sorted(strangers))}"
        )


def _remove_policies(
    draft: Draft,
    existing: HolderState,
    declared: DesiredGroup | DesiredRole,
    owned: OwnedGroup | OwnedRole,
    *,
    prune: bool,
) -> None:
    where = f"{existing.kind} {existing.name}"
    for name in sorted(existing.inline.keys() - {policy.name for policy in declared.policies if policy.arn is None}):
        if declared.exclusive or name in owned.inline:
            _delete_inline(draft, existing, name, "" if declared.exclusive else owned.inline[name])
        else:
            draft.drift.append((existing.inline[name], f"{where} has the inline policy {name}"))
    arns = {policy.arn for policy in declared.policies}
    for arn in (arn for arn in existing.attached if arn not in arns):
        if declared.exclusive or arn in owned.attached or (prune and draft.state.is_own(arn)):
            _detach(draft, existing, arn)
        else:
            tail = "; --prune removes it" if draft.state.is_own(arn) else ""
            draft.drift.append((draft.state.document(arn), f"{where} has {arn}{tail}"))


def _remove_holder(draft: Draft, existing: HolderState, owned: OwnedGroup | OwnedRole) -> None:
    """Remove what policygen put into a group or role that is no longer declared, and itself if that leaves it empty."""
    where, first = f"{existing.kind} {existing.name}", len(draft.ranked)
    for name in sorted(owned.inline.keys() & existing.inline.keys()):
        _delete_inline(draft, existing, name, owned.inline[name])
    for arn in (arn for arn in existing.attached if arn in owned.attached):
        _detach(draft, existing, arn)
    if isinstance(existing, GroupState) and isinstance(owned, OwnedGroup):
        for user in (user for user in existing.members if user in owned.members):
            _leave(draft, existing, user)
    steps = (step for _, added in draft.ranked[first:] for step in added)
    left = reduce(lambda state, step: step.after(state), steps, draft.state).holder(names(existing))
    if not owned.created:
        draft.remarks.append(f"{where} is no longer declared, but was not created by policygen; not deleted")
    elif left and (left.inline or left.attached or _others(left)):
        draft.remarks.append(f"{where} is no longer declared, but has other {_OTHERS[existing.kind]}; not deleted")
    else:
        draft.add(Step(f"Delete{existing.kind.title()}", names(existing), where, _creation(existing)))


def _others(holder: HolderState) -> tuple[str, ...]:
    """What else keeps a group or role from being deleted: its members, or its instance profiles."""
    return holder.members if isinstance(holder, GroupState) else holder.used_by


def _creation(holder: HolderState) -> dict[str, Any]:
    """What a group or role is created again with."""
    if isinstance(holder, GroupState):
        return {"Path": holder.path}
    limit = {"PermissionsBoundary": holder.boundary} if holder.boundary else {}
    hour = {"MaxSessionDuration": 3600}  # an account's details do not show how long it was
    return {"Path": holder.path, "AssumeRolePolicyDocument": holder.trust, **hour, **limit}


def _delete_inline(draft: Draft, holder: HolderState, name: str, written: str) -> None:
    """Delete an inline policy, unless it is no longer the one that was `written`, a digest; "" deletes any."""
    document, subject = holder.inline[name], f"policy {name} of {holder.kind} {holder.name}"
    if written and meaning(document) != written:
        draft.remarks.append(f"{subject} is no longer declared, but {_CHANGED}")
        return
    arguments = {**names(holder), "PolicyName": name}
    operation = f"Delete{holder.kind.title()}Policy"
    draft.add(Step(operation, arguments, subject, document, tuple(changes(document, None))))


def _detach(draft: Draft, holder: HolderState, arn: str) -> None:
    document = draft.state.document(arn)
    differences = tuple(changes(document, None))
    subject = f"policy {arn_name(arn)} from {holder.kind} {holder.name}"
    arguments = {**names(holder), "PolicyArn": arn}
    draft.add(Step(f"Detach{holder.kind.title()}Policy", arguments, subject, document, differences))


def _leave(draft: Draft, group: GroupState, user: str) -> None:
    name = draft.state.users[user].name
    draft.add(
        Step("RemoveUserFromGroup", {"GroupName": group.name, "UserName": name}, f"user {name} from group {group.name}")
    )


def _delete_policies(draft: Draft, *, prune: bool) -> None:
    """Delete policygen's own managed policies that are not declared, unless they are attached somewhere."""
    state, owned = draft.state, draft.desired.owned.policies
    done = (step for step in draft.steps if step.operation != "UpdateGroup" and "UserName" not in step.arguments)
    after = reduce(lambda state, step: step.after(state), done, state)
    for arn, policy in state.policies.items():
        if arn in draft.desired.managed or not (arn in owned or (prune and state.is_own(arn))):
            continue
        if holders := after.policies[arn].holders:
            draft.remarks.append(f"{arn} is not declared, but {', '.join(holders)} has it; left as it is")
            continue
        if arn in owned and not prune and meaning(policy.document) != owned[arn]:
            draft.remarks.append(f"{arn} is no longer declared, but {_CHANGED}")
            continue
        name = arn_name(arn)
        steps_ = [
            Step(
                "DeletePolicyVersion",
                {"PolicyArn": arn, "VersionId": version.id},
                f"version {version.id} of managed policy {name}, not in force",
                version.document,
            )
            for version in policy.versions
            if version.id != policy.default
        ]
        draft.add(*steps_, Step("DeletePolicy", {"PolicyArn": arn}, f"managed policy {name}", policy.document))
