"""Every way that is told is carried out step by step; more permissions never close one, fewer never open one."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.audit.example import subject
from tests.audit.replay import World, arrives
from tests.audit.sketches import ADMIN, inline, statement
from tests.audit.test_become import ACCOUNT, CHANGES, LAMBDA_TRUST, ROOT_TRUST, WAYS, policy

SKETCHES = {**{name: sketch for name, (sketch, _) in WAYS.items()}, **CHANGES}


@pytest.mark.parametrize("name", SKETCHES)
def test_every_way_of_the_fixtures_leads_to_an_administrator(name):
    sketch = SKETCHES[name]
    for arn, way in subject(sketch).ways.items():
        if way.answer:
            assert arrives(sketch, arn.partition(":123456789012:")[2], way), str(way)


TARGETS = ("user/eve", "user/bob", "user/chief", "role/hop", "role/worker", "group/Staff", "group/Admins", "policy/app")
ACTIONS = (
    *("iam:CreateAccessKey", "iam:PutUserPolicy", "iam:AttachRolePolicy", "iam:PutGroupPolicy", "iam:AddUserToGroup"),
    *("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "sts:AssumeRole", "iam:PassRole"),
    *("iam:UpdateAssumeRolePolicy", "iam:DeleteUserPermissionsBoundary", "iam:DetachUserPolicy"),
    *("iam:RemoveUserFromGroup", "s3:GetObject"),
)
RESOURCES = st.sampled_from([f"{ACCOUNT}{name}" for name in TARGETS])
STATEMENTS = st.builds(
    lambda actions, resource, effect: statement(*actions, resource=resource, effect=effect),
    st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2),
    RESOURCES,
    st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
)
POLICIES = st.lists(STATEMENTS, max_size=2)
TRUSTS = st.sampled_from([ROOT_TRUST, LAMBDA_TRUST])


def _entity(kind, name, statements, **more):
    return {f"{kind}Name": name, **more} | ({f"{kind}PolicyList": inline(*statements)} if statements else {})


@st.composite
def accounts(draw):
    bounded = draw(
        st.sampled_from([{}, {}, {"PermissionsBoundary": {"PermissionsBoundaryArn": f"{ACCOUNT}policy/app"}}])
    )
    running = [statement("lambda:CreateFunction", "lambda:InvokeFunction")] if draw(st.booleans()) else []
    eve = _entity(
        "User", "eve", [*draw(POLICIES), *running], GroupList=draw(st.sampled_from([[], ["Staff"]])), **bounded
    )
    older = draw(st.sampled_from([(), ([statement("*")],)]))
    return {
        "UserDetailList": [
            eve,
            _entity("User", "bob", draw(POLICIES), AttachedManagedPolicies=["123456789012:policy/app"]),
            {"UserName": "chief", "AttachedManagedPolicies": [ADMIN]},
        ],
        "GroupDetailList": [
            _entity("Group", "Staff", draw(POLICIES)),
            {"GroupName": "Admins", "AttachedManagedPolicies": [ADMIN]},
        ],
        "RoleDetailList": [
            _entity("Role", "hop", draw(POLICIES), AssumeRolePolicyDocument=draw(TRUSTS)),
            {"RoleName": "worker", "AttachedManagedPolicies": [ADMIN], "AssumeRolePolicyDocument": draw(TRUSTS)},
        ],
        "Policies": [policy("app", *draw(st.lists(STATEMENTS, min_size=1, max_size=2)), older=older)],
    }


def _answer(sketch, name="user/eve"):
    way = subject(sketch).ways[f"{ACCOUNT}{name}"]
    return way.administrator or way.answer


def _with(sketch, *statements):
    """The account with more statements for `eve`."""
    changed = copy.deepcopy(sketch)
    eve = changed["UserDetailList"][0]
    eve["UserPolicyList"] = [*eve.get("UserPolicyList", []), {**inline(*statements)[0], "PolicyName": "more"}]
    return changed


@settings(max_examples=150)
@given(accounts())
def test_every_way_that_is_told_can_be_carried_out(sketch):
    for arn, way in subject(sketch).ways.items():
        if way.answer:
            assert arrives(sketch, arn.partition(":123456789012:")[2], way), str(way)


@settings(max_examples=100)
@given(accounts(), STATEMENTS)
def test_a_permission_more_never_closes_a_way(sketch, more):
    more = more | {"Effect": "Allow"}
    assert _answer(_with(sketch, more)) is not False or _answer(sketch) is False


@settings(max_examples=100)
@given(accounts(), STATEMENTS)
def test_a_deny_or_a_boundary_never_opens_a_way(sketch, more):
    denied = _with(sketch, more | {"Effect": "Deny"})
    assert _answer(denied) is not True or _answer(sketch) is True
    if "PermissionsBoundary" in sketch["UserDetailList"][0]:
        return
    bounded = copy.deepcopy(sketch)
    bounded["UserDetailList"][0]["PermissionsBoundary"] = {"PermissionsBoundaryArn": f"{ACCOUNT}policy/limit"}
    bounded["Policies"].append(policy("limit", statement("iam:*", "s3:*")))
    assert _answer(bounded) is not True or _answer(sketch) is True


def _found_by_trying(world, steps):
    """Whether somebody becomes an administrator within some steps, by trying every action on everything."""
    if world.administers:
        return True
    if not steps:
        return False
    tried = ((who, action, name) for who in world.held for action in ACTIONS[:-1] for name in TARGETS)
    for who, action, name in tried:
        if _kind(action) == name.partition("/")[0]:
            after = _after(world.acting_as(who), action, name)
            if after and _found_by_trying(after, steps - 1):
                return True
    return False


def _kind(action):
    """The type of entity that an action is on."""
    if action in ("iam:PassRole", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole"):
        return "role"
    if "Group" in action:
        return "group"
    return "user" if "User" in action or action == "iam:CreateAccessKey" else "role" if "Role" in action else "policy"


def _after(world, action, name):
    target = world.who if _kind(action) == "group" else name
    if "UserToGroup" in action or "UserFromGroup" in action:
        if target.startswith("role/"):
            return None
        member = name[6:] in world.entity(target).get("GroupList", [])
        if member != ("From" in action):
            return None
    if action == "iam:SetDefaultPolicyVersion" and len(world.entity(name)["PolicyVersionList"]) < 2:
        return None
    return world.after(action, f"{ACCOUNT}{name}", target, "v1")


@pytest.mark.proof
@settings(max_examples=300)
@given(accounts())
def test_no_way_of_two_steps_is_missed(sketch):
    for name in ("user/eve", "user/bob", "role/hop"):
        if _found_by_trying(World.of(sketch, name), 2):
            assert _answer(sketch, name) is True, name
