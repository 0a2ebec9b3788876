"""The way back: for each step of a journal the steps that restore what stood there before, where it still stands."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from policygen.deploy.desired import arn_name, arn_path
from policygen.deploy.difference import Change, changes, same
from policygen.deploy.plan import Step
from policygen.deploy.state import State, advance, default_document


def undo(steps: Iterable[Step], current: State) -> tuple[list[Step], list[str]]:
    """The steps that take back what was done, last first, and what is left because somebody changed it since.

    Steps that had no effect, or that were taken back already, need nothing.
    """
    state = deepcopy(current)
    back: list[Step] = []
    left: list[str] = []
    for step in reversed(tuple(steps)):
        found = _UNDO[step.operation](step, state, step.arguments)
        if isinstance(found, str):
            left.append(f"{step.subject}: {found}; left as it is")
            continue
        for reverse in found:
            back.append(replace(reverse, changes=_changes(reverse, state)))
            advance(state, reverse.operation, reverse.arguments)
    return back, left


def _changes(step: Step, state: State) -> tuple[Change, ...]:
    """What a step says of the policies in force, in words."""
    arguments = step.arguments
    document, arn = arguments.get("PolicyDocument"), arguments.get("PolicyArn")
    now = default_document(state["policies"][arn]) if arn in state["policies"] else None
    match step.operation:
        case "PutGroupPolicy":
            return tuple(changes(step.before, document))
        case "DeleteGroupPolicy":
            return tuple(changes(step.before, None))
        case "AttachGroupPolicy":
            return tuple(changes(None, now))
        case "DetachGroupPolicy":
            return tuple(changes(now, None))
        case "SetDefaultPolicyVersion":
            versions = {version["id"]: version["document"] for version in state["policies"][arn]["versions"]}
            return tuple(changes(now, versions.get(arguments["VersionId"])))
    return ()


Undone = list[Step] | str


def _step(operation: str, arguments: Mapping[str, Any], step: Step, before: Any = None) -> Step:
    return Step(operation, arguments, step.subject, before)


def _group(state: State, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    group: dict[str, Any] | None = state["groups"].get(arguments["GroupName"].lower())
    return group


def _create_group(step: Step, state: State, arguments: Mapping[str, Any]) -> Undone:
    group = _group(state, arguments)
    if group is None:
        return []
    if group["members"] or group["inline"] or group["attached"]:
        return "it has members or policies from elsewhere by now"
    return [_step("DeleteGroup", {"GroupName": arguments["GroupName"]}, step)]


def _put(step: Step, state: State, arguments: Mapping[str, Any]) -> Undone:
    group = _group(state, arguments)
    now = group["inline"].get(arguments["PolicyName"]) if group else None
    if group is None or now is None:
        return [] if step.before is None else "it is gone by now"
    if step.before is not None and same(now, step.before):
        return []
    if not same(now, arguments["PolicyDocument"]):
        return "it was changed since"
    target = {"GroupName": arguments["GroupName"], "PolicyName": arguments["PolicyName"]}
    if step.before is None:
        return [_step("DeleteGroupPolicy", target, step, now)]
    return [_step("PutGroupPolicy", target | {"PolicyDocument": step.before}, step, now)]


def _attach(step: Step, state: State, arguments: Mapping[str, Any]) -> Undone:
    group = _group(state, arguments)
    if group is None or arguments["PolicyArn"] not in group["attached"]:
        return []
    return [_step("DetachGroupPolicy", arguments, step)]


def _detach(step: Step, state: State, arguments: Mapping[str, Any]) -> Undone:
    group = _group(state, arguments)
    if group is None:
        return "its group is gone by now"
    if arguments["PolicyArn"] in group["attached"]:
        return []
    return [_step("AttachGroupPolicy", arguments, step)]


def _join(step: Step, state: State, arguments: Mapping[str, Any]) -> Undone:
    group = _group(state, arguments)
    if group is None or arguments["UserName"].lower() not in group["members"]:
        return []
    return [_step("RemoveUserFromGroup", arguments, step)]


def _create_policy(step: Step, state: State, arguments: Mapping[str, Any]) -> Undone:
    arn = state["prefix"] + arguments["Path"] + arguments["PolicyName"]
    policy = state["policies"].get(arn)
    if policy is None:
        return []
    if (
        policy["holders"]
        or len(policy["versions"]) > 1
        or not same(default_document(policy), arguments["PolicyDocument"])
    ):
        return "it was changed, or attached elsewhere, since"
    return [_step("DeletePolicy", {"PolicyArn": arn}, step, default_document(policy))]


def _delete_policy(step: Step, state: State, arguments: Mapping[str, Any]) -> Undone:
    arn = arguments["PolicyArn"]
    if step.before is None or arn in state["policies"]:
        return []
    name = {"PolicyName": arn_name(arn), "Path": arn_path(arn), "PolicyDocument": step.before}
    return [_step("CreatePolicy", name, step)]


def _new_default(step: Step, state: State, arguments: Mapping[str, Any]) -> Undone:
    """Of CreatePolicyVersion and SetDefaultPolicyVersion."""
    policy = state["policies"].get(arguments["PolicyArn"])
    if policy is None or step.before is None:
        return "it is gone by now"
    now, created = default_document(policy), arguments.get("PolicyDocument")
    steps = []
    if not same(now, step.before):
        ours = same(now, created) if created else policy["default"] == arguments["VersionId"]
        former = next((v["id"] for v in reversed(policy["versions"]) if same(v["document"], step.before)), None)
        if not ours or former is None:
            return "it was changed since, and its former document is in the journal"
        target = {"PolicyArn": arguments["PolicyArn"], "VersionId": former}
        steps.append(_step("SetDefaultPolicyVersion", target, step, now))
    made = [v["id"] for v in policy["versions"] if created and same(v["document"], created)]
    if made:
        target = {"PolicyArn": arguments["PolicyArn"], "VersionId": made[-1]}
        steps.append(_step("DeletePolicyVersion", target, step, created))
    return steps


def _delete_version(step: Step, state: State, arguments: Mapping[str, Any]) -> Undone:
    policy = state["policies"].get(arguments["PolicyArn"])
    if policy is None:
        return "its policy is gone by now; its document is in the journal"
    if step.before is None or any(same(version["document"], step.before) for version in policy["versions"]):
        return []
    put = {"PolicyArn": arguments["PolicyArn"], "PolicyDocument": step.before, "SetAsDefault": False}
    return [_step("CreatePolicyVersion", put, step)]


_UNDO = {
    "CreateGroup": _create_group,
    "PutGroupPolicy": _put,
    "AttachGroupPolicy": _attach,
    "DetachGroupPolicy": _detach,
    "AddUserToGroup": _join,
    "CreatePolicy": _create_policy,
    "DeletePolicy": _delete_policy,
    "CreatePolicyVersion": _new_default,
    "SetDefaultPolicyVersion": _new_default,
    "DeletePolicyVersion": _delete_version,
}
