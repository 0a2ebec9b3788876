"""Users with inline or attached policies."""

from collections.abc import Iterator

from policygen.audit.commands import aws_iam, policy_command
from policygen.audit.policy_verdicts import inline_policies
from policygen.audit.result import Verdict, entity, fail, passed
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.finding import Severity

_GROUP = "GROUP_OF_THE_JOB"
"""The placeholder in commands for a group that only the reader knows."""


@rule("user-with-inline-policy", Severity.WARNING, rulesets=("strategy", "scout2"), marks="inline", cis="2.14")
def user_with_inline_policy(subject: Subject) -> Iterator[Verdict]:
    """A user has an inline policy.

    Why it matters: nobody who reads the groups sees the permissions of a single user; they remain when the person
    changes jobs, and have to be reviewed user by user.

    Instead: give the permissions to the group for the job, add the user to that group, and delete the user's policy.

    Fires on: {"UserDetailList": [{"UserName": "alice", "UserPolicyList": [
        {"PolicyName": "mine", "PolicyDocument": {}}]}]}
    Quiet on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Developers"]}]}
    """
    for user in subject.account.users:
        yield inline_policies(user, subject.account, _GROUP)


@rule("user-with-attached-policy", Severity.WARNING, rulesets=("strategy", "scout2"), marks="attached", cis="2.14")
def user_with_attached_policy(subject: Subject) -> Iterator[Verdict]:
    """A managed policy is attached to a user.

    Why it matters: it hides who can do what from anyone who reads the groups, as an inline policy does. A permissions
    boundary grants nothing and does not count.

    Instead: attach the policy to the group for the job, add the user to that group, and detach it from the user.

    Fires on: {"UserDetailList": [{"UserName": "alice", "AttachedManagedPolicies": ["aws:policy/ReadOnlyAccess"]}]}
    Quiet on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Developers"]}]}
    """
    for user in subject.account.users:
        if user.attached:
            names = ", ".join(f"`{policy.name}`" for policy in user.attached)
            yield fail(
                entity(user),
                f"has {len(user.attached)} managed polic{'y' if len(user.attached) == 1 else 'ies'} attached: {names}",
                *(policy.arn for policy in user.attached),
                fix=(
                    *(aws_iam("attach-group-policy", group_name=_GROUP, policy_arn=p.arn) for p in user.attached),
                    aws_iam("add-user-to-group", user_name=user.name, group_name=_GROUP),
                    *(policy_command("detach", user, policy_arn=p.arn) for p in user.attached),
                ),
            )
        else:
            yield passed(entity(user))
