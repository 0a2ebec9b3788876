"""What is said to be reached on every resource, against the evaluator's decision on a resource that nobody named."""

from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.access.grants import grants
from policygen.access.reach import reached
from policygen.evaluate import Layers, Outcome, compile_policy, decide, person_request
from policygen.policy.model import Policy
from policygen.reference.effects import Effect

NOBODY_NAMED = "arn:aws:iam::123456789012:role/far/away"
ACTIONS = ["*", "iam:*", "iam:P*", "IAM:passrole", "iam:Pass?ole", "iam:PassRole?", "iam:C*", "s3:*", "*:*"]
RESOURCES = [
    "*",
    "arn:aws:iam::*:*",
    "arn:aws:iam::*:role/*",
    "arn:*:iam::123456789012:role/*",
    "arn:aws:iam::123456789012:role/app-*",
    "arn:aws:iam::123456789012:user/*",
    "arn:aws:s3:::*",
]


def some(names, values):
    lists = st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)
    return st.tuples(st.sampled_from(names), lists).map(lambda pair: {pair[0]: pair[1]})


STATEMENTS = st.builds(
    lambda effect, action, resource: {"Effect": effect} | action | resource,
    st.sampled_from(["Allow", "Allow", "Deny"]),
    some(["Action", "Action", "NotAction"], ACTIONS),
    some(["Resource", "Resource", "NotResource"], RESOURCES),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=4))
def test_every_role_is_reached_if_a_role_that_nobody_named_is(statements):
    policy = Policy({"Version": "2012-10-17", "Statement": statements})
    request = person_request("user/alice", "iam:PassRole", NOBODY_NAMED, account="123456789012")
    allowed = decide(request, Layers(identity=(compile_policy(policy),))).outcome is Outcome.ALLOW
    assert any(grant.every for grant in grants((policy,)).get("iam:PassRole", ())) == allowed
    if not any("NotAction" in statement and statement["Effect"] == "Allow" for statement in statements):
        every = [part for found in reached(policy) for part in (found.by_name, *(r.every for r in found.wildcards))]
        assert any("iam:PassRole" in part.get(Effect.PERMISSIONS, ()) for part in every) == allowed
