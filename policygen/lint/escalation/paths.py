"""Privilege escalation within one policy: a family of known paths a rule, each finding naming path and statements."""

from policygen.access.escalation import escalations_of, grouped
from policygen.access.reach import full_access_entries
from policygen.finding import Severity
from policygen.lint.escalation.findings import RULES, sentence
from policygen.lint.rule import Objections, rule
from policygen.policy.model import Kind, Policy

_KINDS = (Kind.IDENTITY,)


@rule("escalation-by-policy", Severity.ERROR, group="escalation", kinds=_KINDS)
def escalation_by_policy(policy: Policy) -> Objections:
    """Whoever holds the policy can give themselves more permissions by changing policies or groups.

    Why it matters: the rest of the policy limits nothing: one call to `iam:AttachUserPolicy` or `iam:AddUserToGroup`
    makes an administrator. It is enough that the own user may be changed.

    Instead: name the resources, none of them one's own; or demand `iam:PermissionsBoundary` or `iam:PolicyARN` in a
    condition, so that nothing beyond a boundary can be handed out. A condition that lets AdministratorAccess through,
    as `arn:aws:iam::aws:policy/*` does, closes nothing.

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
    """Whoever holds the policy can act as somebody else by making credentials or assuming roles.

    Why it matters: an access key for any user is an access key for the administrator among them; a role that one can
    make trust oneself is one's own. In the account of the role no policy need allow `sts:AssumeRole`: a trust policy
    that names the user's ARN is enough (AWS STS API Reference, AssumeRole).

    Instead: name the users or roles; for one's own credentials `user/${aws:username}`.

    Fires on: {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "iam:UpdateAssumeRolePolicy", "Resource": "*"}
    Quiet on: {…, "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    Quiet on: {…, "Action": "iam:UpdateAssumeRolePolicy", "Resource": "arn:aws:iam::123456789012:role/app"}
    """
    yield from _objections(policy, "credentials")


@rule("escalation-by-pass-role", Severity.ERROR, group="escalation", kinds=_KINDS)
def escalation_by_pass_role(policy: Policy) -> Objections:
    """Whoever holds the policy can hand any role to a service and let the service act for them.

    Why it matters: with `iam:PassRole` on every role and, say, `lambda:CreateFunction` one runs code with the strongest
    role that the service may assume.

    Instead: allow `iam:PassRole` on the roles that are meant. A condition on `iam:PassedToService` closes the paths
    over other services, not the one over the service that it names.

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
    """Whoever holds the policy can run code where a role is in use already, and so use that role.

    Why it matters: the code of a function, the shell of an instance and the script of a job work with a role. Whoever
    may change or enter any of them has the permissions of the strongest.

    Instead: name the functions, instances or jobs, or demand a tag of theirs in a condition.

    Fires on: {"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": "*"}
    Fires on: {"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}
    Quiet on: {…, "Action": "lambda:UpdateFunctionCode",
               "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:app-*"}
    Quiet on: {…, "Action": "ssm:StartSession", "Condition": {"StringEquals": {"ssm:resourceTag/team": "web"}}}
    """
    yield from _objections(policy, "compute")


def _objections(policy: Policy, family: str) -> Objections:
    assert family in RULES
    full = {entry.pointer for entry in full_access_entries(policy)}
    for group in grouped(escalations_of(policy), family):
        if all(grant.entry.pointer in full for grant in group[0].grants):
            continue  # whoever has everything needs no path, and `full-access` says so
        yield group[0].grants[0].entry.pointer, sentence(group)
