"""Privilege escalation within one policy: one rule for each family of known paths."""

from policygen.access.escalation import escalations_of, grouped
from policygen.access.reach import full_access_entries
from policygen.finding import Severity
from policygen.lint.escalation.findings import sentence
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Kind, Policy

_KINDS = (Kind.IDENTITY,)


@rule("escalation-by-policy", Severity.ERROR, group="escalation", kinds=_KINDS)
def escalation_by_policy(policy: Policy) -> Objections:
    """Anyone with the policy can give themselves more permissions by changing policies or groups.

    Why it matters: the rest of the policy limits nothing: one call to `iam:AttachUserPolicy` or `iam:AddUserToGroup`
    creates an administrator. Being able to change one's own user is enough.

    Instead: name resources that do not belong to the caller, or require `iam:PermissionsBoundary` or `iam:PolicyARN` in
    a condition, so that no more than that can be granted. A condition that matches AdministratorAccess, such as
    `arn:aws:iam::aws:policy/*`, does not help.

    Fires on: {"Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": "arn:aws:iam::123456789012:policy/*"}
    Fires on: {…, "Action": "iam:AttachUserPolicy", "Resource": "*",
               "Condition": {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}}
    Fires on: {…, "Action": "iam:Put*Policy", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    Quiet on: {…, "Action": "iam:CreatePolicyVersion", "Resource": "arn:aws:iam::123456789012:policy/app/*"}
    Quiet on: {…, "Action": "iam:AttachUserPolicy", "Resource": "*",
               "Condition": {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::123456789012:policy/app"}}}
    Quiet on: {"Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
    """
    yield from _objections(policy, "policies")


@rule("escalation-by-credentials", Severity.ERROR, group="escalation", kinds=_KINDS)
def escalation_by_credentials(policy: Policy) -> Objections:
    """Anyone with the policy can act as another user or role by creating credentials or assuming roles.

    Why it matters: anyone who can create access keys for every user can create one for an administrator; anyone who
    can change a role's trust policy can assume the role. Within the account of the role, `sts:AssumeRole` need not be
    allowed: a trust policy that names the user's ARN is enough (AWS STS API Reference, AssumeRole).

    Instead: name the users or roles; use `user/${aws:username}` for users' own credentials.

    Fires on: {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "iam:UpdateAssumeRolePolicy", "Resource": "*"}
    Quiet on: {…, "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    Quiet on: {…, "Action": "iam:UpdateAssumeRolePolicy", "Resource": "arn:aws:iam::123456789012:role/app"}
    """
    yield from _objections(policy, "credentials")


@rule("escalation-by-pass-role", Severity.ERROR, group="escalation", kinds=_KINDS)
def escalation_by_pass_role(policy: Policy) -> Objections:
    """Anyone with the policy can pass any role to a service and use the role through it.

    Why it matters: with `iam:PassRole` on every role and, say, `lambda:CreateFunction`, one can run code with the most
    powerful role that the service can assume.

    Instead: allow `iam:PassRole` on the intended roles only. A condition on `iam:PassedToService` closes the paths
    through other services, not those through the service that it names.

    Fires on: {"Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
        {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}]}
    Fires on: {…, "Action": ["iam:PassRole", "ec2:RunInstances"],
               "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}
    Quiet on: {…, "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
               "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}
    Quiet on: {"Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/app-*"},
        {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}]}
    """
    yield from _objections(policy, "roles")


@rule("escalation-by-running-code", Severity.SECURITY_WARNING, group="escalation", kinds=_KINDS)
def escalation_by_running_code(policy: Policy) -> Objections:
    """Anyone with the policy can run code that uses the role of an existing function, instance or job.

    Why it matters: functions, instances and jobs run with a role. Anyone who can change the code of all of them, or log
    in to them, has the permissions of the most powerful one.

    Instead: name the functions, instances or jobs, or require a resource tag in a condition.

    Fires on: {"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}
    Quiet on: {…, "Action": "lambda:UpdateFunctionCode",
               "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:app-*"}
    Quiet on: {…, "Action": "ssm:StartSession", "Condition": {"StringEquals": {"ssm:resourceTag/team": "web"}}}
    """
    yield from _objections(policy, "compute")


def _objections(policy: Policy, family: str) -> Objections:
    full = {entry.pointer for entry in full_access_entries(policy)}
    for group in grouped(escalations_of(policy), family):
        if all(grant.entry.pointer in full for grant in group[0].grants):
            continue  # full access needs no path, and `full-access` reports it
        yield group[0].grants[0].entry.pointer, sentence(group)
