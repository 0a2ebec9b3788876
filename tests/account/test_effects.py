"""A plan says what it gives and takes of rights, whatever the texts look like."""

import pytest

from policygen.account.desired import DesiredGroup, DesiredPolicy
from policygen.account.effects import Effect, effects
from tests.account.test_plan import ID, MFA, SELF, account, allow, deny, document, group, managed, plan, want

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
