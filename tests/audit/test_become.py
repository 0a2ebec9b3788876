"""Who is administrator, and who can become one, in accounts of a few users and roles."""

import pytest

from policygen.audit.example import subject
from policygen.audit.rules import registry
from tests.audit.sketches import ADMIN, inline, statement

ACCOUNT = "arn:aws:iam::123456789012:"
ROOT_TRUST = {"Statement": statement("sts:AssumeRole", Principal={"AWS": f"{ACCOUNT}root"})}
del ROOT_TRUST["Statement"]["Resource"]
TAGGED = {"StringEquals": {"aws:ResourceTag/a": "b"}}
AT_HOME = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
LAMBDA_TRUST = {
    "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
}


def policy(name, *statements, older=()):
    """A managed policy with older versions."""
    versions = [
        {
            "VersionId": f"v{number}",
            "IsDefaultVersion": not number,
            "Document": {"Version": "2012-10-17", "Statement": list(document)},
        }
        for number, document in enumerate((statements, *older))
    ]
    return {"PolicyName": name, "Arn": f"{ACCOUNT}policy/{name}", "PolicyVersionList": versions}


def account(*statements, attached=(), groups=(), boundary="", policies=(), users=(), roles=()):
    """An account with an administrator, a group and a role of administrators, and `eve`, who holds the statements."""
    eve = {"UserName": "eve", "GroupList": list(groups), "AttachedManagedPolicies": list(attached)}
    eve |= {"UserPolicyList": inline(*statements)} if statements else {}
    if boundary:
        eve |= {"PermissionsBoundary": {"PermissionsBoundaryArn": f"{ACCOUNT}policy/{boundary}"}}
    return {
        "UserDetailList": [{"UserName": "chief", "GroupList": ["Admins"]}, {"UserName": "clerk"}, eve, *users],
        "GroupDetailList": [
            {"GroupName": "Admins", "AttachedManagedPolicies": [ADMIN]},
            {"GroupName": "Staff", "GroupPolicyList": inline(statement("s3:GetObject"))},
        ],
        "RoleDetailList": [
            {"RoleName": "Admin", "AttachedManagedPolicies": [ADMIN], "AssumeRolePolicyDocument": ROOT_TRUST},
            {
                "RoleName": "hop",
                "RolePolicyList": inline(statement("sts:AssumeRole", resource=f"{ACCOUNT}role/Admin")),
                "AssumeRolePolicyDocument": ROOT_TRUST,
            },
            {"RoleName": "plain", "AssumeRolePolicyDocument": ROOT_TRUST},
            {"RoleName": "worker", "AttachedManagedPolicies": [ADMIN], "AssumeRolePolicyDocument": LAMBDA_TRUST},
            *roles,
        ],
        "Policies": [policy("other", statement("s3:GetObject")), *policies],
    }


def result(sketch, name="eve", rule="user-can-escalate"):
    """Result and everything that is said of one entity."""
    found = [v for v in registry()[rule].check(subject(sketch)) if v.entity.name == name]
    assert len(found) == 1
    return str(found[0].result), " ".join((found[0].message, *found[0].evidence))


ON = {
    name: f"{ACCOUNT}{name}"
    for name in (
        *("user/chief", "user/clerk", "user/eve", "group/Admins", "group/Staff", "policy/app", "policy/other"),
        *("role/Admin", "role/hop", "role/plain", "role/worker"),
    )
}


def rolls_back(*older):
    """An account in which eve may set another version of the policy attached to them, and the older versions."""
    app = policy("app", statement("iam:SetDefaultPolicyVersion", resource=ON["policy/app"]), older=older)
    return account(attached=["123456789012:policy/app"], policies=[app])


WAYS = {
    "a key of an administrator": (account(statement("iam:CreateAccessKey", resource=ON["user/chief"])), "user/chief"),
    "a password of an administrator": (
        account(statement("iam:UpdateLoginProfile", resource=f"{ACCOUNT}user/c*")),
        "user/chief",
    ),
    "the administrators' group": (
        account(statement("iam:AddUserToGroup", resource=ON["group/Admins"])),
        "group/Admins",
    ),
    "a policy that one holds": (
        account(
            attached=["123456789012:policy/app"],
            policies=[policy("app", statement("iam:CreatePolicyVersion", resource=ON["policy/app"]))],
        ),
        "policy/app",
    ),
    "an older version of a policy that one holds": (
        rolls_back([statement("*")]),
        "to v1 on `policy/app`",
    ),
    "a role of administrators": (account(statement("sts:AssumeRole", resource=ON["role/Admin"])), "`role/Admin`"),
    "a role through a role": (account(statement("sts:AssumeRole", resource=ON["role/hop"])), "`role/hop`"),
    "a role that names the user": (
        account(
            roles=[
                {
                    "RoleName": "mine",
                    "AttachedManagedPolicies": [ADMIN],
                    "AssumeRolePolicyDocument": {
                        "Statement": {
                            "Effect": "Allow",
                            "Principal": {"AWS": ON["user/eve"]},
                            "Action": "sts:AssumeRole",
                        }
                    },
                }
            ]
        ),
        "`role/mine`",
    ),
    "a trust policy": (account(statement("iam:UpdateAssumeRolePolicy", resource=ON["role/worker"])), "role/worker"),
    "oneself by name": (account(statement("iam:PutUserPolicy", resource=ON["user/eve"])), "on `user/eve`"),
    "a group that one is in": (
        account(statement("iam:AttachGroupPolicy", resource=ON["group/Staff"]), groups=["Staff"]),
        "group/Staff",
    ),
    "a group to join and to change": (
        account(statement("iam:AddUserToGroup", "iam:PutGroupPolicy", resource=ON["group/Staff"])),
        "group/Staff",
    ),
    "a role to assume and to change": (
        account(statement("sts:AssumeRole", "iam:PutRolePolicy", resource=ON["role/plain"])),
        "role/plain",
    ),
    "a role to pass": (
        account(
            statement("iam:PassRole", resource=ON["role/worker"]),
            statement("lambda:CreateFunction", "lambda:InvokeFunction"),
        ),
        "role/worker",
    ),
    "another user who can": (
        account(
            statement("iam:CreateAccessKey", resource=ON["user/clerk"]),
            users=[
                {
                    "UserName": "helper",
                    "UserPolicyList": inline(statement("iam:CreateAccessKey", resource=ON["user/chief"])),
                }
            ],
        )
        | {},
        "",
    ),
}
WAYS["another user who can"][0]["UserDetailList"][1]["UserPolicyList"] = inline(
    statement("sts:AssumeRole", resource=ON["role/hop"])
)


@pytest.mark.parametrize("name", WAYS)
def test_a_way_to_administrator_over_what_is_named_is_found(name):
    sketch, says = WAYS[name]
    found, said = result(sketch)
    assert found == "fail"
    assert says in said


@pytest.mark.parametrize("name", WAYS)
def test_a_deny_in_any_policy_closes_the_way(name):
    """The same, with everything of IAM and STS denied: only a trust policy that names the user would need no Allow."""
    sketch, _ = WAYS[name]
    deny = inline(statement("iam:*", "sts:*", effect="Deny"))
    users = [
        user | {"UserPolicyList": [*user.get("UserPolicyList", []), {**deny[0], "PolicyName": "deny"}]}
        if user["UserName"] == "eve"
        else user
        for user in sketch["UserDetailList"]
    ]
    assert result(sketch | {"UserDetailList": users})[0] == "pass"


@pytest.mark.parametrize("name", WAYS)
def test_what_a_boundary_does_not_allow_is_closed(name):
    sketch, _ = WAYS[name]
    limit = {"PermissionsBoundaryArn": f"{ACCOUNT}policy/limit"}
    users = [u | ({"PermissionsBoundary": limit} if u["UserName"] == "eve" else {}) for u in sketch["UserDetailList"]]
    bounded = sketch | {"UserDetailList": users, "Policies": [*sketch["Policies"], policy("limit", statement("s3:*"))]}
    # IAM User Guide: a boundary does not limit what a resource's policy gives to the user's own ARN
    assert result(bounded)[0] == ("fail" if name == "a role that names the user" else "pass")
    assert result(bounded | {"Policies": sketch["Policies"]})[0] == "unknown"


@pytest.mark.parametrize("name", WAYS)
def test_the_same_as_a_condition_on_mfa_and_place_changes_nothing(name):
    sketch, _ = WAYS[name]
    when = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    users = [
        user
        | {
            "UserPolicyList": [
                {
                    **p,
                    "PolicyDocument": {
                        "Statement": [s | {"Condition": when} for s in p["PolicyDocument"]["Statement"]]
                    },
                }
                for p in user.get("UserPolicyList", [])
            ]
        }
        for user in sketch["UserDetailList"]
    ]
    assert result(sketch | {"UserDetailList": users})[0] == "fail"


@pytest.mark.parametrize(
    "sketch",
    [
        account(),
        account(statement("iam:CreateAccessKey", resource=ON["user/clerk"])),
        account(statement("iam:CreateAccessKey", resource=f"{ACCOUNT}user/${{aws:username}}")),
        account(statement("iam:AddUserToGroup", resource=ON["group/Staff"])),
        account(statement("iam:CreatePolicyVersion", resource=ON["policy/other"])),
        account(statement("sts:AssumeRole", resource=ON["role/plain"])),
        account(statement("sts:AssumeRole", resource=ON["role/worker"])),  # which trusts a service only
        account(statement("iam:PassRole", resource=ON["role/worker"])),
        account(statement("sts:AssumeRole", resource="arn:aws:iam::999999999999:role/far")),
        rolls_back(),
        rolls_back([statement("s3:*")]),
        account(statement("iam:DeleteUserPermissionsBoundary", resource=ON["user/eve"])),  # it has none
        account(statement("iam:DetachUserPolicy", "iam:RemoveUserFromGroup"), groups=["Staff"]),  # nothing is denied
        account(statement("lambda:UpdateFunctionCode", resource="arn:aws:lambda:*:*:function:f"))
        | {"RoleDetailList": [{"RoleName": "plain", "AssumeRolePolicyDocument": LAMBDA_TRUST}]},
    ],
)
def test_what_leads_nowhere_passes(sketch):
    assert result(sketch) == ("pass", "")


@pytest.mark.parametrize(
    ("sketch", "says"),
    [
        (account(statement("lambda:UpdateFunctionCode", resource="arn:aws:lambda:*:*:function:f")), "function:f"),
        (
            account(
                statement("ssm:StartSession", Condition={"StringEquals": {"ssm:resourceTag/team": "web"}}),
                roles=[{"RoleName": "box", "AttachedManagedPolicies": [ADMIN]}],
            ),
            "if that runs with `role/box`",
        ),
        (account(statement("sts:AssumeRole", resource=ON["role/Admin"], Condition=TAGGED)), "perhaps"),
        (account(attached=["123456789012:policy/unread"]), "policy `unread`|`unread`"),
        (account(groups=["Unread"]), "Unread"),
        (account(boundary="unread"), "boundary"),
    ],
)  # fmt: skip
def test_what_the_snapshot_does_not_tell_is_unknown(sketch, says):
    found, said = result(sketch)
    assert found == "unknown"
    assert any(word in said for word in says.split("|"))


CHANGES = {
    "removes its boundary": account(
        statement("*"),
        boundary="limit",
        policies=[policy("limit", statement("s3:*", "iam:DeleteUserPermissionsBoundary"))],
    ),
    "replaces its boundary": account(
        statement("*"),
        boundary="limit",
        policies=[policy("limit", statement("s3:*", "iam:PutUserPermissionsBoundary"))],
    ),
    "rewrites its boundary": account(
        statement("*"),
        boundary="limit",
        policies=[policy("limit", statement("s3:*", "iam:CreatePolicyVersion"))],
    ),
    "detaches what denies": account(
        statement("*"),
        attached=["123456789012:policy/no"],
        policies=[policy("no", {"Effect": "Deny", "NotAction": "iam:DetachUserPolicy", "Resource": "*"})],
    ),
    "leaves the group that denies": account(statement("*"), groups=["Staff"])
    | {
        "GroupDetailList": [
            {
                "GroupName": "Staff",
                "GroupPolicyList": inline(
                    {"Effect": "Deny", "NotAction": "iam:RemoveUserFromGroup", "Resource": "*"},
                ),
            }
        ]
    },
    "widens a user and becomes it": account(
        statement("iam:PutUserPolicy", "iam:CreateAccessKey", resource=ON["user/clerk"])
    ),
    "adds another user to a group and becomes it": account(
        statement("iam:AddUserToGroup", resource=ON["group/Admins"]),
        statement("iam:CreateAccessKey", resource=ON["user/clerk"]),
    ),
    "becomes a role that widens it": account(
        statement("sts:AssumeRole", resource=f"{ACCOUNT}role/first"),
        roles=[
            {
                "RoleName": "first",
                "AssumeRolePolicyDocument": ROOT_TRUST,
                "RolePolicyList": inline(statement("iam:AttachUserPolicy", resource=ON["user/eve"])),
            }
        ],
    ),
    "becomes a role that widens another that it can become": account(
        statement("sts:AssumeRole", resource=[f"{ACCOUNT}role/first", f"{ACCOUNT}role/next"]),
        roles=[
            {"RoleName": "next", "AssumeRolePolicyDocument": ROOT_TRUST},
            {
                "RoleName": "first",
                "AssumeRolePolicyDocument": ROOT_TRUST,
                "RolePolicyList": inline(statement("iam:PutRolePolicy", resource=f"{ACCOUNT}role/next")),
            },
        ],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_ways_that_change_somebody_first_are_found(name):
    assert result(CHANGES[name])[0] == "fail"


def test_new_policies_are_not_a_way_where_a_boundary_still_limits_them():
    limit = [policy("limit", statement("s3:*", "iam:PutUserPolicy"))]
    assert result(account(statement("iam:PutUserPolicy"), boundary="limit", policies=limit))[0] == "pass"


def test_roles_are_judged_as_users_are():
    def role(*statements):
        return account(roles=[{"RoleName": "ci", "RolePolicyList": inline(*statements)}])

    for statements, wanted in (
        ([statement("iam:CreateAccessKey")], "fail"),
        ([statement("iam:CreateAccessKey", resource=ON["user/chief"])], "fail"),
        ([statement("iam:PutRolePolicy", resource=f"{ACCOUNT}role/ci")], "fail"),
        ([statement("iam:PutUserPolicy", resource=f"{ACCOUNT}user/${{aws:username}}")], "pass"),
        ([statement("sts:AssumeRole", resource=ON["role/hop"])], "fail"),
        ([statement("s3:*")], "pass"),
    ):
        assert result(role(*statements), "ci", "role-can-escalate")[0] == wanted
    assert result(account(), "hop", "role-can-escalate")[0] == "fail"
    assert "is an administrator" in result(account(), "Admin", "role-can-escalate")[1]


@pytest.mark.parametrize(
    ("statements", "boundary", "wanted"),
    [
        ([statement("*")], None, "fail"),
        ([statement("*:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], None, "fail"),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, statement("s3:*")], None, "fail"),
        ([statement("*"), statement("s3:DeleteBucket", effect="Deny")], None, "fail"),
        ([statement("*"), statement("iam:*", effect="Deny")], None, "pass"),
        ([statement("*"), statement("iam:*", effect="Deny", Condition=AT_HOME)], None, "fail"),
        ([statement("*")], [statement("*")], "fail"),
        ([statement("*")], [statement("s3:*")], "pass"),
        ([statement("*")], (), "unknown"),
        ([statement("*", Condition=TAGGED)], None, "unknown"),
        ([statement("s3:*")], None, "pass"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], None, "pass"),
    ],
)  # fmt: skip
def test_administrators_are_who_can_do_everything(statements, boundary, wanted):
    policies = [policy("limit", *boundary)] if boundary else []
    sketch = account(*statements, boundary="" if boundary is None else "limit", policies=policies)
    assert result(sketch, rule="administrator")[0] == wanted


def test_a_dump_without_roles_is_unknown_once_for_all():
    found = list(registry()["user-can-escalate"].check(subject(account() | {"RoleDetailList": []})))
    assert {(str(v.result), v.entity.type) for v in found if v.entity.name != "chief"} == {("unknown", "account")}
    summary = {"SummaryMap": {"Roles": 0}}
    found = registry()["user-can-escalate"].check(subject(account() | {"RoleDetailList": []} | summary))
    assert {str(verdict.result) for verdict in found} == {"pass"}
