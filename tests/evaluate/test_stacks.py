"""Comparing and asking whole stacks: identity policies with a boundary, a session policy and levels of SCPs."""

import pytest

from policygen.evaluate import Layers, Outcome, decide, differences, granted, new_access, trusting
from policygen.policy.model import Kind
from tests.evaluate.ask import ACCOUNT, compiled
from tests.policies import allow, deny

ALL = (compiled(allow()),)
S3 = compiled(allow("s3:*"))
SQS = compiled(allow("sqs:*"))


def scp(*statements):
    return (compiled(*statements, kind=Kind.SCP),)


GUARD = scp(deny("s3:DeleteBucket"), allow())
STACKS = {
    "a boundary taken away": (Layers(ALL, boundary=S3), Layers(ALL), "found", "none"),
    "a boundary that lets nothing more through": (Layers((S3,), boundary=S3), Layers((S3,)), "none", "none"),
    "a session policy that allows more": (Layers(ALL, session=S3), Layers(ALL, session=SQS), "found", "found"),
    "a group more, under a boundary": (Layers((S3,), boundary=S3), Layers((S3, SQS), boundary=S3), "none", "none"),
    "a level of SCPs taken away": (Layers(ALL, scps=(GUARD, GUARD)), Layers(ALL, scps=(GUARD,)), "none", "none"),
    "the only level of SCPs taken away": (Layers(ALL, scps=(GUARD,)), Layers(ALL), "found", "none"),
    "an SCP moved down a level": (
        Layers(ALL, scps=(GUARD, scp(allow()))),
        Layers(ALL, scps=(scp(allow()), GUARD)),
        "none",
        "none",
    ),
    "an allow-list and no level": (Layers(ALL, scps=(scp(allow("s3:*")),)), Layers(ALL), "found", "none"),
    "a Deny in another layer": (
        Layers((compiled(allow(), deny("iam:*")),)),
        Layers(ALL, scps=(scp(allow(), deny("iam:*")),)),
        "none",
        "none",
    ),
}


@pytest.mark.parametrize("name", STACKS)
def test_stacks_are_compared_layer_by_layer(name):
    old, new, forth, back = STACKS[name]
    assert (str(new_access(old, new).verdict), str(new_access(new, old).verdict)) == (forth, back)


def test_every_set_of_actions_that_gains_is_listed_with_a_request_that_shows_it():
    old = Layers((compiled(allow("sqs:*", "arn:aws:sqs:*:*:a")),))
    new = Layers((compiled(allow("sqs:*", "arn:aws:sqs:*:*:a*"), allow("tag:GetResources"), allow("s3:GetObject")),))
    every = list(differences(old, new))
    found = [one for one in every if str(one.verdict) == "found"]
    assert {name for one in found for name in one.actions} >= {"sqs:SendMessage", "tag:GetResources", "s3:GetObject"}
    assert [one.actions for one in every if one not in found] == [("sqs:ListQueues",)]  # which takes no queue
    for one in found:
        assert one.witness.action in one.actions
        before, after = one.shown
        assert (before.outcome is not Outcome.ALLOW, after.outcome is Outcome.ALLOW) == (True, True)


@pytest.mark.parametrize(
    ("actions", "resources", "verdict"),
    [
        (["s3:GetObject"], ["*"], "found"),
        (["s3:Get*"], ["arn:aws:s3:::b/*"], "found"),
        (["s3:GetObject"], ["arn:aws:s3:::secret/*"], "none"),
        (["s3:DeleteBucket"], ["*"], "none"),
        (["iam:*", "s3:Delete*"], ["*"], "found"),
        (["iam:*"], ["*"], "none"),
        (["*"], ["arn:aws:s3:::secret/key"], "none"),
    ],
)
def test_what_is_asked_for_is_proved_not_granted_or_shown(actions, resources, verdict):
    layers = Layers((compiled(allow("s3:*"), deny("s3:*", "arn:aws:s3:::secret/*")),), scps=(GUARD,))
    found = granted(layers, actions, resources)
    assert str(found.verdict) == verdict
    if found.witness:
        whole = Layers(layers.identity, scps=layers.scps, resource=(trusting(ACCOUNT),))
        assert decide(found.witness, whole).outcome is Outcome.ALLOW


def test_what_only_limits_grants_what_it_lets_through():
    found = granted(Layers(scps=(scp(deny("s3:*")),)), ["s3:*", "sqs:*"])
    assert found.witness.action.startswith("sqs:")
    assert "on top of an identity policy that allows everything" in found.note
    assert str(granted(Layers(scps=(scp(deny("s3:*")),)), ["s3:*"]).verdict) == "none"
