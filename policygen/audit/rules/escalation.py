"""Permission escalation: what users and roles make of all that they hold, and of whom they can become."""

from collections.abc import Iterator

from policygen.account.model import Role, User
from policygen.audit.result import Verdict, account_entity, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.finding import Severity


@rule("user-can-escalate", Severity.ERROR, rulesets=("strategy",), marks="groups")
def user_can_escalate(subject: Subject) -> Iterator[Verdict]:
    """A user who is not an administrator can become one.

    Why it matters: group by group the permissions look harmless; together they let the user attach a policy, make a key
    for an administrator, or run code with a role that may do everything. Own policies and those of all groups count,
    what any of them denies is left out, and so is what the permissions boundary does not allow. Users, groups, roles
    and policies that are named are looked up in the account: who is administrator, which role trusts whom, which policy
    one holds oneself. Where a path leads to what no snapshot tells, such as the role of a function, the result is
    unknown. A pass says that none of the publicly known ways in the linter's table of escalations is open, not that
    no other exists.

    Instead: name resources that are not more powerful than the user, or take one of the actions in the evidence away.

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
    """A role that is not an administrator's can become one.

    Why it matters: anyone who may assume the role, and any instance, function or workflow that works with it, is an
    administrator after one or two more calls. It is decided as for users; a role has no user of its own. A pass says
    that none of the publicly known ways in the linter's table of escalations is open, not that no other exists.

    Instead: name resources that are not more powerful than the role, or take one of the actions in the evidence away.

    Fires on: {"RoleDetailList": [{"RoleName": "ci", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}}}]}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "ci", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}}]}]}
    Unknown on: {"RoleDetailList": [{"RoleName": "ci", "AttachedManagedPolicies": ["123456789012:policy/unread"]}]}
    """
    yield from _verdicts(subject, subject.account.roles)


def _verdicts(subject: Subject, holders: tuple[User, ...] | tuple[Role, ...]) -> Iterator[Verdict]:
    found = subject.ways
    lacking = dict.fromkeys(found[holder.arn].steps[0] for holder in holders if found[holder.arn].unread)
    for lacks in lacking:
        yield unknown(account_entity(subject.account), f"whether others can become more is unknown: {lacks}")
    for holder in holders:
        way = found[holder.arn]
        if way.unread:
            continue
        if way.administrator:
            yield passed(entity(holder), "is administrator, so there is nothing left to become")
        elif way.answer is None:
            yield unknown(entity(holder), f"whether it can become more is unknown: {way.steps[0]}", *way.steps[1:])
        elif way.answer:
            yield fail(entity(holder), f"can become more than it is: {way.steps[0]}{_more(way.steps)}", *way.steps[1:])
        else:
            yield passed(entity(holder))


def _more(steps: tuple[str, ...]) -> str:
    """Where the first step is one of several ways, how many more there are."""
    ways_left = len(steps) - 1 if not steps[0].startswith("becomes") else 0
    return f", and in {ways_left} more way{'s' if ways_left > 1 else ''}" if ways_left else ""
