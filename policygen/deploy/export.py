"""What a manifest wants of its accounts, for the engines that roll out by themselves: CloudFormation and Terraform.

The document is rendered for one account and says "this account" and "this partition" in place of its own, so
one template serves a whole organization.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from policygen.deploy.desired import Desired, DesiredGroup, DesiredPolicy, arn_name, arn_path
from policygen.policy.canonical import canonical, dumps

FORMATS = ("cloudformation", "terraform")
"""The formats of an export; both are JSON."""

_NOT_ALNUM = re.compile(r"[^A-Za-z0-9]+")


def export(desired: Desired, output_format: str) -> str:
    """The groups, their policies and declared members as a template; everybody's group is not known to a template."""
    template = {"cloudformation": _cloudformation, "terraform": _terraform}[output_format](desired)
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def left_out(desired: Desired) -> list[str]:
    """What a template cannot say, one sentence each."""
    depends = [group.name for group in desired.groups if group.common or group.is_category]
    if not depends:
        return []
    return [
        f"the members of {', '.join(depends)} depend on who is there; `policygen apply` puts users into their groups"
    ]


def _cloudformation(desired: Desired) -> dict[str, Any]:
    names = _Names("")
    here = _here(desired, "${AWS::AccountId}", "${AWS::Partition}")

    def value(text: str) -> Any:
        # `${aws:username}` is for IAM to fill in, and `${!` keeps CloudFormation from trying
        replaced = here(text.replace("${", "${!"))
        return {"Fn::Sub": replaced} if replaced != text.replace("${", "${!") else text

    managed = {arn: names.unique(f"Policy{arn_name(arn)}") for arn in _managed(desired)}
    resources: dict[str, Any] = {
        name: {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "ManagedPolicyName": arn_name(arn),
                "Path": arn_path(arn),
                "PolicyDocument": _mapped(canonical(_managed(desired)[arn]), value),
            },
        }
        for arn, name in managed.items()
    }
    for group in desired.groups:
        name = names.unique(f"Group{group.name}")
        properties: dict[str, Any] = {"GroupName": group.name, "Path": group.path}
        arns = [policy.arn for policy in group.policies if policy.arn]
        if arns:
            properties["ManagedPolicyArns"] = [{"Ref": managed[arn]} if arn in managed else value(arn) for arn in arns]
        if inline := _inline(group):
            properties["Policies"] = [
                {"PolicyName": policy.name, "PolicyDocument": _mapped(canonical(policy.document or {}), value)}
                for policy in inline
            ]
        resources[name] = {"Type": "AWS::IAM::Group", "Properties": properties}
        if group.members:
            resources[names.unique(f"Members{group.name}")] = {
                "Type": "AWS::IAM::UserToGroupAddition",
                "Properties": {"GroupName": {"Ref": name}, "Users": list(group.members)},
            }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "IAM groups and their policies, written by policygen; needs CAPABILITY_NAMED_IAM",
        "Resources": resources,
    }


def _terraform(desired: Desired) -> dict[str, Any]:
    names = _Names("_")
    here = _here(desired, "${data.aws_caller_identity.current.account_id}", "${data.aws_partition.current.partition}")

    def value(text: str) -> str:
        return here(text.replace("${", "$${").replace("%{", "%%{"))

    def text(document: Mapping[str, Any]) -> str:
        return value(dumps(document, minify=True).strip())

    resources: dict[str, dict[str, Any]] = defaultdict(dict)
    managed = {arn: names.unique(arn_name(arn)) for arn in _managed(desired)}
    for arn, name in managed.items():
        policy = {"name": arn_name(arn), "path": arn_path(arn), "policy": text(_managed(desired)[arn])}
        resources["aws_iam_policy"][name] = policy
    users: dict[str, list[str]] = defaultdict(list)
    for group in desired.groups:
        name = names.unique(group.name)
        reference = f"${{aws_iam_group.{name}.name}}"
        resources["aws_iam_group"][name] = {"name": group.name, "path": group.path}
        for held in group.policies:
            key = names.unique(f"{group.name}_{held.name}")
            if held.arn is None:
                inline = {"name": held.name, "group": reference, "policy": text(held.document or {})}
                resources["aws_iam_group_policy"][key] = inline
            else:
                target = f"${{aws_iam_policy.{managed[held.arn]}.arn}}" if held.arn in managed else value(held.arn)
                resources["aws_iam_group_policy_attachment"][key] = {"group": reference, "policy_arn": target}
        for user in group.members:
            users[user].append(reference)
    for user, groups in users.items():
        # the resource that adds to a user's groups and leaves the others alone
        resources["aws_iam_user_group_membership"][names.unique(user)] = {"user": user, "groups": groups}
    return {
        "data": {"aws_caller_identity": {"current": {}}, "aws_partition": {"current": {}}},
        "resource": resources,
    }


def _managed(desired: Desired) -> dict[str, Mapping[str, Any]]:
    return {
        policy.arn: policy.document
        for group in desired.groups
        for policy in group.policies
        if policy.arn and policy.document is not None
    }


def _inline(group: DesiredGroup) -> list[DesiredPolicy]:
    return [policy for policy in group.policies if policy.arn is None]


def _here(desired: Desired, account: str, partition: str) -> Callable[[str], str]:
    """A function that replaces the account's id, and the partition in ARNs, by how a template refers to them."""
    number = re.compile(rf"(?<!\d){desired.account}(?!\d)")
    arn = re.compile(rf"\barn:{re.escape(desired.partition)}:")
    return lambda text: arn.sub(lambda _: f"arn:{partition}:", number.sub(lambda _: account, text))


def _mapped(data: Any, value: Callable[[str], Any]) -> Any:
    """JSON data with every text in it, but not the keys of objects, replaced."""
    if isinstance(data, str):
        return value(data)
    if isinstance(data, list):
        return [_mapped(item, value) for item in data]
    return {key: _mapped(item, value) for key, item in data.items()} if isinstance(data, dict) else data


class _Names:
    """Names of resources: letters and digits of what they are called, each once."""

    def __init__(self, separator: str) -> None:
        self.separator = separator
        self.taken: set[str] = set()

    def unique(self, text: str) -> str:
        base = _NOT_ALNUM.sub(self.separator, text).strip("_") or "x"
        base = f"x{base}" if base[0].isdigit() else base
        name, number = base, 1
        while name.lower() in self.taken:
            number += 1
            name = f"{base}{self.separator}{number}"
        self.taken.add(name.lower())
        return name
