"""Privilege escalation: which users and roles can become administrators with the permissions that they have."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from policygen.access.become import ADMINISTRATOR, Way
from policygen.access.foreign_trust import outsiders
from policygen.account.model import Group, ManagedPolicy, Role, User
from policygen.audit.result import Verdict, account_entity, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.finding import Severity, Step


@rule("user-can-escalate", Severity.ERROR, rulesets=("strategy",), marks="groups", by_cause=True)
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


@rule("role-can-escalate", Severity.ERROR, rulesets=("strategy",), marks="trust", by_cause=True)
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


@rule("outsider-can-escalate", Severity.SECURITY_WARNING, rulesets=("strategy",), marks="trust")
def outsider_can_escalate(subject: Subject, *, accounts: tuple[str, ...] = ()) -> Iterator[Verdict]:
    """Somebody outside the account can assume a role that is an administrator, or can become one.

    Why it matters: another account, a repository on GitHub or anyone with a token is then an administrator of this
    account, and nobody here can see how well they protect themselves. Conditions are considered to be met.

    Instead: give the role only what the outsiders need, or trust fewer of them: one role instead of a whole account,
    one branch instead of every repository. `accounts` are the ids of accounts that may have administrators here, such
    as the management account of the organization. People who sign in through your own SAML provider are not outsiders.

    Fires on: {"RoleDetailList": [{"RoleName": "ci", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"],
        "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
        "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:my-org/app:*"}}}}}]}
    Fires on: {"RoleDetailList": [{"RoleName": "partner", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}}}],
        "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}}}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "partner", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}}],
        "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}}}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "app", "AttachedManagedPolicies": ["aws:policy/AdministratorAccess"]}]}
    Unknown on: {"RoleDetailList": [{"RoleName": "partner", "AttachedManagedPolicies": ["123456789012:policy/unread"],
        "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}}}]}
    """
    for role in subject.account.roles:
        trust = subject.actors.trust[role.arn]
        found = [one for one in outsiders(trust, subject.account.id) if one.account not in accounts or not one.account]
        way = subject.ways[role.arn]
        who = " and ".join(dict.fromkeys(one.name for one in found))
        said = f"{who} → {f'`role/{role.name}` → {ADMINISTRATOR}' if way.administrator else way}"
        evidence = (*dict.fromkeys(f"trusts {one}" for one in found), *_openings(way))
        if not found or (way.answer is False and not way.administrator):
            yield passed(entity(role))
        elif way.administrator or way.answer:
            verdict = fail(entity(role), f"outsiders can become administrators: {said}", *evidence)
            first = Step(who.replace("`", ""), "`sts:AssumeRole`", f"role/{role.name}")
            yield replace(verdict, way=(first, *_steps(way, f"role/{role.name}")))
        else:
            told = said if way.steps else way.reasons[0]
            yield unknown(entity(role), f"perhaps {who} can become an administrator: {told}", *evidence)


def _verdicts(subject: Subject, holders: tuple[User, ...] | tuple[Role, ...]) -> Iterator[Verdict]:
    found = subject.ways
    lacking = dict.fromkeys(found[holder.arn].reasons[0] for holder in holders if found[holder.arn].unread)
    for lacks in lacking:
        yield unknown(account_entity(subject.account), f"whether others can become administrators is unknown: {lacks}")
    yield from _by_cause(subject, [holder for holder in holders if found[holder.arn].answer])
    for holder in holders:
        way = found[holder.arn]
        if way.unread:
            continue
        if way.administrator:
            yield passed(entity(holder), "is an administrator already")
        elif way.answer is None:
            said = str(way) if way.steps else way.reasons[0]
            more = (*_openings(way), *(way.reasons if way.steps else way.reasons[1:]))
            yield unknown(entity(holder), f"perhaps it can become an administrator: {said}", *more)
        elif not way.answer:
            yield passed(entity(holder))


def _by_cause(subject: Subject, holders: Sequence[User | Role]) -> Iterator[Verdict]:
    """A failure for each user or role; one for all that have the same way through one policy or group."""
    groups: dict[object, list[User | Role]] = {}
    for holder in holders:
        way = subject.ways[holder.arn]
        cause = _cause(subject, way)
        groups.setdefault((entity(cause), way.told_as("itself")) if cause else holder.arn, []).append(holder)
    for same in groups.values():
        way = subject.ways[same[0].arn]
        cause = _cause(subject, way)
        if cause is None or len(same) == 1:
            verdict = fail(entity(same[0]), f"can become an administrator: {way}", *_openings(way))
        else:
            kind = "users" if isinstance(same[0], User) else "roles"
            message = f"lets {kind} become administrators: {way.told_as('itself')}"
            verdict = fail(entity(cause), message, *_openings(way), holders=tuple(map(entity, same)))
        yield replace(verdict, way=_steps(way, str(verdict.entity)))


def _cause(subject: Subject, way: Way) -> Group | ManagedPolicy | None:
    """The group or customer managed policy that opens the first step of a way; None if others cannot have it."""
    held = next((opening.held for opening in way.steps[0].openings), None)
    if held is None:
        return None
    policy = subject.account.policy(held.arn)
    if isinstance(held.holder, Group) or policy is None or policy.aws_managed:
        return held.holder if isinstance(held.holder, Group) else None
    return policy


def _steps(way: Way, source: str) -> tuple[Step, ...]:
    """The steps for reports, with another name for the source of the first."""
    first = way.steps[0].source if way.steps else ""
    return tuple(Step(source if step.source == first else step.source, step.told, step.target) for step in way.steps)


def _openings(way: Way) -> tuple[str, ...]:
    """The statements that open a way, step by step."""
    return tuple(dict.fromkeys(str(opening) for step in way.steps for opening in step.openings))
