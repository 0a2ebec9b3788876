"""Whether policies carry another one, however it is written."""

from hypothesis import given
from hypothesis import strategies as st

from policygen.access.carries import lacking
from tests.audit.sketches import statement
from tests.policies import policy


def carries(general, specific):
    return lacking([general], specific) == ((), ())


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


def test_a_deny_that_leaves_out_less_carries_one_that_leaves_out_more():
    deny = {"Effect": "Deny", "NotAction": ["iam:GetUser", "sts:*"], "Resource": "*"}
    assert carries(policy(deny), policy(deny | {"NotAction": ["sts:*", "iam:GetUser"]}))
    assert not carries(policy(deny), policy(deny | {"NotAction": ["sts:*"]}))
    assert carries(policy(deny | {"NotAction": ["sts:*"]}), policy(deny))
    assert not carries(policy(statement("*", effect="Deny", resource="x")), policy(deny))


def test_an_allow_is_no_deny():
    assert not carries(policy(statement("s3:*")), policy(statement("s3:*", effect="Deny")))


def test_several_policies_together_carry_one():
    both = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}
    assert lacking([policy(statement("s3:Get*")), policy(statement("s3:Put*"))], policy(both)) == ((), ())


def test_a_deny_elsewhere_does_not_take_a_grant_away():
    assert carries(policy(statement("s3:*"), statement("s3:PutObject", effect="Deny")), policy(statement("s3:*")))


def test_what_is_lacking_is_named_without_the_rest_of_its_statement():
    found = lacking(
        [policy(statement("iam:GetUser"))],
        policy({"Effect": "Allow", "Action": ["iam:GetUser", "iam:ListUsers"], "Resource": "*"}),
    )
    assert found.statements == ("Allow `iam:ListUsers` on every resource",)
