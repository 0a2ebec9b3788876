"""Groups: their members, their policies, and how close they are to IAM's quotas."""

from collections.abc import Iterator

from policygen.audit.commands import aws_iam, take_all_policies
from policygen.audit.policy_verdicts import inline_policies, judge
from policygen.audit.result import Verdict, account_entity, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.finding import Severity
from policygen.policy.canonical import size
from policygen.policy.model import Statement
from policygen.policy.pattern import matches
from policygen.reference.quotas import account_quota
from policygen.reference.resources import touched
from policygen.reference.services import expand

_GENERIC = (
    *("group", "group?", "group??", "users", "default", "foo*", "test*"),
    *("tmp*", "temp", "temp?", "misc*", "other*"),
)


@rule("group-without-users", Severity.WARNING, rulesets=("strategy", "scout2"), marks="members")
def group_without_users(subject: Subject) -> Iterator[Verdict]:
    """A group has no members.

    Why it matters: a user who is added by mistake gets its permissions, and anyone who reads the groups to learn who
    can do what has one too many to read.

    Instead: delete the group, or add the users who do the job.

    Fires on: {"GroupDetailList": [{"GroupName": "Empty"}], "UserDetailList": [{"UserName": "alice"}]}
    Quiet on: {"GroupDetailList": [{"GroupName": "Developers"}],
        "UserDetailList": [{"UserName": "alice", "GroupList": ["developers"]}]}
    Unknown on: {"GroupDetailList": [{"GroupName": "Developers"}]}
    """
    if subject.account.groups and not subject.account.users and (subject.account.summary or {}).get("Users") != 0:
        reason = "the snapshot does not contain any users; it may have been read with `--filter`"
        yield unknown(account_entity(subject.account), reason)
        return
    for group in subject.account.groups:
        if subject.account.members(group.name):
            yield passed(entity(group))
        else:
            fix = (*take_all_policies(group), aws_iam("delete-group", group_name=group.name))
            yield fail(entity(group), "has no members", fix=fix)


@rule("group-with-inline-policy", Severity.WARNING, rulesets=("scout2",), marks="inline")
def group_with_inline_policy(subject: Subject) -> Iterator[Verdict]:
    """A group has an inline policy.

    Why it matters: an inline policy has no versions to go back to and cannot be attached to a second group, and all
    inline policies of a group together have less room than one managed policy.

    Instead: turn it into a managed policy and attach that.

    Fires on: {"GroupDetailList": [{"GroupName": "Developers", "GroupPolicyList": [
        {"PolicyName": "p", "PolicyDocument": {}}]}]}
    Quiet on: {"GroupDetailList": [{"GroupName": "Developers",
        "AttachedManagedPolicies": ["aws:policy/ReadOnlyAccess"]}]}
    """
    for group in subject.account.groups:
        yield inline_policies(group, subject.account)


@rule("group-name-without-job", Severity.SUGGESTION, default=False)
def group_name_without_job(subject: Subject, *, names: tuple[str, ...] = _GENERIC) -> Iterator[Verdict]:
    """The name of a group does not describe a job.

    Why it matters: groups named after jobs tell anyone who can do what, and tell an administrator which group a new
    colleague belongs in. `Group1` collects permissions until nobody dares to touch it.

    Instead: name the group after the job: `aws iam update-group --new-group-name`. The parameter `names` lists the
    names to report, with IAM's wildcards.

    Fires on: {"GroupDetailList": [{"GroupName": "group1"}]}
    Quiet on: {"GroupDetailList": [{"GroupName": "DatabaseAdministrators"}]}
    """
    for group in subject.account.groups:
        pattern = next((pattern for pattern in names if matches(pattern.lower(), group.name.lower())), None)
        if pattern:
            fix = aws_iam("update-group", group_name=group.name, new_group_name="NAME-OF-THE-JOB")
            yield fail(entity(group), f"its name does not describe a job (it matches `{pattern}`)", fix=(fix,))
        else:
            yield passed(entity(group))


@rule("near-quota", Severity.SUGGESTION, rulesets=("strategy",), marks="attached")
def near_quota(subject: Subject, *, percent: int = 90) -> Iterator[Verdict]:
    """A group or the account is close to one of IAM's quotas.

    Why it matters: IAM will refuse the next policy or user, and the easy way out is a policy on a user.

    Instead: merge policies, split the group, or ask AWS to raise the quota. `percent` is the share of a quota from
    which it is reported. Quotas come from the account summary, or are AWS's defaults if it was not read.

    Fires on: {"GroupDetailList": [{"GroupName": "Developers", "AttachedManagedPolicies": ["aws:policy/A",
        "aws:policy/B", "aws:policy/C", "aws:policy/D", "aws:policy/E", "aws:policy/F", "aws:policy/G", "aws:policy/H",
        "aws:policy/I"]}]}
    Quiet on: {"GroupDetailList": [{"GroupName": "Developers", "AttachedManagedPolicies": ["aws:policy/A"]}]}
    """
    summary = subject.account.summary or {}
    inline = account_quota("GroupPolicySizeQuota", summary)
    attachable = account_quota("AttachedPoliciesPerGroupQuota", summary)
    for group in subject.account.groups:
        characters = sum(size(policy.document) for policy in group.inline)
        used = (
            (len(group.attached), attachable, "attached policies"),
            (characters, inline, "characters of inline policies"),
        )
        full = [f"{number} of {limit} {what}" for number, limit, what in used if number * 100 >= limit * percent]
        yield fail(entity(group), f"has {' and '.join(full)}") if full else passed(entity(group))
    for what in ("Users", "Groups", "Roles", "Policies"):
        number, limit = summary.get(what), summary.get(f"{what}Quota")
        if number is not None and limit:
            about = account_entity(subject.account)
            near = number * 100 >= limit * percent
            yield fail(about, f"has {number} of {limit} {what.lower()}") if near else passed(about)


@rule("deny-on-group-misses-users", Severity.SECURITY_WARNING, rulesets=("scout2",), marks="inline")
def deny_on_group_misses_users(subject: Subject) -> Iterator[Verdict]:
    """A Deny of actions on users names a group, so it denies nothing.

    Why it matters: a group's ARN does not match its members. `Deny iam:CreateAccessKey` on `group/Admins` does not
    prevent anyone from creating an access key for an administrator.

    Instead: name the users (`user/admins/*`, if those to be protected share a path), or use a permissions boundary.

    Fires on: {"GroupDetailList": [{"GroupName": "HelpDesk", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": {
        "Statement": {"Effect": "Deny", "Action": "iam:CreateAccessKey",
        "Resource": "arn:aws:iam::123456789012:group/Admins"}}}]}]}
    Quiet on: {"GroupDetailList": [{"GroupName": "HelpDesk", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": {
        "Statement": {"Effect": "Deny", "Action": "iam:AddUserToGroup",
        "Resource": "arn:aws:iam::123456789012:group/Admins"}}}]}]}
    """
    yield from judge(subject, _misses_users)


def _misses_users(statement: Statement) -> str:
    """Says which actions on users a Deny names although its resources are only groups."""
    resources = [resource.value for resource in statement.resources]
    if statement.effect != "Deny" or not resources or any(touched("iam", r) != {"group"} for r in resources):
        return ""
    actions = [action for entry in statement.actions for action in expand(entry.value) if action.service == "iam"]
    users = [
        action.name for action in actions if "user" in action.resource_types and "group" not in action.resource_types
    ]
    return f"denies {', '.join(users[:3])}{' …' if len(users) > 3 else ''} on groups only" if users else ""
