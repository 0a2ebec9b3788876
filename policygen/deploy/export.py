"""Export the desired groups and policies as a template for CloudFormation or Terraform.

The template refers to "this account" and "this partition" in place of the account's own, so that one template serves a
whole organization.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from policygen.deploy.desired import Desired, arn_name, arn_path
from policygen.policy.canonical import canonical, dumps

FORMATS = ("cloudformation", "terraform")
"""The formats of an export; both are JSON."""

_NOT_ALNUM = re.compile(r"[^A-Za-z0-9]+")


def export(desired: Desired, output_format: str) -> str:
    """The groups, their policies and their declared members as a template; see `left_out` for the rest."""
    template = {"cloudformation": _cloudformation, "terraform": _terraform}[output_format](desired)
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def left_out(desired: Desired) -> list[str]:
    """One sentence for everything that a template cannot express."""
    depends = [group.name for group in desired.groups if group.common or group.is_category]
    text = f"the members of {', '.join(depends)} depend on the account's users; `policygen apply` adds them"
    return [text] if depends else []


def _cloudformation(desired: Desired) -> dict[str, Any]:
    names = _Names("")
    here = _here(desired, "${AWS::AccountId}", "${AWS::Partition}")

    def value(text: str) -> Any:
        # CloudFormation writes `${!aws:username}` as `${aws:username}`, a policy variable for IAM to replace
        literal = text.replace("${", "${!")
        return {"Fn::Sub": here(literal)} if here(literal) != literal else text

    def document(document: Mapping[str, Any]) -> Any:
        return _mapped(canonical(document), value)

    managed = {arn: names.unique(f"Policy{arn_name(arn)}") for arn in desired.managed}
    resources: dict[str, Any] = {}
    for arn, held in desired.managed.items():
        policy = {"ManagedPolicyName": arn_name(arn), "Path": arn_path(arn), "PolicyDocument": document(held)}
        resources[managed[arn]] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy}
    for group in desired.groups:
        name = names.unique(f"Group{group.name}")
        properties: dict[str, Any] = {"GroupName": group.name, "Path": group.path}
        if arns := [policy.arn for policy in group.policies if policy.arn]:
            properties["ManagedPolicyArns"] = [{"Ref": managed[arn]} if arn in managed else value(arn) for arn in arns]
        if inline := [policy for policy in group.policies if policy.arn is None]:
            properties["Policies"] = [
                {"PolicyName": policy.name, "PolicyDocument": document(policy.document or {})} for policy in inline
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
    managed = {arn: names.unique(arn_name(arn)) for arn in desired.managed}
    for arn, document in desired.managed.items():
        policy = {"name": arn_name(arn), "path": arn_path(arn), "policy": text(document)}
        resources["aws_iam_policy"][managed[arn]] = policy
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
        # this resource adds groups to a user without touching the user's other groups
        resources["aws_iam_user_group_membership"][names.unique(user)] = {"user": user, "groups": groups}
    return {"data": {"aws_caller_identity": {"current": {}}, "aws_partition": {"current": {}}}, "resource": resources}


def _here(desired: Desired, account: str, partition: str) -> Callable[[str], str]:
    """A function that replaces the account id, and the partition of ARNs, with references."""
    number = re.compile(rf"(?<!\d){desired.account}(?!\d)")
    arn = re.compile(rf"\barn:{re.escape(desired.partition)}:")
    return lambda text: arn.sub(lambda _: f"arn:{partition}:", number.sub(lambda _: account, text))


def _mapped(data: Any, value: Callable[[str], Any]) -> Any:
    """JSON data with every string replaced, except the keys of objects."""
    if isinstance(data, str):
        return value(data)
    if isinstance(data, list):
        return [_mapped(item, value) for item in data]
    return {key: _mapped(item, value) for key, item in data.items()} if isinstance(data, dict) else data


class _Names:
    """Unique names of resources, made of letters and digits."""

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
