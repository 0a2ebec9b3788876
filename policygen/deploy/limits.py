"""IAM's quotas, as the account states them, and whether a plan stays inside them at every step."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from policygen.deploy.desired import arn_name
from policygen.deploy.state import State, advance, default_document
from policygen.errors import PolicygenError
from policygen.policy.canonical import size
from policygen.reference.quotas import account_quotas


@dataclass(frozen=True)
class Limits:
    """Quotas and counts by `GetAccountSummary`'s names; AWS's defaults stand in for quotas that it does not state."""

    summary: Mapping[str, int]

    def of(self, quota: str) -> int:
        """A quota."""
        return int(self.summary.get(quota, account_quotas()[quota]))


def check(observed: State, calls: Iterable[tuple[str, Mapping[str, Any]]], limits: Limits) -> None:
    """Raise PolicygenError at the first call after which a quota would be broken."""
    state = deepcopy(observed)
    groups, policies = limits.summary.get("Groups", 0), limits.summary.get("Policies", 0)
    for operation, arguments in calls:
        advance(state, operation, arguments)
        groups += (operation == "CreateGroup") - (operation == "DeleteGroup")
        policies += (operation == "CreatePolicy") - (operation == "DeletePolicy")
        _within(groups, limits, "GroupsQuota", "groups in the account")
        _within(policies, limits, "PoliciesQuota", "customer managed policies in the account")
        _one(state, operation, arguments, limits)


def _one(state: State, operation: str, arguments: Mapping[str, Any], limits: Limits) -> None:
    name = arguments.get("GroupName", "")
    group = state["groups"].get(name.lower(), {})
    if operation == "PutGroupPolicy":
        total = sum(size(document) for document in group["inline"].values())
        _within(total, limits, "GroupPolicySizeQuota", f"characters of inline policies on group {name}")
    if operation == "AttachGroupPolicy":
        _within(len(group["attached"]), limits, "AttachedPoliciesPerGroupQuota", f"managed policies on group {name}")
    if operation == "AddUserToGroup":
        user = state["users"][arguments["UserName"].lower()]
        _within(len(user["groups"]), limits, "GroupsPerUserQuota", f"groups of user {user['name']}")
    if operation in ("CreatePolicy", "CreatePolicyVersion"):
        arn = arguments.get("PolicyArn") or state["prefix"] + arguments["Path"] + arguments["PolicyName"]
        characters = size(default_document(state["policies"][arn]))
        _within(characters, limits, "PolicySizeQuota", f"characters of managed policy {arn_name(arn)}")


def _within(count: int, limits: Limits, quota: str, what: str) -> None:
    if count > limits.of(quota):
        raise PolicygenError(f"the plan needs {count} {what}, and {quota} is {limits.of(quota)}; nothing was changed")
