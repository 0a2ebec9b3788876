"""Which policies decide on a user, group or role, and what is said of those that cannot be read."""

from policygen.access.stack import Stacks
from policygen.account.model import (
    Account,
    AttachedPolicy,
    Group,
    InlinePolicy,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)

ID = "123456789012"
ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}}
KNOWN, UNKNOWN = f"arn:aws:iam::{ID}:policy/team/known", f"arn:aws:iam::{ID}:policy/unknown"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def user(*groups: str, inline=ALLOW, attached: tuple[str, ...] = (), boundary: str | None = None) -> User:
    policies = tuple(AttachedPolicy(arn.rpartition("/")[2], arn) for arn in attached)
    arn = f"arn:aws:iam::{ID}:user/alice"
    return User(
        "alice",
        "/",
        "",
        arn,
        groups=groups,
        inline=(InlinePolicy("own", inline),),
        attached=policies,
        boundary=boundary,
    )


def account(*users: User) -> Account:
    team = Group("Team", "/", "", f"arn:aws:iam::{ID}:group/Team", inline=(InlinePolicy("shared", DENY),))
    known = ManagedPolicy("known", "/team/", "", KNOWN, (PolicyVersion("v1", ALLOW, True),))
    return Account(ID, "aws", users=users, groups=(team,), policies=(known,))


def test_a_stack_holds_own_and_group_policies_and_the_boundary_each_named_by_where_it_comes_from():
    alice = user("team", attached=(KNOWN,), boundary=KNOWN)
    stack = Stacks(account(alice)).of(alice)
    assert [policy.name for policy in stack.policies] == ["user/alice/own", "policy/known", "group/Team/shared"]
    assert stack.boundary and stack.boundary.name == "policy/known" and not stack.unread
    assert list(map(str, stack.held)) == [
        "`own` (inline in user `alice`)",
        "`known` (attached to user `alice`)",
        "`shared` (inline in group `Team`)",
    ]


def test_what_is_not_in_the_snapshot_is_a_reason():
    alice = user("Team", "Gone", attached=(UNKNOWN,), boundary=UNKNOWN)
    stack = Stacks(account(alice)).of(alice)
    assert stack.unread == (
        f"the snapshot does not hold the policy `{UNKNOWN}`",
        "the snapshot does not hold the group `Gone`",
    )
    assert [str(one) for one in stack.missing] == [
        "`unknown` (attached to user `alice`)",
        "group `Gone`",
        f"the permissions boundary `{UNKNOWN}`",
    ]
    assert stack.layers.unknown == stack.unread


def test_a_policy_made_to_be_slow_to_judge_is_not_read():
    entries = [f"s3:*{'a?' * 20}{number}*" for number in range(3000)]
    slow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": entries, "Resource": "*"}}
    alice = user(inline=slow)
    stack = Stacks(account(alice)).of(alice)
    assert stack.policies == () and stack.unread == ("the policy `user/alice/own` is too complex to check",)


def test_what_administrator_access_says_is_always_known():
    role = Role("ops", "/", "", f"arn:aws:iam::{ID}:role/ops", trust={}, attached=(AttachedPolicy("A", ADMINISTRATOR),))
    (policy,) = Stacks(account()).of(role).policies
    assert policy.name == "policy/AdministratorAccess" and policy.statements[0].action_names == ("*",)


def test_stacks_of_two_states_of_an_account_are_equal_if_the_same_policies_decide():
    before, same, changed = account(user("Team")), account(user("team")), account(user("Team", inline=DENY))
    old = Stacks(before)
    stack = old.of(before.users[0])
    assert stack == Stacks(same, old).of(same.users[0])
    assert stack != Stacks(changed, old).of(changed.users[0])
