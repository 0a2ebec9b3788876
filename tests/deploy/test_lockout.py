from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.account.model import (
    AccessKey,
    Account,
    AttachedPolicy,
    Caller,
    CredentialReport,
    Credentials,
    Group,
    InlinePolicy,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)
from policygen.deploy.desired import Desired, DesiredGroup, DesiredPolicy, managed_arn
from policygen.deploy.lockout import judge
from policygen.deploy.plan import make_plan
from policygen.deploy.state import observe
from policygen.evaluate import Layers, Outcome, compile_policy, decide, person_request
from policygen.policy.model import Policy
from tests.policies import document

ID = "123456789012"
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ENROLMENT = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices"]
MFA = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "DenyAllWithoutMFA",
            "Effect": "Deny",
            "NotAction": ENROLMENT,
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        }
    ],
}
IP = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "DenyOutside",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        }
    ],
}
DENY_IAM = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}


def credentials(user: str, mfa: bool | None) -> Credentials:
    arn = f"arn:aws:iam::{ID}:user/{user}"
    return Credentials(user, arn, None, True, None, None, None, mfa, (AccessKey(True),), (False, False))


def account(*, mfa: dict[str, bool | None] | None = None, caller: str = "user/admin", **more) -> Account:
    def user(name: str, *groups: str, policy: dict = ADMIN) -> User:
        return User(name, "/", "", f"arn:aws:iam::{ID}:user/{name}", groups=groups, inline=(InlinePolicy("p", policy),))

    report = CredentialReport(tuple(credentials(*row) for row in mfa.items())) if mfa is not None else None
    return Account(
        ID,
        "aws",
        frozenset({"authorization-details"} | ({"credential-report"} if report else set())),
        users=(user("admin", "All"), user("alice", "All"), user("bystander")),
        groups=(Group("All", "/", "", f"arn:aws:iam::{ID}:group/All"),),
        credential_report=report,
        caller=Caller(ID, f"arn:aws:iam::{ID}:{caller}", "AIDA"),
        **more,
    )


def verdict(policy: dict, now: Account, *, managed: bool = False, context: dict | None = None, long_term_key=None):
    arn = managed_arn("aws", ID, "base") if managed else None
    desired = Desired(ID, "aws", (DesiredGroup("All", (DesiredPolicy("base", policy, arn),)),))
    plan = make_plan(desired, observe(now, desired), {})
    return judge(plan, now, context=context or {}, long_term_key=long_term_key)


def sentences(found) -> list[str]:
    return [lockout.sentence() for lockout in found.lockouts]


def test_a_caller_who_could_not_undo_it_is_warned_with_the_statement():
    found = verdict(MFA, account(mfa={"admin": False, "alice": True}))
    assert sentences(found)[0] == (
        "admin, who applies this, could not undo it (`DenyAllWithoutMFA` of the policy `group/All/base` denies it "
        "if aws:MultiFactorAuthPresent is false or missing): iam:PutGroupPolicy, iam:DeleteGroupPolicy"
    )


def test_a_caller_with_mfa_can_undo_it_and_nobody_is_locked_out():
    found = verdict(MFA, account(mfa={"admin": True, "alice": True}))
    assert found.lockouts == () and found.undecided == ()


def test_a_caller_with_mfa_whose_key_carries_none_is_told_to_sign_in_with_it():
    found = verdict(MFA, account(mfa={"admin": True, "alice": True}), long_term_key=True)
    assert "could undo it only with MFA, which the credentials in use do not carry" in sentences(found)[0]


def test_members_without_mfa_who_could_only_enrol_are_named():
    found = verdict(MFA, account(mfa={"admin": True, "alice": False, "bystander": False}))
    assert sentences(found) == [
        "alice can do nothing but enrol an MFA device afterwards: `DenyAllWithoutMFA` of the policy "
        "`group/All/base` denies it if aws:MultiFactorAuthPresent is false or missing"
    ]


def test_without_a_credential_report_whether_somebody_is_locked_out_is_unknown():
    found = verdict(MFA, account())
    assert not any(lockout.certain for lockout in found.lockouts)
    assert [lockout.who for lockout in found.lockouts] == [("admin",), ("admin", "alice")]
    assert all(
        "depending on whether they have MFA, which only a credential report tells" in s for s in sentences(found)
    )


@pytest.mark.parametrize(
    ("address", "lockouts"),
    [
        ("203.0.113.9", ()),
        (
            "198.51.100.7",
            ("admin, who applies this, could not undo it (`DenyOutside` of the policy `group/All/base` ",),
        ),
        (None, ("admin, who applies this, may not be able to undo it, depending on aws:SourceIp (set it with ",)),
    ],
)
def test_the_callers_address_decides_about_an_address_list(address, lockouts):
    context = {"aws:SourceIp": address} if address else {}
    found = verdict(IP, account(mfa={"admin": True, "alice": True}), context=context)
    ours = [text for text in sentences(found) if text.startswith("admin, who")]
    assert len(ours) == len(lockouts) and all(map(str.startswith, ours, lockouts))


def test_a_deny_that_reaches_a_role_by_a_shared_policy_is_named():
    arn = managed_arn("aws", ID, "base")
    held = (AttachedPolicy("base", arn),)
    role = Role("app", "/", "", f"arn:aws:iam::{ID}:role/app", trust={}, attached=held)
    shared = ManagedPolicy("base", "/policygen/", "", arn, (PolicyVersion("v1", ADMIN, True),))
    now = account(mfa={"admin": True, "alice": True}, roles=(role,), policies=(shared,))
    found = verdict(DENY_IAM, now, managed=True)
    assert any(
        text.startswith("role/app: managed policy base, which they have too, denies more afterwards, such as iam:")
        for text in sentences(found)
    )


def test_a_role_that_applies_it_is_judged_by_its_own_policies():
    role = Role("ops", "/", "", f"arn:aws:iam::{ID}:role/ops", trust={}, inline=(InlinePolicy("p", ADMIN),))
    now = account(mfa={"alice": True, "admin": True}, caller="assumed-role/ops/me", roles=(role,))
    assert verdict(DENY_IAM, now).lockouts == ()


def test_who_is_unknown_is_said_and_not_taken_for_safe():
    found = verdict(DENY_IAM, account(mfa={"alice": True, "admin": True}, caller="assumed-role/sso/me"))
    assert "it is not known whether they can undo the plan" in found.undecided[0]


def deny(*actions: str, sid: str = "", **more) -> dict:
    body = {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}
    return body | ({"Sid": sid} if sid else {})


def unless(operator: str, key: str, *values: str) -> dict:
    return {"Condition": {operator: {key: list(values)}}}


MFA_FOR_ALL = {"admin": True, "alice": True, "bystander": True}


def test_people_with_mfa_are_looked_at_and_mfa_is_not_blamed():
    found = verdict(document(deny("*", sid="Quarantine")), account(mfa=MFA_FOR_ALL))
    assert sentences(found)[1:] == [
        "admin, alice can do nothing afterwards: `Quarantine` of the policy `group/All/base` denies it"
    ]


def test_two_statements_deny_it_each_named():
    policy = document(deny("*", sid="DenyA"), deny("*", sid="DenyB", **unless("Bool", "aws:SecureTransport", "true")))
    found = verdict(policy, account(mfa=MFA_FOR_ALL))
    assert (
        "`DenyA` of the policy `group/All/base` and `DenyB` of the policy `group/All/base` "
        "(if aws:SecureTransport is true) deny it" in sentences(found)[1]
    )


def test_the_address_that_is_told_counts_for_members_too():
    now = account(mfa={"admin": False, "alice": False})
    assert verdict(IP, now, context={"aws:SourceIp": "203.0.113.9"}).lockouts == ()
    outside = verdict(IP, now, context={"aws:SourceIp": "198.51.100.7"})
    assert outside.lockouts[-1].who == ("admin", "alice") and outside.lockouts[-1].certain


@pytest.mark.parametrize("key", ["aws:SourceIp", "aws:PrincipalOrgID", "aws:SourceVpce", "aws:ResourceOrgID"])
def test_what_nobody_here_knows_makes_it_unknown_and_can_be_told(key):
    operator, value = ("NotIpAddress", "203.0.113.0/24") if key == "aws:SourceIp" else ("StringNotEquals", "o-one")
    policy = document(deny("*", sid="Perimeter", **unless(operator, key, value)))
    found = verdict(policy, account(mfa=MFA_FOR_ALL))
    assert not any(lockout.certain for lockout in found.lockouts)
    assert (
        f"admin, alice may be locked out, depending on {key} (set it with `--context {key}=VALUE`)"
        in sentences(found)[1]
    )
    right = {key: "203.0.113.9" if key == "aws:SourceIp" else value}
    assert verdict(policy, account(mfa=MFA_FOR_ALL), context=right).lockouts == ()


@pytest.mark.parametrize(
    ("regions", "caller", "members"),
    [
        (["us-east-1", "eu-west-1"], False, False),
        (["eu-west-1"], True, False),
        (["nowhere-1"], True, False),
    ],
)
def test_iam_answers_in_one_region_and_people_choose_theirs_elsewhere(regions, caller, members):
    policy = document(deny("*", sid="R", **unless("StringNotEquals", "aws:RequestedRegion", *regions)))
    who = [lockout.who for lockout in verdict(policy, account(mfa=MFA_FOR_ALL)).lockouts]
    assert (("admin",) in who, ("admin", "alice") in who) == (caller, members)


def test_a_chosen_region_that_the_new_policy_forbids_is_no_way_in():
    now = account(mfa=MFA_FOR_ALL)
    there = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"} | {
        "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    }
    users = tuple(replace(user, inline=(InlinePolicy("p", document(there)),)) for user in now.users)
    policy = document(deny("ec2:*", sid="R", **unless("StringNotEquals", "aws:RequestedRegion", "eu-west-1")))
    assert ("admin", "alice") in [lockout.who for lockout in verdict(policy, replace(now, users=users)).lockouts]


def test_whoever_can_still_do_one_rare_thing_is_not_locked_out():
    policy = {"Effect": "Deny", "NotAction": "lambda:InvokeFunction", "Resource": "*"}
    assert [lockout.who for lockout in verdict(document(policy), account(mfa=MFA_FOR_ALL)).lockouts] == [("admin",)]
    places = {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::one-bucket/*"}
    assert [lockout.who for lockout in verdict(document(places), account(mfa=MFA_FOR_ALL)).lockouts] == [("admin",)]


def test_keys_that_need_mfa_afterwards_are_noted_and_stop_nothing():
    found = verdict(MFA, account(mfa=MFA_FOR_ALL))
    assert found.lockouts == ()
    assert found.notes == (
        "access keys that can do nothing without MFA afterwards (`sts:GetSessionToken`): admin, alice",
    )


def test_a_shared_policy_reaches_whoever_holds_it_outside_of_the_group():
    arn = managed_arn("aws", ID, "base")
    shared = ManagedPolicy("base", "/policygen/", "", arn, (PolicyVersion("v1", ADMIN, True),))
    now = account(mfa=MFA_FOR_ALL, policies=(shared,))
    users = tuple(
        replace(user, attached=(AttachedPolicy("base", arn),)) if user.name == "bystander" else user
        for user in now.users
    )
    found = verdict(document(deny("*", sid="Stop")), replace(now, users=users), managed=True)
    assert found.lockouts[-1].who == ("admin", "alice", "bystander")
    bounded = tuple(replace(user, boundary=arn) if user.name == "bystander" else user for user in now.users)
    found = verdict(document(deny("*", sid="Stop")), replace(now, users=bounded), managed=True)
    assert found.lockouts[-1].who == ("admin", "alice", "bystander")


def test_a_policy_whose_document_is_not_known_may_lock_out():
    desired = Desired(ID, "aws", (DesiredGroup("All", (DesiredPolicy("AWSDenyAll", None, AWS_DENY_ALL),)),))
    now = account(mfa=MFA_FOR_ALL)
    found = judge(make_plan(desired, observe(now, desired), {}), now, context={})
    assert [(lockout.who, lockout.certain) for lockout in found.lockouts] == [
        (("admin",), False),
        (("admin", "alice"), False),
    ]
    assert f"the snapshot does not hold the policy `{AWS_DENY_ALL}`" in sentences(found)[1]


AWS_DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
_ACTIONS = ("s3:GetObject", "s3:PutObject", "ec2:RunInstances", "iam:CreateUser", "iam:GetUser")
_REGIONS = ("us-east-1", "eu-west-1")
_CONDITIONS = (
    {},
    unless("StringNotEquals", "aws:RequestedRegion", "eu-west-1"),
    unless("StringEquals", "aws:RequestedRegion", "us-east-1"),
    unless("BoolIfExists", "aws:MultiFactorAuthPresent", "false"),
    unless("Bool", "aws:MultiFactorAuthPresent", "false"),
    unless("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
)
_LISTS = st.lists(st.sampled_from((*_ACTIONS, "s3:*", "*")), min_size=1, max_size=2)
_STATEMENTS = st.builds(
    lambda effect, name, listed, condition: {"Effect": effect, name: listed, "Resource": "*", **condition},
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(["Action", "Action", "NotAction"]),
    _LISTS,
    st.sampled_from(_CONDITIONS),
)
_DOCUMENTS = st.lists(_STATEMENTS, min_size=1, max_size=3).map(lambda statements: document(*statements))


@settings(max_examples=60, deadline=None)
@given(_DOCUMENTS, _DOCUMENTS, st.booleans())
def test_the_guard_agrees_with_asking_everything(before, after, mfa):
    """Each verdict on a member, against the evaluator on every request of a small world; also when it is unknown."""
    now = account(mfa={"admin": True, "alice": mfa})
    users = tuple(replace(user, inline=()) for user in now.users)
    now = replace(now, users=users, groups=(replace(now.groups[0], inline=(InlinePolicy("base", before),)),))
    found = {name: lockout.certain for lockout in verdict(after, now).lockouts[-1:] for name in lockout.who}
    sessions = ("long-term-key", "no-mfa", *(["mfa"] if mfa else []))

    def anything(policy: dict, address: str) -> bool:
        layers = Layers((compile_policy(Policy(policy)),))
        return any(
            decide(
                person_request(
                    "user/alice",
                    action,
                    account=ID,
                    session=session,
                    context={"aws:SourceIp": address, "aws:RequestedRegion": region},
                ),
                layers,
            ).outcome
            is Outcome.ALLOW
            for action in (*_ACTIONS[:-1], "sns:Publish")
            for region in (("us-east-1",) if action.startswith("iam:") else (*_REGIONS, "ap-south-1"))
            for session in sessions
        )

    lost = [anything(before, place) and not anything(after, place) for place in ("203.0.113.9", "198.51.100.7")]
    expected = True if all(lost) else None if any(lost) else False
    assert expected is {True: True, False: None}.get(found.get("alice"), False)
