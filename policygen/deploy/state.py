"""The part of an account that a plan is about, as plain data that steps can be tried on."""

import hashlib
import json
from bisect import insort
from collections.abc import Iterable, Mapping
from typing import Any

from policygen.account.model import Account, Document, ManagedPolicy
from policygen.deploy.desired import OWN_PATH, Desired
from policygen.deploy.difference import normal

State = dict[str, Any]
"""`groups`: lower-case name → `name`, `path`, `inline` (name → document), `attached` (ARNs), `members` (lower-case
names). `prefix`: what the ARNs of the account's managed policies begin with. `policies`: ARN → `versions` (oldest
first: `id`, `document`), `default` (an id), `holders` (`group/x`, …). `users`: lower-case name → `name`, `groups`
(lower-case names). All of it is JSON."""


def observe(account: Account, desired: Desired) -> State:
    """What an account shows of the groups that are desired, the policies on them or meant for them, and the users.

    Customer managed policies that share a name with one that is meant are among them, wherever their path: IAM lets
    none be made beside them.
    """
    groups = {name.lower() for name in (group.name for group in desired.groups)}
    shown = [group for group in account.groups if group.name.lower() in groups]
    wanted = {policy.arn for group in desired.groups for policy in group.policies if policy.arn}
    wanted |= {attached.arn for group in shown for attached in group.attached}
    made = {
        policy.name.lower() for group in desired.groups for policy in group.policies if policy.arn and policy.document
    }
    holders = _holders(account)
    return {
        "prefix": f"arn:{desired.partition}:iam::{desired.account}:policy",
        "groups": {
            group.name.lower(): {
                "name": group.name,
                "path": group.path,
                "inline": {policy.name: dict(policy.document) for policy in group.inline},
                "attached": sorted(policy.arn for policy in group.attached),
                "members": sorted(user.name.lower() for user in account.members(group.name)),
            }
            for group in shown
        },
        "policies": {
            policy.arn: _policy(policy, holders.get(policy.arn, ()))
            for policy in account.policies
            if policy.arn in wanted
            or (not policy.aws_managed and (policy.path.startswith(OWN_PATH) or policy.name.lower() in made))
        },
        "users": {
            user.name.lower(): {"name": user.name, "groups": sorted(name.lower() for name in user.groups)}
            for user in account.users
        },
    }


def _policy(policy: ManagedPolicy, holders: Iterable[str]) -> dict[str, Any]:
    versions = sorted(policy.versions, key=lambda version: int(version.id.removeprefix("v") or 0))
    return {
        "versions": [{"id": version.id, "document": dict(version.document)} for version in versions],
        "default": policy.default.id,
        "holders": sorted(holders),
    }


def _holders(account: Account) -> dict[str, list[str]]:
    holders: dict[str, list[str]] = {}
    for kind, entities in (("user", account.users), ("group", account.groups), ("role", account.roles)):
        for entity in entities:
            boundary = getattr(entity, "boundary", None)
            for arn in {policy.arn for policy in entity.attached} | ({boundary} if boundary else set()):
                holders.setdefault(arn, []).append(f"{kind}/{entity.name}")
    return holders


def default_document(policy: Mapping[str, Any]) -> Document:
    """The document in force of a managed policy of a state."""
    document: Document = next(v["document"] for v in policy["versions"] if v["id"] == policy["default"])
    return document


def advance(state: State, operation: str, arguments: Mapping[str, Any]) -> None:
    """Change a state as AWS would change the account on one call. The state must be one that the call fits."""
    _EFFECTS[operation](state, arguments)


def _group(state: State, arguments: Mapping[str, Any]) -> dict[str, Any]:
    group: dict[str, Any] = state["groups"][arguments["GroupName"].lower()]
    return group


def _create_group(state: State, arguments: Mapping[str, Any]) -> None:
    state["groups"][arguments["GroupName"].lower()] = {
        "name": arguments["GroupName"],
        "path": arguments["Path"],
        "inline": {},
        "attached": [],
        "members": [],
    }


def _put(state: State, arguments: Mapping[str, Any]) -> None:
    _group(state, arguments)["inline"][arguments["PolicyName"]] = arguments["PolicyDocument"]


def _unput(state: State, arguments: Mapping[str, Any]) -> None:
    del _group(state, arguments)["inline"][arguments["PolicyName"]]


def _attach(state: State, arguments: Mapping[str, Any]) -> None:
    group = _group(state, arguments)
    group["attached"] = sorted({*group["attached"], arguments["PolicyArn"]})
    if policy := state["policies"].get(arguments["PolicyArn"]):
        policy["holders"] = sorted({*policy["holders"], f"group/{group['name']}"})


def _detach(state: State, arguments: Mapping[str, Any]) -> None:
    group = _group(state, arguments)
    group["attached"].remove(arguments["PolicyArn"])
    if policy := state["policies"].get(arguments["PolicyArn"]):
        policy["holders"].remove(f"group/{group['name']}")


def _join(state: State, arguments: Mapping[str, Any]) -> None:
    user, group = state["users"][arguments["UserName"].lower()], _group(state, arguments)
    if group["name"].lower() not in user["groups"]:
        insort(user["groups"], group["name"].lower())
        insort(group["members"], user["name"].lower())


def _leave(state: State, arguments: Mapping[str, Any]) -> None:
    user, group = state["users"][arguments["UserName"].lower()], _group(state, arguments)
    user["groups"].remove(group["name"].lower())
    group["members"].remove(user["name"].lower())


def _create_policy(state: State, arguments: Mapping[str, Any]) -> None:
    arn = state["prefix"] + arguments["Path"] + arguments["PolicyName"]
    state["policies"][arn] = {
        "versions": [{"id": "v1", "document": arguments["PolicyDocument"]}],
        "default": "v1",
        "holders": [],
    }


def _create_version(state: State, arguments: Mapping[str, Any]) -> None:
    policy = state["policies"][arguments["PolicyArn"]]
    version = f"v{1 + max(int(version['id'].removeprefix('v')) for version in policy['versions'])}"
    policy["versions"].append({"id": version, "document": arguments["PolicyDocument"]})
    if arguments["SetAsDefault"]:
        policy["default"] = version


def _delete_version(state: State, arguments: Mapping[str, Any]) -> None:
    policy = state["policies"][arguments["PolicyArn"]]
    policy["versions"] = [version for version in policy["versions"] if version["id"] != arguments["VersionId"]]


def _set_default(state: State, arguments: Mapping[str, Any]) -> None:
    state["policies"][arguments["PolicyArn"]]["default"] = arguments["VersionId"]


def _delete_policy(state: State, arguments: Mapping[str, Any]) -> None:
    del state["policies"][arguments["PolicyArn"]]


def _delete_group(state: State, arguments: Mapping[str, Any]) -> None:
    del state["groups"][arguments["GroupName"].lower()]


_EFFECTS = {
    "CreateGroup": _create_group,
    "DeleteGroup": _delete_group,
    "PutGroupPolicy": _put,
    "DeleteGroupPolicy": _unput,
    "AttachGroupPolicy": _attach,
    "DetachGroupPolicy": _detach,
    "AddUserToGroup": _join,
    "RemoveUserFromGroup": _leave,
    "CreatePolicy": _create_policy,
    "DeletePolicy": _delete_policy,
    "CreatePolicyVersion": _create_version,
    "DeletePolicyVersion": _delete_version,
    "SetDefaultPolicyVersion": _set_default,
}


def digest(data: Any) -> str:
    """The SHA-256 of JSON data, the same for the same data everywhere."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def fingerprint(state: State) -> str:
    """A digest that two states share if a plan cannot tell them apart: version ids and spelling do not count.

    Of policies that are not ours only the ARN counts, and of AWS's own only where it is attached: IAM lists those in
    an account's details once they are attached somewhere, so they come and go with the attachments themselves.
    """
    own = state["prefix"] + OWN_PATH
    return digest(
        {
            "groups": {
                name: group | {"inline": {key: normal(document) for key, document in group["inline"].items()}}
                for name, group in state["groups"].items()
            },
            "policies": {
                arn: {
                    "default": normal(default_document(policy)),
                    "versions": sorted(digest(normal(version["document"])) for version in policy["versions"]),
                }
                for arn, policy in state["policies"].items()
                if arn.startswith(own)
            },
            "others": [arn for arn in sorted(state["policies"]) if arn.startswith(state["prefix"] + "/")],
            "users": {
                name: sorted(set(user["groups"]) & state["groups"].keys()) for name, user in state["users"].items()
            },
        }
    )
