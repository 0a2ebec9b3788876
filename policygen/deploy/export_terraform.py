"""An export in Terraform's JSON syntax."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from policygen.deploy.desired import Desired, DesiredGroup, DesiredPolicy, DesiredRole, arn_name, arn_path
from policygen.deploy.export_texts import Names, here
from policygen.deploy.organization import OrganizationPolicy
from policygen.policy.canonical import dumps

Json = dict[str, Any]
_TYPES = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}


def terraform(desired: Desired) -> Json:
    """The configuration of an account."""
    return _Configuration(desired).whole()


def terraform_of_organization(policies: Sequence[OrganizationPolicy]) -> Json:
    """The configuration of an organization's policies, for its management account."""
    names = Names("_")
    resources: dict[str, Json] = defaultdict(dict)
    for policy in policies:
        name = names.unique(f"{policy.kind}_{policy.name}")
        content = _escaped(dumps(policy.document, minify=True).strip())
        resources["aws_organizations_policy"][name] = {
            "name": policy.name,
            "type": _TYPES[policy.kind],
            "content": content,
        }
        for target in policy.targets:
            resources["aws_organizations_policy_attachment"][names.unique(f"{name}_{target}")] = {
                "policy_id": f"${{aws_organizations_policy.{name}.id}}",
                "target_id": target,
            }
    return {"resource": resources}


class _Configuration:
    """The configuration while it is written."""

    def __init__(self, desired: Desired) -> None:
        self.desired = desired
        self.names = Names("_")
        account, partition = "data.aws_caller_identity.current.account_id", "data.aws_partition.current.partition"
        self.here = here(desired, f"${{{account}}}", f"${{{partition}}}")
        self.managed = {arn: self.names.unique(arn_name(arn)) for arn in desired.managed}
        self.resources: dict[str, Json] = defaultdict(dict)

    def whole(self) -> Json:
        for arn, document in self.desired.managed.items():
            policy = {"name": arn_name(arn), "path": arn_path(arn), "policy": self.text(document)}
            self.resources["aws_iam_policy"][self.managed[arn]] = policy
        users: dict[str, list[str]] = defaultdict(list)
        for group in self.desired.groups:
            reference = self.group(group)
            for user in group.members:
                users[user].append(reference)
        for user, groups in users.items():
            # this resource adds groups to a user without touching the user's other groups
            membership = {"user": user, "groups": groups}
            self.resources["aws_iam_user_group_membership"][self.names.unique(user)] = membership
        for role in self.desired.roles:
            self.role(role)
        data: Json = {"aws_caller_identity": {"current": {}}, "aws_partition": {"current": {}}}
        return {"data": data, "resource": self.resources}

    def group(self, group: DesiredGroup) -> str:
        """Add a group and its policies; return the reference to its name."""
        name = self.names.unique(group.name)
        reference = f"${{aws_iam_group.{name}.name}}"
        self.resources["aws_iam_group"][name] = {"name": group.name, "path": group.path}
        self.policies("group", group.name, reference, group.policies)
        return reference

    def role(self, role: DesiredRole) -> None:
        """Add a role and its policies."""
        name = self.names.unique(role.name)
        self.resources["aws_iam_role"][name] = {
            "name": role.name,
            "path": role.path,
            "assume_role_policy": self.text(role.trust),
            "max_session_duration": role.max_session_hours * 3600,
            **({"permissions_boundary": self.reference(role.boundary)} if role.boundary else {}),
        }
        self.policies("role", role.name, f"${{aws_iam_role.{name}.name}}", role.policies)

    def policies(self, kind: str, owner: str, reference: str, policies: Sequence[DesiredPolicy]) -> None:
        """Add the policies of a group or role, inline and attached."""
        for held in policies:
            key = self.names.unique(f"{owner}_{held.name}")
            if held.arn is None:
                inline = {"name": held.name, kind: reference, "policy": self.text(held.document or {})}
                self.resources[f"aws_iam_{kind}_policy"][key] = inline
            else:
                attachment = {kind: reference, "policy_arn": self.reference(held.arn)}
                self.resources[f"aws_iam_{kind}_policy_attachment"][key] = attachment

    def reference(self, arn: str) -> str:
        return f"${{aws_iam_policy.{self.managed[arn]}.arn}}" if arn in self.managed else self.here(_escaped(arn))

    def text(self, document: Mapping[str, Any]) -> str:
        return self.here(_escaped(dumps(document, minify=True).strip()))


def _escaped(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")
