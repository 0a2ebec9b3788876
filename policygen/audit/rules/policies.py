"""What inline and managed policies allow: full access, NotAction, passing and assuming roles."""

from collections.abc import Iterator

from policygen.access.limiting import narrowed
from policygen.access.powers import allows_everything
from policygen.access.reach import all_actions
from policygen.audit.commands import aws_iam, policy_command
from policygen.audit.policy_verdicts import ADMINISTERING, judge, judge_inline, judge_managed
from policygen.audit.result import Verdict, account_entity, entity, fail, passed
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.finding import Severity
from policygen.policy.arn import arn_covers, is_aws_policy
from policygen.policy.model import Statement
from policygen.policy.pattern import matches
from policygen.reference.resources import is_everything


@rule("inline-policy-with-full-access", Severity.ERROR, rulesets=("strategy",), marks="inline")
def inline_policy_with_full_access(subject: Subject) -> Iterator[Verdict]:
    """An inline policy makes the user, group or role an administrator.

    Why it matters: a review that looks for AdministratorAccess does not find it, and no list of a policy's attachments
    shows it. A condition on the caller, the network or MFA does not change that.

    Instead: attach AWS's AdministratorAccess to one group of administrators, and delete the inline policy.

    Fires on: {"RoleDetailList": [{"RoleName": "app", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "*:*", "Resource": ["*"]}}}]}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "app", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}}]}]}
    """
    yield from judge_inline(subject, _full_access, denied=ADMINISTERING)


@rule("managed-policy-with-full-access", Severity.ERROR, rulesets=("scout2",), marks="attachments", cis="2.15")
def managed_policy_with_full_access(subject: Subject) -> Iterator[Verdict]:
    """A managed policy of your own allows every action on every resource.

    Why it matters: without the name AdministratorAccess, nobody recognizes it. AWS's AdministratorAccess itself is not
    reported here; `administrator` reports who has it.

    Instead: name the actions that the job needs, or attach AdministratorAccess, which a review finds by its name.

    Fires on: {"Policies": [{"PolicyName": "Developers", "Document":
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}]}
    Quiet on: {"Policies": [{"PolicyName": "Developers", "Document":
        {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}]}
    """
    yield from judge_managed(subject, _full_access, denied=ADMINISTERING)


@rule("policy-allows-not-action", Severity.SECURITY_WARNING, rulesets=("scout2",), marks="inline")
def policy_allows_not_action(subject: Subject) -> Iterator[Verdict]:
    """An Allow with NotAction allows everything except a list.

    Why it matters: it allows thousands of actions that nobody has reviewed, and every action that AWS adds later.

    Instead: list the actions in `Action`; use `NotAction` only with `Deny`.

    Fires on: {"Policies": [{"PolicyName": "PowerUser", "Document":
        {"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}}]}
    Quiet on: {"Policies": [{"PolicyName": "NoIAM", "Document":
        {"Statement": {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}}}]}
    """
    yield from judge(subject, lambda s: "allows with `NotAction`" if s.allows and s.not_actions else "")


@rule("pass-role-on-every-role", Severity.SECURITY_WARNING, rulesets=("scout2",), marks="inline")
def pass_role_on_every_role(subject: Subject) -> Iterator[Verdict]:
    """A policy allows any role to be passed to a service.

    Why it matters: anyone who can pass a role to a service that runs code has that role's permissions. If the account
    has an administrator role, that means all of them.

    Instead: name the roles, or limit the service with the condition key `iam:PassedToService`. Other rules report full
    access.

    Fires on: {"Policies": [{"PolicyName": "Deploy", "Document":
        {"Statement": {"Effect": "Allow", "Action": "iam:Pass*", "Resource": "arn:aws:iam::123456789012:role/*"}}}]}
    Quiet on: {"Policies": [{"PolicyName": "Deploy", "Document":
        {"Statement": {"Effect": "Allow", "Action": "iam:PassRole",
        "Resource": "arn:aws:iam::123456789012:role/app"}}}]}
    Quiet on: {"Policies": [{"PolicyName": "Deploy", "Document": {"Statement": [
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}}]}
    """
    yield from _on_every_role(subject, "iam:PassRole")


@rule("assume-role-on-every-role", Severity.SECURITY_WARNING, rulesets=("scout2",), marks="inline")
def assume_role_on_every_role(subject: Subject) -> Iterator[Verdict]:
    """A policy allows any role to be assumed.

    Why it matters: then only the trust policies decide. Most of them trust the whole account, which leaves the decision
    to this policy.

    Instead: name the roles.

    Fires on: {"GroupDetailList": [{"GroupName": "Ops", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}}]}]}
    Quiet on: {"GroupDetailList": [{"GroupName": "Ops", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument":
        {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Resource": "arn:aws:iam::123456789012:role/ops"}}}]}]}
    """
    yield from _on_every_role(subject, "sts:AssumeRole")


@rule("policy-allows-more-than-assume-role", Severity.WARNING, default=False, marks="inline")
def policy_allows_more_than_assume_role(subject: Subject) -> Iterator[Verdict]:
    """A policy allows something other than assuming a role.

    Why it matters: in an account whose users only sign in and assume roles in other accounts, any other permission is
    one too many. Off by default, since few accounts are like that.

    Instead: allow `sts:AssumeRole` on the roles, and give the permissions to the roles.

    Fires on: {"Policies": [{"PolicyName": "p", "Document": {"Statement": {"Effect": "Allow", "Action":
        ["sts:AssumeRole", "s3:GetObject"], "Resource": "arn:aws:iam::123456789012:role/x"}}}]}
    Quiet on: {"Policies": [{"PolicyName": "p", "Document": {"Statement": {"Effect": "Allow",
        "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/x"}}}]}
    """
    yield from judge(subject, _more_than_assume_role)


@rule("managed-policy-not-attached", Severity.SUGGESTION, rulesets=("scout2",), marks="attachments")
def managed_policy_not_attached(subject: Subject) -> Iterator[Verdict]:
    """A managed policy of your own is not attached to anything, nor used as a permissions boundary.

    Why it matters: anyone who can attach policies can use it, although nobody has reviewed it for years.

    Instead: delete it. It can be created again from its file if it is ever needed.

    Fires on: {"Policies": [{"PolicyName": "old", "Document": {}, "AttachmentCount": 0}]}
    Quiet on: {"Policies": [{"PolicyName": "limit", "Document": {}, "PermissionsBoundaryUsageCount": 1}]}
    """
    for item, _ in subject.customer_policies():
        if item.attachment_count or item.boundary_count:
            yield passed(entity(item))
        else:
            others = (version.id for version in item.versions if not version.is_default)
            fix = [aws_iam("delete-policy-version", policy_arn=item.arn, version_id=version) for version in others]
            fix.append(aws_iam("delete-policy", policy_arn=item.arn))
            yield fail(entity(item), "is not attached to anything", fix=tuple(fix))


@rule("support-role-missing", Severity.SUGGESTION, rulesets=("scout2",), default=False, cis="2.16")
def support_role_missing(subject: Subject) -> Iterator[Verdict]:
    """Nobody can open a case with AWS Support.

    Why it matters: during an incident somebody will sign in as root to do it.

    Instead: attach AWSSupportAccess to a role or group for the people who handle incidents.

    Fires on: {"RoleDetailList": [{"RoleName": "app"}]}
    Quiet on: {"RoleDetailList": [{"RoleName": "Support", "AttachedManagedPolicies": ["aws:policy/AWSSupportAccess"]}]}
    """
    about = account_entity(subject.account)
    attached = (policy for holder in subject.holders for policy in holder.attached)
    arn = f"arn:{subject.account.partition or 'aws'}:iam::aws:policy/AWSSupportAccess"
    fix = aws_iam("attach-role-policy", role_name="ROLE", policy_arn=arn)
    found = any(is_aws_policy(policy.arn, "AWSSupportAccess") for policy in attached)
    yield passed(about) if found else fail(about, "`AWSSupportAccess` is not attached to anything", fix=(fix,))


@rule("cloudshell-full-access", Severity.SUGGESTION, default=False, marks="attached", cis="2.21")
def cloudshell_full_access(subject: Subject) -> Iterator[Verdict]:
    """AWSCloudShellFullAccess is attached.

    Why it matters: it allows files to be uploaded and downloaded through a shell with internet access, a way out for
    data that no bucket policy controls.

    Instead: allow CloudShell without `cloudshell:GetFileDownloadUrls` and `cloudshell:GetFileUploadUrls`.

    Fires on: {"GroupDetailList": [{"GroupName": "Ops",
        "AttachedManagedPolicies": ["aws:policy/AWSCloudShellFullAccess"]}]}
    Quiet on: {"GroupDetailList": [{"GroupName": "Ops"}]}
    """
    for holder in subject.holders:
        found = [policy.arn for policy in holder.attached if is_aws_policy(policy.arn, "AWSCloudShellFullAccess")]
        if found:
            fix = policy_command("detach", holder, policy_arn=found[0])
            yield fail(entity(holder), "`AWSCloudShellFullAccess` is attached", fix=(fix,))
        else:
            yield passed(entity(holder))


def _full_access(statement: Statement) -> str:
    return "allows every action on every resource" if allows_everything(statement) else ""


def _on_every_role(subject: Subject, action: str) -> Iterator[Verdict]:
    account = subject.account.id or "*"
    yield from judge(subject, lambda statement: _allows_on_every_role(statement, action, account), denied=action)


def _allows_on_every_role(statement: Statement, action: str, account: str) -> str:
    wanted = f"arn:*:iam::{account}:role/*"
    names = (entry.value for entry in statement.actions if not all_actions(entry.value))
    offends = (
        statement.allows
        and any(matches(name.lower(), action.lower()) for name in names)
        and any(is_everything(r.value) or _every_role(r.value, wanted) for r in statement.resources)
        and not narrowed(statement.conditions)
    )
    return f"allows `{action}` on every role" if offends else ""


def _every_role(resource: str, wanted: str) -> bool:
    """Whether an entry matches every role of the account, in the partition that it names."""
    head, _, rest = resource.partition(":")
    partition = rest.partition(":")[0]
    return head == "arn" and arn_covers(resource, wanted.replace("arn:*:", f"arn:{partition}:"))


def _more_than_assume_role(statement: Statement) -> str:
    others = [entry.value for entry in statement.actions if entry.value.lower() != "sts:assumerole"]
    if statement.allows and (others or statement.not_actions):
        return f"allows {', '.join(f'`{other}`' for other in others[:3]) or '`NotAction`'}"
    return ""
