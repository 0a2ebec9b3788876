"""Policies compared by what they come to."""

from hypothesis import given
from hypothesis import strategies as st

from policygen.access.normal_form import parts
from tests.audit.sketches import statement
from tests.policies import policy


def carries(general, specific):
    return all(any(one.covers(part) for one in parts(general)) for part in parts(specific))


NAMES = st.sampled_from(["iam:GetUser", "iam:ListUsers", "s3:GetObject", "iam:ChangePassword"])
RESOURCES = st.sampled_from(["*", "arn:aws:iam::123456789012:user/${aws:username}", "arn:aws:s3:::b/*"])
STATEMENTS = st.builds(
    lambda actions, resources, effect: {"Effect": effect, "Action": actions, "Resource": resources},
    st.lists(NAMES, min_size=1, unique=True),
    st.lists(RESOURCES, min_size=1, unique=True),
    st.sampled_from(["Allow", "Deny"]),
)


@given(st.lists(STATEMENTS, min_size=1, max_size=4))
def test_splitting_reordering_and_recasing_change_nothing(statements):
    split = [
        {"Effect": s["Effect"], "Action": action.upper(), "Resource": [resource]}
        for s in reversed(statements)
        for resource in s["Resource"]
        for action in s["Action"]
    ]
    assert carries(policy(*split), policy(*statements))
    assert carries(policy(*statements), policy(*split))


def test_a_wider_grant_carries_a_narrower_one_and_not_the_other_way_round():
    wide = policy(statement("iam:*AccessKey*", resource="arn:aws:iam::123456789012:user/*"))
    narrow = policy(statement("iam:CreateAccessKey", resource="arn:aws:iam::123456789012:user/${aws:username}"))
    assert carries(wide, narrow)
    assert not carries(narrow, wide)


def test_a_condition_makes_a_grant_narrower():
    free = policy(statement("iam:DeactivateMFADevice"))
    bound = policy(statement("iam:DeactivateMFADevice", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    again = policy(statement("iam:deactivatemfadevice", Condition={"bool": {"AWS:MultiFactorAuthPresent": [True]}}))
    assert carries(free, bound)
    assert not carries(bound, free)
    assert carries(bound, again)


def test_what_a_not_action_leaves_out_counts_as_a_whole():
    deny = {"Effect": "Deny", "NotAction": ["iam:GetUser", "sts:*"], "Resource": "*"}
    assert carries(policy(deny), policy(deny | {"NotAction": ["sts:*", "iam:GetUser"]}))
    assert not carries(policy(deny), policy(deny | {"NotAction": ["sts:*"]}))
    assert not carries(policy(statement("*", effect="Deny", resource="x")), policy(deny))


def test_an_allow_is_no_deny():
    assert not carries(policy(statement("s3:*")), policy(statement("s3:*", effect="Deny")))
