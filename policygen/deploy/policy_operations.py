"""The operations on managed policies and their versions."""

from collections.abc import Mapping
from dataclasses import replace

from policygen.account.model import Document
from policygen.deploy.desired import arn_name, arn_path
from policygen.deploy.operation import Arguments, Call, Operation, Quota, Rank, Undone
from policygen.deploy.state import PolicyState, State, VersionState
from policygen.policy.canonical import size
from policygen.policy.meaning import same


def _create_policy(state: State, arguments: Arguments) -> State:
    versions = (VersionState("v1", arguments["PolicyDocument"]),)
    return state.with_policy(state.arn(arguments), PolicyState(versions, "v1"))


def _create_version(state: State, arguments: Arguments) -> State:
    policy = state.policies[arguments["PolicyArn"]]
    new = f"v{1 + max(int(version.id.removeprefix('v')) for version in policy.versions)}"
    versions = (*policy.versions, VersionState(new, arguments["PolicyDocument"]))
    default = new if arguments["SetAsDefault"] else policy.default
    return state.with_policy(arguments["PolicyArn"], replace(policy, versions=versions, default=default))


def _delete_version(state: State, arguments: Arguments) -> State:
    policy = state.policies[arguments["PolicyArn"]]
    versions = tuple(version for version in policy.versions if version.id != arguments["VersionId"])
    return state.with_policy(arguments["PolicyArn"], replace(policy, versions=versions))


def _set_default(state: State, arguments: Arguments) -> State:
    policy = state.policies[arguments["PolicyArn"]]
    return state.with_policy(arguments["PolicyArn"], replace(policy, default=arguments["VersionId"]))


def _undo_create_policy(arguments: Arguments, before: Document | None, state: State) -> Undone:
    arn = state.arn(arguments)
    policy = state.policies.get(arn)
    if policy is None:
        return ()
    if policy.holders or len(policy.versions) > 1 or not same(policy.document, arguments["PolicyDocument"]):
        return "it has been changed or attached since"
    return (Call("DeletePolicy", {"PolicyArn": arn}, policy.document),)


def _undo_delete_policy(arguments: Arguments, before: Document | None, state: State) -> Undone:
    arn = arguments["PolicyArn"]
    if before is None or arn in state.policies:
        return ()
    return (Call("CreatePolicy", {"PolicyName": arn_name(arn), "Path": arn_path(arn), "PolicyDocument": before}),)


def _undo_new_default(arguments: Arguments, before: Document | None, state: State) -> Undone:
    arn, created = arguments["PolicyArn"], arguments.get("PolicyDocument")
    policy = state.policies.get(arn)
    if policy is None or before is None:
        return "it no longer exists"
    steps = []
    if not same(policy.document, before):
        ours = same(policy.document, created) if created else policy.default == arguments["VersionId"]
        former = policy.version(before)
        if not ours or former is None:
            return "it has been changed since; its former document is in the journal"
        target = {"PolicyArn": arn, "VersionId": former}
        steps.append(Call("SetDefaultPolicyVersion", target, policy.document))
    if created and (made := policy.version(created)):
        steps.append(Call("DeletePolicyVersion", {"PolicyArn": arn, "VersionId": made}, created))
    return tuple(steps)


def _undo_delete_version(arguments: Arguments, before: Document | None, state: State) -> Undone:
    policy = state.policies.get(arguments["PolicyArn"])
    if policy is None:
        return "its policy no longer exists; its document is in the journal"
    if before is None or policy.version(before):
        return ()
    put = {"PolicyArn": arguments["PolicyArn"], "PolicyDocument": before, "SetAsDefault": False}
    return (Call("CreatePolicyVersion", put),)


_POLICY_SIZE = Quota(
    "PolicySizeQuota",
    "characters of managed policy {PolicyName}",
    lambda state, arguments: size(state.policies[state.arn(arguments)].document),
)
_POLICIES = Quota(
    "PoliciesQuota", "customer managed policies in the account", lambda state, _: len(state.policies), "Policies"
)

POLICY_OPERATIONS: Mapping[str, Operation] = {
    "CreatePolicy": Operation(
        ("PolicyName", "Path", "PolicyDocument"),
        verb="create",
        rank=Rank.CREATE_POLICY,
        effect=_create_policy,
        inverse=("DeletePolicy",),
        undo=_undo_create_policy,
        quotas=(_POLICIES, _POLICY_SIZE),
    ),
    "DeletePolicy": Operation(
        ("PolicyArn",),
        verb="delete",
        rank=Rank.REMOVE,
        effect=lambda state, arguments: state.without_policy(arguments["PolicyArn"]),
        inverse=("CreatePolicy",),
        undo=_undo_delete_policy,
    ),
    "CreatePolicyVersion": Operation(
        ("PolicyArn", "PolicyDocument", "SetAsDefault"),
        effect=_create_version,
        inverse=("SetDefaultPolicyVersion",),
        undo=_undo_new_default,
        quotas=(_POLICY_SIZE,),
    ),
    "SetDefaultPolicyVersion": Operation(
        ("PolicyArn", "VersionId"),
        effect=_set_default,
        inverse=("SetDefaultPolicyVersion",),
        undo=_undo_new_default,
    ),
    "DeletePolicyVersion": Operation(
        ("PolicyArn", "VersionId"),
        verb="delete",
        rank=Rank.REMOVE,
        effect=_delete_version,
        inverse=("CreatePolicyVersion",),
        undo=_undo_delete_version,
    ),
}
