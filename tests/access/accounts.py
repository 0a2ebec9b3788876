"""A small account to ask about, and the files of its snapshot."""

import json

from policygen.audit.example import answers
from tests.policies import allow, deny, document

ACCOUNT, OTHER = "123456789012", "111122223333"
IAM = f"arn:aws:iam::{ACCOUNT}"
ROLE = f"{IAM}:role/deploy"
GITHUB = f"{IAM}:oidc-provider/token.actions.githubusercontent.com"
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def inline(name, *statements):
    return [{"PolicyName": name, "PolicyDocument": document(*statements)}]


def trusts(key, value, action="sts:AssumeRole", **more):
    return {"Effect": "Allow", "Principal": {key: value}, "Action": action, **more}


SKETCH = {
    "UserDetailList": [
        {"UserName": "alice", "GroupList": ["AllUsers", "Developers"], "Tags": [{"Key": "team", "Value": "red"}]},
        {"UserName": "bob", "GroupList": ["AllUsers", "Developers"], "Tags": [{"Key": "team", "Value": "blue"}]},
        {"UserName": "carol", "GroupList": ["AllUsers", "Admins"]},
        {"UserName": "dave", "GroupList": ["AllUsers"], "AttachedManagedPolicies": ["aws:policy/ReadOnlyAccess"]},
        {
            "UserName": "erin",
            "GroupList": ["Developers"],
            "PermissionsBoundary": {"PermissionsBoundaryArn": f"{IAM}:policy/limit"},
        },
    ],
    "GroupDetailList": [
        {
            "GroupName": "AllUsers",
            "GroupPolicyList": [
                *inline("enforce-mfa", deny(Sid="NoMFA", Condition=NO_MFA)),
                *inline("self-manage", allow("iam:CreateAccessKey", f"{IAM}:user/${{aws:username}}", Sid="OwnKeys")),
            ],
        },
        {
            "GroupName": "Developers",
            "GroupPolicyList": inline(
                "dev",
                allow(["s3:Get*", "s3:DeleteBucket"], Sid="Buckets"),
                allow("ec2:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}, Sid="OfRed"),
                allow("sts:AssumeRole", ROLE, Sid="Deploy"),
            ),
        },
        {"GroupName": "Admins", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"]},
    ],
    "RoleDetailList": [
        {
            "RoleName": "ci",
            "AssumeRolePolicyDocument": document(
                trusts(
                    "Federated",
                    GITHUB,
                    "sts:AssumeRoleWithWebIdentity",
                    Condition={"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}},
                )
            ),
            "RolePolicyList": inline("bucket", allow("s3:*", "arn:aws:s3:::prod-*", Sid="Prod")),
        },
        {
            "RoleName": "deploy",
            "AssumeRolePolicyDocument": document(
                trusts("AWS", f"{IAM}:root", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
                trusts("AWS", f"arn:aws:iam::{OTHER}:root", Condition={"StringEquals": {"sts:ExternalId": "x1"}}),
                trusts("Service", "ec2.amazonaws.com"),
            ),
            "RolePolicyList": inline(
                "delete",
                allow("s3:Delete*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, Sid="FromOffice"),
            ),
        },
    ],
    "Policies": [{"PolicyName": "limit", "Document": document(allow(["s3:Get*", "iam:*"]))}],
}


def write_snapshot(folder, sketch):
    """The folder, as `policygen snapshot` would write it."""
    folder.mkdir(exist_ok=True)
    for part, answer in answers(sketch).items():
        (folder / f"{part}.json").write_text(json.dumps(answer))
    return folder
