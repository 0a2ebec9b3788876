"""A plan says what it gives and takes of rights, whatever the texts look like."""

import pytest

from policygen.deploy.desired import DesiredGroup, DesiredPolicy
from policygen.deploy.effects import Effect, effects, more_access
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
