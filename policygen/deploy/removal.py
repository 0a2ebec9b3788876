"""Remove what the manifest no longer declares: what policygen put there, and all else from an exclusive group."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

from policygen.deploy.desired import DesiredGroup, arn_name
from policygen.deploy.difference import changes
from policygen.deploy.draft import Draft
from policygen.deploy.members import Join
from policygen.deploy.operations import Step
from policygen.deploy.record import OwnedGroup
from policygen.deploy.state import GroupState, meaning

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
    declared = {group.name.lower() for group in draft.desired.groups}
    for name in draft.desired.owned.groups:
        existing = draft.state.group(name)
        if existing and name.lower() not in declared:
            _remove_group(draft, existing)
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
    for name in sorted(existing.inline.keys() - {policy.name for policy in group.policies if policy.arn is None}):
        if group.exclusive or name in owned.inline:
            _delete_inline(draft, existing, name, "" if group.exclusive else owned.inline[name])
        else:
            draft.drift.append((existing.inline[name], f"group {existing.name} has the inline policy {name}"))
    declared = {policy.arn for policy in group.policies}
    for arn in (arn for arn in existing.attached if arn not in declared):
        if group.exclusive or arn in owned.attached or (prune and draft.state.is_own(arn)):
            _detach(draft, existing, arn)
        else:
            tail = "; --prune removes it" if draft.state.is_own(arn) else ""
            draft.drift.append((draft.state.document(arn), f"group {existing.name} has {arn}{tail}"))
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


def _remove_group(draft: Draft, existing: GroupState) -> None:
    """Remove what policygen put into a group that is no longer declared, and the group if that leaves it empty."""
    owned: OwnedGroup = draft.desired.owned.group(existing.name)
    first = len(draft.ranked)
    for name in sorted(owned.inline.keys() & existing.inline.keys()):
        _delete_inline(draft, existing, name, owned.inline[name])
    for arn in (arn for arn in existing.attached if arn in owned.attached):
        _detach(draft, existing, arn)
    for user in (user for user in existing.members if user in owned.members):
        _leave(draft, existing, user)
    steps = (step for _, added in draft.ranked[first:] for step in added)
    left = reduce(lambda state, step: step.after(state), steps, draft.state).groups[existing.name.lower()]
    if not owned.created:
        draft.remarks.append(
            f"group {existing.name} is no longer declared, but was not created by policygen; not deleted"
        )
    elif left.members or left.inline or left.attached:
        draft.remarks.append(
            f"group {existing.name} is no longer declared, but has other members or policies; not deleted"
        )
    else:
        step = Step("DeleteGroup", {"GroupName": existing.name}, f"group {existing.name}", {"Path": existing.path})
        draft.add(step)


def _delete_inline(draft: Draft, group: GroupState, name: str, written: str) -> None:
    """Delete an inline policy, unless it is no longer the one that was `written`, a digest; "" deletes any."""
    document, subject = group.inline[name], f"policy {name} of group {group.name}"
    if written and meaning(document) != written:
        draft.remarks.append(f"{subject} is no longer declared, but {_CHANGED}")
        return
    arguments = {"GroupName": group.name, "PolicyName": name}
    draft.add(Step("DeleteGroupPolicy", arguments, subject, document, tuple(changes(document, None))))


def _detach(draft: Draft, group: GroupState, arn: str) -> None:
    document = draft.state.document(arn)
    differences = tuple(changes(document, None))
    subject = f"policy {arn_name(arn)} from group {group.name}"
    arguments = {"GroupName": group.name, "PolicyArn": arn}
    draft.add(Step("DetachGroupPolicy", arguments, subject, document, differences))


def _leave(draft: Draft, group: GroupState, user: str) -> None:
    name = draft.state.users[user].name
    draft.add(
        Step("RemoveUserFromGroup", {"GroupName": group.name, "UserName": name}, f"user {name} from group {group.name}")
    )


def _delete_policies(draft: Draft, *, prune: bool) -> None:
    """Delete policygen's own managed policies that are not declared, unless they are attached somewhere."""
    state, owned = draft.state, draft.desired.owned.policies
    held = {arn: set(policy.holders) for arn, policy in state.policies.items()}
    for _, steps in draft.ranked:
        for step in steps:
            if step.operation == "DetachGroupPolicy":
                held.get(step.arguments["PolicyArn"], set()).discard(f"group/{step.arguments['GroupName']}")
    for arn, policy in state.policies.items():
        if arn in draft.desired.managed or not (arn in owned or (prune and state.is_own(arn))):
            continue
        if held[arn]:
            draft.remarks.append(f"{arn} is not declared, but {', '.join(sorted(held[arn]))} has it; left as it is")
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
