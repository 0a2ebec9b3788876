"""An export as a CloudFormation template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policygen.deploy.desired import Desired, DesiredGroup, DesiredPolicy, DesiredRole, arn_name, arn_path
from policygen.deploy.export_texts import Names, here, mapped
from policygen.deploy.organization import OrganizationPolicy
from policygen.policy.canonical import canonical

Json = dict[str, Any]
_TYPES = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}


def cloudformation(desired: Desired) -> Json:
    """The template of an account."""
    return _Template(desired).whole()


def cloudformation_of_organization(policies: Sequence[OrganizationPolicy]) -> Json:
    """The template of an organization's policies, for its management account."""
    names = Names("")
    resources = {
        names.unique(f"{policy.kind.capitalize()}{policy.name}"): {
            "Type": "AWS::Organizations::Policy",
            "Properties": {
                "Name": policy.name,
                "Type": _TYPES[policy.kind],
                "Content": canonical(policy.document),
                "TargetIds": list(policy.targets),
            },
        }
        for policy in policies
    }
    return _with_resources("Policies of an organization, written by policygen", resources)


@dataclass
class _Template:
    """The template while it is written."""

    desired: Desired

    def __post_init__(self) -> None:
        self.names = Names("")
        self.here = here(self.desired, "${AWS::AccountId}", "${AWS::Partition}")
        self.managed = {arn: self.names.unique(f"Policy{arn_name(arn)}") for arn in self.desired.managed}

    def whole(self) -> Json:
        resources: Json = {}
        for arn, held in self.desired.managed.items():
            policy = {"ManagedPolicyName": arn_name(arn), "Path": arn_path(arn), "PolicyDocument": self.document(held)}
            resources[self.managed[arn]] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy}
        for group in self.desired.groups:
            resources |= self.group(group)
        for role in self.desired.roles:
            resources[self.names.unique(f"Role{role.name}")] = self.role(role)
        what = "IAM groups, roles and their policies" if self.desired.roles else "IAM groups and their policies"
        return _with_resources(f"{what}, written by policygen; needs CAPABILITY_NAMED_IAM", resources)

    def group(self, group: DesiredGroup) -> Json:
        name = self.names.unique(f"Group{group.name}")
        properties = {"GroupName": group.name, "Path": group.path, **self.policies(group.policies)}
        resources: Json = {name: {"Type": "AWS::IAM::Group", "Properties": properties}}
        if group.members:
            resources[self.names.unique(f"Members{group.name}")] = {
                "Type": "AWS::IAM::UserToGroupAddition",
                "Properties": {"GroupName": {"Ref": name}, "Users": list(group.members)},
            }
        return resources

    def role(self, role: DesiredRole) -> Json:
        properties = {
            "RoleName": role.name,
            "Path": role.path,
            "AssumeRolePolicyDocument": self.document(role.trust),
            "MaxSessionDuration": role.max_session_hours * 3600,
            **({"PermissionsBoundary": self.reference(role.boundary)} if role.boundary else {}),
            **self.policies(role.policies),
        }
        return {"Type": "AWS::IAM::Role", "Properties": properties}

    def policies(self, policies: Sequence[DesiredPolicy]) -> Json:
        """The properties of a group or role that its policies are in."""
        properties: Json = {}
        if arns := [policy.arn for policy in policies if policy.arn]:
            properties["ManagedPolicyArns"] = [self.reference(arn) for arn in arns]
        if inline := [policy for policy in policies if policy.arn is None]:
            properties["Policies"] = [
                {"PolicyName": policy.name, "PolicyDocument": self.document(policy.document or {})} for policy in inline
            ]
        return properties

    def reference(self, arn: str) -> Any:
        return {"Ref": self.managed[arn]} if arn in self.managed else self.value(arn)

    def value(self, text: str) -> Any:
        # CloudFormation writes `${!aws:username}` as `${aws:username}`, a policy variable for IAM to replace
        literal = text.replace("${", "${!")
        return {"Fn::Sub": self.here(literal)} if self.here(literal) != literal else text

    def document(self, document: Mapping[str, Any]) -> Any:
        return mapped(canonical(document), self.value)


def _with_resources(description: str, resources: Json) -> Json:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Description": description, "Resources": resources}
