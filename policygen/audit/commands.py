"""The `aws iam` commands that verdicts print, for a person to paste into a shell."""

import shlex

from policygen.account.model import Account, Group, Role, User

_DESTRUCTIVE = ("delete-", "detach-", "remove-", "deactivate-")
"""The prefixes of `aws iam` commands that delete something or take it away.
Source: AWS CLI Command Reference, "iam" (2026-11)."""

NEW_CREDENTIAL_REPORT = (
    "aws iam generate-credential-report",
    "aws iam get-credential-report > credential-report.json",
)
"""The commands that fetch a new credential report; repeat the first until it says `COMPLETE`."""


def aws_iam(verb: str, **options: str) -> str:
    """A shell command with its values quoted: `aws iam detach-user-policy --user-name alice …`."""
    words = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    return shlex.join(["aws", "iam", verb, *words])


def policy_command(verb: str, holder: User | Group | Role, **options: str) -> str:
    """A command about a policy of a user, group or role: `policy_command("detach", alice, policy_arn=…)` is
    `aws iam detach-user-policy --user-name alice --policy-arn …`.
    """
    kind = type(holder).__name__.lower()
    return aws_iam(f"{verb}-{kind}-policy", **{f"{kind}_name": holder.name}, **options)


def key_commands(user: str, verb: str, **options: str) -> tuple[str, ...]:
    """The commands that list a user's access keys, and change one; the credential report does not contain the ids."""
    change = aws_iam(verb, user_name=user, **options, access_key_id="ACCESS_KEY_ID")
    return aws_iam("list-access-keys", user_name=user), change


def destroys(command: str) -> bool:
    """Whether a command deletes something or takes it away."""
    words = command.split()
    return words[:2] == ["aws", "iam"] and words[2].startswith(_DESTRUCTIVE)


def take_all_policies(holder: Group | Role) -> tuple[str, ...]:
    """The commands that remove all policies, without which IAM refuses to delete a group or role."""
    return (
        *(policy_command("delete", holder, policy_name=policy.name) for policy in holder.inline),
        *(policy_command("detach", holder, policy_arn=policy.arn) for policy in holder.attached),
    )


def by_managed_policies(holder: User | Group | Role, account: Account, group: str = "") -> tuple[str, ...]:
    """The commands that replace all inline policies with managed ones.

    A user's policies are attached to `group`, which the user joins. The policy names are placeholders, since managed
    policies with the names of the inline ones may exist.
    """
    target = Group(group, "/", "", "") if isinstance(holder, User) else holder
    first, last = [], []
    for number, policy in enumerate(holder.inline, 1):
        name = f"POLICY_NAME_{number}"
        arn = f"arn:{account.partition or 'aws'}:iam::{account.id or 'ACCOUNT'}:policy/{name}"
        show = policy_command("get", holder, policy_name=policy.name, query="PolicyDocument", output="json")
        first += [
            f"{show} > policy-{number}.json",
            aws_iam("create-policy", policy_name=name, policy_document=f"file://policy-{number}.json"),
            policy_command("attach", target, policy_arn=arn),
        ]
        last.append(policy_command("delete", holder, policy_name=policy.name))
    join = [aws_iam("add-user-to-group", user_name=holder.name, group_name=group)] if isinstance(holder, User) else []
    return (*first, *join, *last)
