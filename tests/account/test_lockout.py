import pytest

from policygen.account.desired import Desired, DesiredGroup, DesiredPolicy, managed_arn
from policygen.account.limits import Limits
from policygen.account.lockout import judge
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
from policygen.account.plan import make_plan
from policygen.account.state import observe

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
    plan = make_plan(desired, observe(now, desired), Limits({}))
    return judge(plan, now, context=context or {}, long_term_key=long_term_key)


def test_a_caller_who_could_not_undo_it_is_warned_with_the_statement():
    found = verdict(MFA, account(mfa={"admin": False, "alice": True}))
    assert found.lockouts[0] == (
        "admin, who applies this, could not undo it (DenyAllWithoutMFA denies it): "
        "iam:PutGroupPolicy, iam:DeleteGroupPolicy"
    )


def test_a_caller_with_mfa_can_undo_it_and_nobody_is_locked_out():
    found = verdict(MFA, account(mfa={"admin": True, "alice": True}))
    assert found.lockouts == () and found.undecided == ()


def test_a_caller_with_mfa_whose_key_carries_none_is_told_to_sign_in_with_it():
    found = verdict(MFA, account(mfa={"admin": True, "alice": True}), long_term_key=True)
    assert "could undo it with MFA only, and the credentials in use carry none" in found.lockouts[0]


def test_members_without_mfa_who_could_only_enrol_are_named():
    found = verdict(MFA, account(mfa={"admin": True, "alice": False, "bystander": False}))
    assert found.lockouts == ("without MFA, these can do nothing but enrol afterwards: alice",)


def test_without_a_credential_report_it_is_said_that_nobody_knows():
    found = verdict(MFA, account())
    assert found.lockouts == ()
    assert any("who has MFA is not known without a credential report" in text for text in found.undecided)


@pytest.mark.parametrize(
    ("address", "lockouts"),
    [
        ("203.0.113.9", ()),
        ("198.51.100.7", ("admin, who applies this, could not undo it (DenyOutside denies it): ",)),
        (None, ("admin, who applies this, may or may not be able to undo it, depending on aws:SourceIp (give it ",)),
    ],
)
def test_the_callers_address_decides_about_an_address_list(address, lockouts):
    context = {"aws:SourceIp": address} if address else {}
    found = verdict(IP, account(mfa={"admin": True, "alice": True}), context=context)
    ours = [text for text in found.lockouts if text.startswith("admin")]
    assert len(ours) == len(lockouts) and all(map(str.startswith, ours, lockouts))


def test_a_deny_that_reaches_a_role_by_a_shared_policy_is_named():
    arn = managed_arn("aws", ID, "base")
    held = (AttachedPolicy("base", arn),)
    role = Role("app", "/", "", f"arn:aws:iam::{ID}:role/app", {}, attached=held)
    shared = ManagedPolicy("base", "/policygen/", "", arn, (PolicyVersion("v1", ADMIN, True),))
    now = account(mfa={"admin": True, "alice": True}, roles=(role,), policies=(shared,))
    found = verdict(DENY_IAM, now, managed=True)
    assert "managed policy base denies more afterwards, and role/app has it too" in found.lockouts


def test_a_role_that_applies_it_is_judged_by_its_own_policies():
    role = Role("ops", "/", "", f"arn:aws:iam::{ID}:role/ops", {}, inline=(InlinePolicy("p", ADMIN),))
    now = account(mfa={"alice": True, "admin": True}, caller="assumed-role/ops/me", roles=(role,))
    assert verdict(DENY_IAM, now).lockouts == ()


def test_who_is_unknown_is_said_and_not_taken_for_safe():
    found = verdict(DENY_IAM, account(mfa={"alice": True, "admin": True}, caller="assumed-role/sso/me"))
    assert "whether they can undo it is not known" in found.undecided[0]
