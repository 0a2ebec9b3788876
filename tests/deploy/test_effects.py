"""A plan says what it gives and takes of rights, whatever the texts look like."""

import pytest

from policygen.deploy.desired import DesiredGroup, DesiredPolicy
from policygen.deploy.effects import Effect, effects, more_access
from policygen.deploy.net_effect import MOST, net_effects
from policygen.policy.model import Kind, Policy
from tests.deploy.test_plan import ID, MFA, SELF, account, allow, deny, document, group, managed, plan, user, want

ARN = f"arn:aws:iam::{ID}:policy/policygen/self"
TLS = {"Condition": {"Bool": {"aws:SecureTransport": False}}}


def effect(before: dict | None, after: dict) -> Effect | None:
    """Of the one step that gives a group a policy in place of another."""
    now = account(groups=(group("All", {"self": before} if before else {}),))
    desired = want(DesiredGroup("All", (DesiredPolicy("self", after),), common=True))
    (found,) = effects(plan(desired, now), now)
    return found


@pytest.mark.parametrize(
    ("before", "after", "gives", "takes"),
    [
        (None, SELF, "iam:ChangePassword on", ""),
        (document(allow("iam:*")), SELF, "", "iam:"),
        (SELF, document(allow("iam:*")), "iam:", ""),
        (document(allow("s3:GetObject")), SELF, "iam:ChangePassword on", "s3:GetObject on"),
        (document(allow("iam:Change*"), allow("iam:ChangePassword")), document(allow("iam:Change*")), "", ""),
        (document(deny("*", **TLS)), document(deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})), "", ""),
        (None, MFA, "", ":"),
        (MFA, document(deny("s3:*")), ":", "s3:"),
        (document(allow("s3:*")), document(allow("s3:*"), deny("ec2:*")), "", "where another policy allows it"),
        (document(allow("s3:*"), deny("ec2:*")), document(allow("s3:*")), "where another policy allows it", ""),
    ],
)
def test_what_is_given_and_taken_is_told_by_a_request(before, after, gives, takes):
    found = effect(before, after)
    assert found is not None and found.unknown == ""
    assert gives in found.gives
    assert bool(found.gives) is bool(gives) and bool(found.takes) is bool(takes) and takes in found.takes


def test_what_a_group_has_anyway_is_neither_given_nor_taken():
    now = account(groups=(group("All", {"mine": SELF}, (ARN,)),), policies=(managed("self", SELF),))
    desired = want(DesiredGroup("All", (DesiredPolicy("mine", SELF),), common=True))
    steps = plan(desired, now, prune=True)
    found = dict(zip([step.operation for step in steps.steps], effects(steps, now), strict=True))
    assert found["DetachGroupPolicy"] == Effect()


def test_what_cannot_be_read_makes_the_effect_unknown():
    stranger = "arn:aws:iam::aws:policy/SecurityAudit"
    now = account(groups=(group("All", attached=(stranger,)),))
    desired = want(DesiredGroup("All", (DesiredPolicy("self", SELF),), common=True))
    (found,) = effects(plan(desired, now), now)
    assert found is not None and stranger in found.unknown


def test_steps_that_change_no_policy_have_no_effect():
    desired = want(DesiredGroup("New", (), common=True))
    now = account()
    assert effects(plan(desired, now), now) == (None,)


def test_who_joins_a_group_is_given_what_it_has_and_they_had_not():
    had = {"mine": document(allow("iam:*"))}
    people = (user("alice"), user("bob", "Power"))
    now = account(users=people, groups=(group("All", {"self": SELF}), group("Power", had)))
    desired = want(DesiredGroup("All", (DesiredPolicy("self", SELF),), members=("alice", "bob")))
    steps = plan(desired, now)
    found = {step.arguments["UserName"]: one for step, one in zip(steps.steps, effects(steps, now), strict=True)}
    assert found["bob"] == Effect()
    assert found["alice"] is not None and found["alice"].gives.startswith("iam:")


@pytest.mark.parametrize("other", ["123456789012", "1234*", "12345678901?"])
def test_account_ids_that_the_comparison_would_mix_up_make_the_effect_unknown(other):
    """Documents are compared as if for one made-up account, which none of them may name in another sense."""
    theirs = document(allow("sts:AssumeRole", Resource=f"arn:aws:iam::{other}:role/app"))
    own = document(allow("sts:AssumeRole", Resource="arn:aws:iam::111122223333:role/app"))
    old, new = (Policy(text, Kind.IDENTITY) for text in (theirs, own))
    request, doubt = more_access((old,), (new,), "111122223333")
    assert request == "" and other in doubt


def net(now, *groups: DesiredGroup):
    """The net effect of a plan, by who has it."""
    steps = plan(want(*groups), now)
    return {effect.who: effect.change for effect in net_effects(steps, now)}


def test_the_net_effect_is_told_for_all_who_have_the_same_policies():
    now = account(users=(user("alice"), user("bob"), user("carol", "Power")), groups=(group("Power", {"mine": SELF}),))
    found = net(now, DesiredGroup("All", (DesiredPolicy("self", SELF),), members=("alice", "bob", "carol")))
    ((who, change),) = found.items()
    assert who == ("user/alice", "user/bob")
    assert change.gains[0].actions == ["iam:ChangePassword"]
    assert not change.lost


def test_what_someone_is_given_again_has_no_net_effect():
    now = account(users=(user("alice", "All"),), groups=(group("All", {"old": SELF}),))
    steps = plan(want(DesiredGroup("All", (DesiredPolicy("new", SELF),), common=True)), now)
    assert steps.steps
    assert net_effects(steps, now) == ()


def test_what_is_taken_is_a_net_effect():
    now = account(users=(user("alice", "All"),), groups=(group("All", {"self": document(allow("s3:*"))}),))
    ((_, change),) = net(now, DesiredGroup("All", (DesiredPolicy("self", SELF),), common=True)).items()
    assert "s3:DeleteBucket" in change.lost[0].actions
    assert change.gains[0].actions == ["iam:ChangePassword"]


def test_who_was_not_compared_is_named_and_unknown():
    names = [f"user{number}" for number in range(MOST + 3)]
    own = [document(allow("s3:GetObject", Resource=f"arn:aws:s3:::{name}/*")) for name in names]
    groups = tuple(group(name, {"mine": one}) for name, one in zip(names, own, strict=True))
    now = account(users=tuple(user(name, name) for name in names), groups=groups)
    found = net(now, DesiredGroup("All", (DesiredPolicy("self", SELF),), members=tuple(names)))
    assert len(found) == MOST + 1
    (left,) = [who for who, change in found.items() if change is None]
    assert len(left) == 3
