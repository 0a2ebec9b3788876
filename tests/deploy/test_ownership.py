"""What the manifest no longer declares is removed if policygen put it there, and nothing else is."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.deploy.desired import Desired, DesiredGroup, DesiredPolicy
from policygen.deploy.ownership import owning
from policygen.deploy.plan import Plan, make_plan
from policygen.deploy.record import Owned, OwnedGroup
from policygen.deploy.rollback import undo
from policygen.deploy.state import GroupState, State, UserState
from tests.deploy.test_plan import (
    AWS_ARN,
    ID,
    MFA,
    SELF,
    account,
    accounts,
    allow,
    arn,
    desires,
    group,
    operations,
    plan,
    user,
    want,
)
from tests.policies import document


def then(found: Plan, *groups: DesiredGroup, exempt: tuple[str, ...] = ()) -> Plan:
    """The plan after a plan was carried out and the manifest was changed."""
    desired = Desired(ID, "aws", groups, exempt, owning(found)(found.after()))
    kept = {name.lower() for name in (*desired.owned.groups, *(group.name for group in groups))}
    state = found.after()
    # an account is observed again: only groups that are declared or owned are looked at
    return make_plan(desired, replace(state, groups={k: g for k, g in state.groups.items() if k in kept}), {})


PEOPLE = account(users=(user("alice"), user("bob")))
OPS = DesiredGroup("Ops", (DesiredPolicy("own", SELF), DesiredPolicy("RO", None, AWS_ARN)), members=("alice", "bob"))


def test_a_recipe_an_attachment_and_a_member_that_are_no_longer_declared_are_removed():
    first = plan(want(OPS), PEOPLE)
    found = then(first, DesiredGroup("Ops", members=("alice",)))
    assert [(step.verb, step.subject) for step in found.steps] == [
        ("delete", "policy own of group Ops"),
        ("detach", "policy ReadOnlyAccess from group Ops"),
        ("remove", "user bob from group Ops"),
    ]
    assert found.remarks == found.drift == found.strangers == ()


def test_a_group_that_is_no_longer_declared_goes_with_all_that_was_put_into_it():
    first = plan(want(OPS, DesiredGroup("Other")), PEOPLE)
    found = then(first, DesiredGroup("Other"))
    assert operations(found) == [
        "DeleteGroupPolicy",
        "DetachGroupPolicy",
        "RemoveUserFromGroup",
        "RemoveUserFromGroup",
        "DeleteGroup",
    ]
    assert "ops" not in found.after().groups


def test_what_somebody_else_put_there_stays_and_keeps_the_group():
    first = plan(want(OPS, DesiredGroup("Other")), account(users=(user("alice"), user("bob"), user("eve", "Ops"))))
    assert operations(first)[0] == "CreateGroup"
    state = first.after()
    ops = state.groups["ops"]
    foreign = replace(ops, inline={**ops.inline, "theirs": MFA}, members=(*ops.members, "eve"))
    later = replace(first, observed=state.with_group(foreign), steps=())
    found = then(replace(later, desired=replace(first.desired, owned=owning(first)(state))), DesiredGroup("Other"))
    assert "theirs" in found.after().groups["ops"].inline and found.after().groups["ops"].members == ("eve",)
    assert found.remarks == ("group Ops is no longer declared, but has other members or policies; not deleted",)


def test_a_policy_that_was_edited_since_is_left_and_named():
    first = plan(want(OPS), PEOPLE)
    state = first.after()
    edited = state.with_group(replace(state.groups["ops"], inline={"own": document(allow("s3:*"))}))
    desired = Desired(ID, "aws", (DesiredGroup("Ops", members=("alice", "bob")),), owned=owning(first)(state))
    found = make_plan(desired, edited, {})
    assert operations(found) == ["DetachGroupPolicy"]
    assert found.remarks == (
        "policy own of group Ops is no longer declared, but has been changed since policygen wrote it; left as it is",
    )


def test_a_group_that_was_there_before_is_emptied_and_not_deleted():
    now = account(users=(user("alice"), user("bob")), groups=(group("Ops"),))
    found = then(plan(want(OPS, DesiredGroup("Other")), now), DesiredGroup("Other"))
    assert "DeleteGroup" not in operations(found)
    assert found.remarks == ("group Ops is no longer declared, but was not created by policygen; not deleted",)


def test_a_new_name_is_a_rename_and_nobody_loses_a_right_in_between():
    first = plan(want(OPS), PEOPLE)
    found = then(first, replace(OPS, name="Operators"))
    assert [step.command for step in found.steps] == [
        "aws iam update-group --group-name Ops --new-group-name Operators"
    ]
    assert found.after().groups.keys() == {"operators"} and found.after().users["alice"].groups == ("operators",)
    assert make_plan(replace(found.desired, owned=owning(found)(found.after())), found.after(), {}).steps == ()


def test_two_groups_that_could_be_the_renamed_one_are_not_guessed():
    first = plan(want(OPS), PEOPLE)
    found = then(first, replace(OPS, name="A"), replace(OPS, name="B"))
    assert operations(found).count("CreateGroup") == 2 and "UpdateGroup" not in operations(found)


def test_a_managed_policy_that_is_no_longer_declared_is_detached_and_deleted():
    first = plan(want(DesiredGroup("Ops", (DesiredPolicy("base", SELF, arn("base")),))), PEOPLE)
    assert operations(then(first, DesiredGroup("Ops"))) == ["DetachGroupPolicy", "DeletePolicy"]


CATEGORIES = (DesiredGroup("Humans", default_category=True), DesiredGroup("Robots", category=("svc-*",)))


def test_a_user_whom_policygen_put_into_a_category_moves_when_the_patterns_change():
    first = plan(want(*CATEGORIES), account(users=(user("bot-a"),)))
    found = then(first, CATEGORIES[0], replace(CATEGORIES[1], category=("svc-*", "bot-*")))
    assert [(step.verb, step.subject) for step in found.steps] == [
        ("put", "user bot-a in group Robots"),
        ("remove", "user bot-a from group Humans"),
    ]


def test_a_user_whose_category_somebody_has_to_decide_stays_where_the_user_is():
    first = plan(want(*CATEGORIES), account(users=(user("bot-a"),)))
    both = tuple(replace(one, category=("bot-*",), default_category=False) for one in CATEGORIES)
    found = then(first, *both)
    assert found.steps == ()
    assert found.remarks == ("user bot-a is in the categories Humans, and should be only in Humans or Robots",)


def test_an_exclusive_group_may_have_nothing_else():
    now = account(
        users=(user("alice", "Ops"), user("eve", "Ops")),
        groups=(group("Ops", {"own": SELF, "theirs": MFA}, (AWS_ARN,)),),
    )
    declared = DesiredGroup("Ops", (DesiredPolicy("own", SELF),), members=("alice",), exclusive=True)
    found = plan(want(declared), now)
    assert [step.subject for step in found.steps] == [
        "policy theirs of group Ops",
        "policy ReadOnlyAccess from group Ops",
        "user eve from group Ops",
    ]
    assert found.drift == found.strangers == ()


def test_the_worst_policy_that_nobody_declared_is_named_first():
    strangers = {
        "a-limit": MFA,
        "b-reads": document(allow("s3:GetObject")),
        "c-keys": document(allow("iam:CreateAccessKey")),
        "d-all": document(allow("*")),
    }
    found = plan(want(DesiredGroup("Ops")), account(groups=(group("Ops", strangers),)))
    assert [sentence.split("; it ")[1] for sentence in found.drift] == [
        "makes its members administrators",
        "hands out permissions, shares resources or reads secrets, on all of them",
        "gives its members permissions",
        "only denies",
    ]


FOREIGN = Owned({"Ops": OwnedGroup(created=True, inline={"own": "0" * 64})})


def test_a_record_that_disagrees_with_the_account_removes_nothing():
    """The account wins: of what was removed by hand nothing is left to do, and another document stays."""
    state = State("arn:aws:iam::123456789012:policy", {"ops": GroupState("Ops", "/", {"own": SELF})}, {}, {})
    found = make_plan(Desired(ID, "aws", (), owned=FOREIGN), state, {})
    assert found.steps == () and len(found.remarks) == 2
    assert make_plan(Desired(ID, "aws", (), owned=FOREIGN), replace(state, groups={}), {}).steps == ()


@settings(max_examples=60, deadline=None)
@given(desires(), desires(), accounts(), st.data())
def test_any_manifest_follows_any_other_and_the_way_back_leads_to_what_was_there(first, second, now, data):
    """What policygen put there goes, what others put there stays, at whatever step either run ends."""
    done = plan(first, now)
    steps = data.draw(st.integers(0, len(done.steps)))
    middle = done.after(steps)
    owned = owning(done)(middle)
    desired = replace(second, owned=owned)
    found = make_plan(desired, middle, {})
    after = found.after()
    assert make_plan(replace(second, owned=owning(found)(after)), after, {}).steps == ()
    for name, before in done.observed.groups.items():
        mine = owned.group(name)
        declared = next((one for one in second.groups if one.name.lower() == name), DesiredGroup(name))
        left = after.groups.get(name, GroupState(name, "/", {}))
        for policy in before.inline.keys() - mine.inline.keys() - {one.name for one in declared.policies}:
            assert left.inline[policy] == before.inline[policy]
        assert set(before.members) - set(mine.members) <= set(left.members)
    back, remarks = undo(found.steps, after)
    state = after
    for step in back:
        state = step.after(state)
    assert remarks == [] and state.fingerprint == middle.fingerprint


@pytest.mark.parametrize("name", ["Ops", "ops"])
def test_the_record_is_found_whatever_the_case_of_a_name(name):
    assert Owned({"OPS": OwnedGroup(created=True)}).group(name).created


def test_users_of_a_renamed_group_are_its_members():
    state = State("", {"a": GroupState("A", "/", {}, members=("u",))}, {}, {"u": UserState("U", ("a",))})
    assert state.renamed("A", "B").users["u"].groups == ("b",)
