"""One flaw a user: each is found, and nobody else is blamed for it."""

from itertools import combinations

import pytest

from policygen.audit.example import NOW, subject
from policygen.audit.rules import registry
from policygen.audit.run import audit as run
from policygen.audit.settings import settings
from tests.audit.sketches import ADMIN, inline, statement

COMMON = ["AllUsers", "AllHumanUsers"]
HEADLESS = ["AllUsers", "AllHeadlessUsers"]
SKETCH = {
    "UserDetailList": [
        {"UserName": "good", "GroupList": [*COMMON, "Developers"]},
        {"UserName": "good-in-another-case", "GroupList": ["ALLUSERS", "allhumanusers"]},
        {"UserName": "inline-policy", "GroupList": COMMON, "UserPolicyList": inline(statement("s3:GetObject"))},
        {"UserName": "attached-policy", "GroupList": COMMON, "AttachedManagedPolicies": ["aws:policy/ReadOnlyAccess"]},
        {"UserName": "outsider", "GroupList": ["AllHumanUsers"]},
        {"UserName": "no-category", "GroupList": ["AllUsers"]},
        {"UserName": "two-categories", "GroupList": [*COMMON, "AllHeadlessUsers"]},
        {"UserName": "svc-among-humans", "GroupList": COMMON},
        {"UserName": "svc-good", "GroupList": HEADLESS},
        {"UserName": "admin", "GroupList": [*COMMON, "Admins"]},
        {"UserName": "admin-by-group-and-policy", "GroupList": [*COMMON, "Admins"], "AttachedManagedPolicies": [ADMIN]},
        {"UserName": "admin-by-two-groups", "GroupList": [*COMMON, "Admins", "Operators"]},
        {"UserName": "inline-star", "GroupList": COMMON, "UserPolicyList": inline(statement("*"))},
        {
            "UserName": "inline-not-action",
            "GroupList": COMMON,
            "UserPolicyList": inline({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        },
        {"UserName": 'comma, and quote"', "GroupList": COMMON},
    ],
    "GroupDetailList": [
        {"GroupName": "AllUsers"},
        {"GroupName": "AllHumanUsers"},
        {"GroupName": "AllHeadlessUsers"},
        {"GroupName": "Developers", "AttachedManagedPolicies": ["aws:policy/ReadOnlyAccess"]},
        {"GroupName": "Admins", "AttachedManagedPolicies": [ADMIN]},
        {"GroupName": "Operators", "GroupPolicyList": inline(statement("*:*"))},
        {"GroupName": "Empty"},
    ],
    "RoleDetailList": [
        {
            "RoleName": "open",
            "RoleLastUsed": {"LastUsedDate": "2026-10-30T00:00:00Z"},
            "AssumeRolePolicyDocument": {
                "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
            },
        },
        {"RoleName": "idle"},
        {"RoleName": "used", "RoleLastUsed": {"LastUsedDate": "2026-10-30T00:00:00Z"}},
    ],
    "Policies": [
        {"PolicyName": "everything", "Document": {"Statement": statement("*")}, "AttachmentCount": 1},
        {
            "PolicyName": "AdministratorAccess",
            "Arn": "arn:aws:iam::aws:policy/AdministratorAccess",
            "Document": {"Statement": statement("*")},
            "AttachmentCount": 3,
        },
        {
            "PolicyName": "ReadOnlyAccess",
            "Arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "Document": {"Statement": []},
        },
    ],
    "credentials": [
        {"user": "<root_account>", "mfa_active": "true", "access_key_1_active": "true"},
        {
            "user": "good",
            "password_enabled": "true",
            "mfa_active": "true",
            "password_last_used": "2026-10-30T00:00:00Z",
        },
        {"user": "outsider", "password_enabled": "true", "password_last_used": "2026-10-30T00:00:00Z"},
        {"user": "svc-good", "access_key_1_active": "true", "access_key_1_last_rotated": "2026-10-30T00:00:00Z"},
        {
            "user": 'comma, and quote"',
            "password_enabled": "true",
            "mfa_active": "true",
            "password_last_used": "2026-01-30T00:00:00Z",
        },
        {"user": "admin", "access_key_1_active": "true", "access_key_1_last_rotated": "2025-10-30T00:00:00Z"},
    ],
    "PasswordPolicy": {"MinimumPasswordLength": 8, "PasswordReusePrevention": 24},
    "SummaryMap": {"AccountMFAEnabled": 1},
    "VirtualMFADevices": [],
}
OPTIONS = (
    *("--common-group", "allusers"),
    *("--category", "AllHeadlessUsers=svc-*", "--category", "AllHumanUsers=*"),
)


@pytest.fixture
def found(account, failures):
    return failures(account(SKETCH), *OPTIONS)


def test_each_flaw_is_found_where_it_is_and_nowhere_else(found):
    assert found == {
        "user-with-inline-policy": ["inline-policy", "inline-star", "inline-not-action"],
        "user-with-attached-policy": ["attached-policy", "admin-by-group-and-policy"],
        "user-not-in-common-group": ["outsider"],
        "user-not-in-one-category": ["no-category", "two-categories", "svc-among-humans"],
        "redundant-admin": ["admin-by-group-and-policy", "admin-by-two-groups"],
        "administrator-without-mfa": ["admin"],
        "administrator": ["admin", "admin-by-group-and-policy", "admin-by-two-groups", "inline-star"],
        "user-can-escalate": ["inline-not-action"],
        "user-without-mfa": ["outsider"],
        "access-key-not-rotated": ["admin"],
        "credentials-not-used": ['comma, and quote"', "admin"],
        "access-key-never-used": ["admin"],
        "headless-user": ["svc-good", "admin"],
        "first-mfa-open-to-stolen-key": ["admin"],
        "root-with-access-key": ["root"],
        "password-too-short": ["123456789012"],
        "group-without-users": ["Empty"],
        "group-with-inline-policy": ["Operators"],
        "inline-policy-with-full-access": ["inline-star", "Operators"],
        "managed-policy-with-full-access": ["everything"],
        "policy-allows-not-action": ["inline-not-action"],
        "role-trusted-by-anyone": ["open"],
        "role-not-used": ["idle"],
    }


def test_several_common_groups_mean_all_of_them(account, failures):
    found = failures(account(SKETCH), "--common-group", "AllUsers", "--common-group", "Developers")
    assert "good" not in found["user-not-in-common-group"]
    assert "good-in-another-case" in found["user-not-in-common-group"]


def test_a_common_group_that_does_not_exist_is_named_with_what_comes_near(account, audit):
    done = audit(account(SKETCH), "--common-group", "AllUser", "--select", "common-group-missing")
    assert "the group does not exist; did you mean `AllUsers`?" in done.stdout


def test_who_is_administrator_twice_learns_what_removing_either_grant_leaves(account, audit):
    done = audit(account(SKETCH), "--select", "redundant-admin")
    assert (
        "without `AdministratorAccess` (attached to group `Admins`): "
        "still an administrator through `inline` (inline in group `Operators`)"
    ) in done.stdout
    assert "aws iam detach-user-policy --user-name admin-by-group-and-policy" in done.stdout
    assert "aws iam remove-user-from-group --user-name admin-by-two-groups --group-name Operators" in done.stdout


PARTS = {
    "users": ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"),
    "credentials": ("credentials",),
    "password policy": ("PasswordPolicy",),
    "summary": ("SummaryMap",),
    "devices": ("VirtualMFADevices",),
}


def passes(sketch):
    decided = settings(common_groups=["AllUsers"], selected=tuple(registry()))
    findings = run(subject(sketch).account, decided, now=NOW, passes=True).findings
    return {(finding.rule, finding.entity) for finding in findings if finding.result == "pass"}


def test_whatever_is_not_read_nothing_passes_that_would_not_have_passed():
    everything = passes(SKETCH)
    for number in range(1, len(PARTS) + 1):
        for dropped in combinations(PARTS, number):
            keys = {key for part in dropped for key in PARTS[part]}
            assert passes({key: value for key, value in SKETCH.items() if key not in keys}) <= everything, dropped


@pytest.mark.parametrize("hidden", PARTS["users"])
def test_what_a_filtered_dump_does_not_show_is_no_reason_to_pass(hidden):
    assert passes({key: value for key, value in SKETCH.items() if key != hidden}) <= passes(SKETCH)


def without(sketch):
    """The account with one thing less that somebody depends on: what it is, and the sketch."""
    for kind in ("Policies", "GroupDetailList"):
        for item in sketch[kind]:
            yield f"{kind} {item}", sketch | {kind: [other for other in sketch[kind] if other is not item]}


def every_result(sketch):
    decided = settings(common_groups=["AllUsers"], selected=tuple(registry()))
    outcome = run(subject(sketch).account, decided, now=NOW, passes=True)
    found = {}
    for finding in outcome.findings:
        found.setdefault((finding.rule, finding.entity), set()).add(str(finding.result))
    return found


DEPENDENT = SKETCH | {
    "UserDetailList": [
        *SKETCH["UserDetailList"],
        {"UserName": "own", "AttachedManagedPolicies": ["123456789012:policy/everything"]},
        {
            "UserName": "bounded",
            "UserPolicyList": inline(statement("iam:CreateAccessKey"), statement("iam:*MFADevice")),
            "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/limit"},
        },
        {
            "UserName": "allowed",
            "UserPolicyList": inline(statement("*")),
            "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/everything"},
        },
    ],
    "RoleDetailList": [
        *SKETCH["RoleDetailList"],
        {
            "RoleName": "bounded",
            "RolePolicyList": inline(statement("iam:CreateAccessKey")),
            "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/limit"},
        },
    ],
    "Policies": [*SKETCH["Policies"], {"PolicyName": "limit", "Document": {"Statement": statement("s3:*")}}],
    "credentials": [
        *SKETCH["credentials"],
        {"user": "bounded", "access_key_1_active": "true", "access_key_1_last_rotated": "2026-10-30T00:00:00Z"},
    ],
}


@pytest.mark.parametrize(("what", "less"), list(without(DEPENDENT)), ids=lambda it: it if isinstance(it, str) else "")
def test_a_policy_or_group_that_is_not_there_makes_results_unknown_and_never_another(what, less):
    """Each result stays what it was, becomes unknown, or is about what is not there."""
    before, after = every_result(DEPENDENT), every_result(less)
    for key, results in after.items():
        if key in before and key[0] != "redundant-admin":
            assert results in (before[key], {"unknown"}), (what, key)


def test_who_depends_on_a_policy_that_is_not_there_is_unknown():
    whole = every_result(DEPENDENT)
    less = every_result(DEPENDENT | {"Policies": [p for p in DEPENDENT["Policies"] if p["PolicyName"] != "limit"]})
    rules = {"user": "user-can-escalate", "role": "role-can-escalate"}
    for kind, rule in rules.items():
        (about,) = {entity for found, entity in less if entity.name == "bounded" and found == rule}
        assert about.type == kind
        for id_ in (rule, "administrator", *(["first-mfa-open-to-stolen-key"] if kind == "user" else [])):
            assert whole[id_, about] == {"pass"}, id_
            assert less[id_, about] == {"unknown"}, id_


@pytest.mark.parametrize(
    ("condition", "demands"),
    [
        ({"StringEquals": {"sts:ExternalId": "x1"}}, True),
        ({"StringLike": {"sts:ExternalId": "*"}}, False),
        ({"StringLike": {"sts:ExternalId": "?*"}}, False),
        ({"Null": {"sts:ExternalId": "false"}}, False),
        ({"StringEqualsIfExists": {"sts:ExternalId": "x1"}}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"ForAllValues:Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"Null": {"aws:MultiFactorAuthPresent": "false"}}, False),
        ({"Null": {"aws:MultiFactorAuthAge": "false"}}, True),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, True),
        ({"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}, False),
    ],
)
def test_a_trust_policy_asks_for_a_secret_or_mfa_only_where_something_fails_without(condition, demands):
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "sts:AssumeRole"}
    role = {"RoleName": "partner", "AssumeRolePolicyDocument": {"Statement": trust | {"Condition": condition}}}
    rule = "role-trusted-without-external-id-or-mfa"
    account = subject({"RoleDetailList": [role]}).account
    [finding] = run(account, settings(selected=(rule,)), now=NOW, passes=True).findings
    assert finding.fails != demands
