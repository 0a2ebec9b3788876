"""Privilege escalation: which users and roles can become administrators with the permissions that they have."""

from collections.abc import Iterator

from policygen.access.become import Way
from policygen.account.model import Role, User
from policygen.audit.result import Verdict, account_entity, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.finding import Severity


@rule("user-can-escalate", Severity.ERROR, rulesets=("strategy",), marks="groups")
def user_can_escalate(subject: Subject) -> Iterator[Verdict]:
    """A user who is not an administrator can become one.

    Why it matters: the permissions of each group look harmless; together they let the user attach a policy, create an
    access key for an administrator, or run code with a role that can do everything. The user's policies, those of the
    groups and the permissions boundary are evaluated together, with every Deny. The users, groups, roles and policies
    that they name are looked up in the account: who is an administrator, whom a role trusts, what is attached to the
    user. Where a path depends on what a snapshot does not contain, such as the role of a function, the result is
    unknown. A pass means that none of the publicly known paths in the linter's table of escalations is open, not that
    no other exists.

    Instead: name resources that are no more powerful than the user, or remove one of the actions in the evidence.

    Fires on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Deploy", "Roles"]}], "GroupDetailList": [
        {"GroupName": "Deploy", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": {
        "Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}}}]},
        {"GroupName": "Roles", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement":
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}}}]}], "RoleDetailList": [{"RoleName": "app"}]}
    Fires on: {"UserDetailList": [{"UserName": "chief", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"]},
        {"UserName": "alice", "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": {"Effect": "Allow",
        "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::123456789012:user/chief"}}}]}],
        "RoleDetailList": [{"RoleName": "app"}]}
    Quiet on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Deploy"]}], "GroupDetailList": [
        {"GroupName": "Deploy", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": {
        "Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}}}]}],
        "RoleDetailList": [{"RoleName": "app"}]}
    Unknown on: {"UserDetailList": [{"UserName": "alice", "AttachedManagedPolicies": ["123456789012:policy/unread"]}],
        "RoleDetailList": [{"RoleName": "app"}]}
    """
    yield from _verdicts(subject, subject.account.users)


@rule("role-can-escalate", Severity.ERROR, rulesets=("strategy",), marks="trust")
def role_can_escalate(subject: Subject) -> Iterator[Verdict]:
    """A role that is not an administrator can become one.

    Why it matters: anyone who can assume the role, and any instance, function or workflow that uses it, is one or two
    calls away from being an administrator. Roles are judged as `user-can-escalate` judges users. A pass means that none
    of the publicly known paths in the linter's table of escalations is open, not that no other exists.

    Instead: name resources that are no more powerful than the role, or remove one of the actions in the evidence.

    Fires on: {"RoleDetailList": [{"RoleName": "ci", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}}}]}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "ci", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}}]}]}
    Unknown on: {"RoleDetailList": [{"RoleName": "ci", "AttachedManagedPolicies": ["123456789012:policy/unread"]}]}
    """
    yield from _verdicts(subject, subject.account.roles)


def _verdicts(subject: Subject, holders: tuple[User, ...] | tuple[Role, ...]) -> Iterator[Verdict]:
    found = subject.ways
    lacking = dict.fromkeys(found[holder.arn].reasons[0] for holder in holders if found[holder.arn].unread)
    for lacks in lacking:
        yield unknown(account_entity(subject.account), f"whether others can become administrators is unknown: {lacks}")
    for holder in holders:
        way = found[holder.arn]
        if way.unread:
            continue
        if way.administrator:
            yield passed(entity(holder), "is an administrator already")
        elif way.answer:
            yield fail(entity(holder), f"can become an administrator: {way}", *_openings(way))
        elif way.answer is None:
            said = str(way) if way.steps else way.reasons[0]
            more = (*_openings(way), *(way.reasons if way.steps else way.reasons[1:]))
            yield unknown(entity(holder), f"perhaps it can become an administrator: {said}", *more)
        else:
            yield passed(entity(holder))


def _openings(way: Way) -> tuple[str, ...]:
    """The statements that open a way, step by step."""
    return tuple(dict.fromkeys(str(opening) for step in way.steps for opening in step.openings))
