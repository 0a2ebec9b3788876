"""What somebody with a stolen access key could do, decided by the evaluator."""

from collections.abc import Iterator

from policygen.account.model import User
from policygen.audit.commands import aws_iam
from policygen.audit.result import Verdict, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.evaluate import Outcome, Request, decide, person_request
from policygen.finding import Severity


@rule(
    "first-mfa-open-to-stolen-key",
    Severity.SECURITY_WARNING,
    needs=("authorization-details", "credential-report"),
    rulesets=("strategy",),
    marks="mfa",
)
def first_mfa_open_to_stolen_key(subject: Subject) -> Iterator[Verdict]:
    """A user without MFA has an active access key that can register the first device.

    Why it matters: a policy that denies everything without MFA, such as the recipe `enforce-mfa`, must let users
    register a device. Anyone who steals the key of a user without a device can register their own, and then acts as
    that user with MFA. AWS demands an existing device only before it registers a second one.

    Instead: deactivate the key until the user has registered a device.

    Fires on: {"UserDetailList": [{"UserName": "alice", "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": {
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*MFADevice", "Resource": "*"}}}]}],
        "credentials": [{"user": "alice", "access_key_1_active": "true", "mfa_active": "false"}]}
    Quiet on: {"UserDetailList": [{"UserName": "alice", "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": {
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*MFADevice", "Resource": "*"}}}]}],
        "credentials": [{"user": "alice", "access_key_1_active": "true", "mfa_active": "true"}]}
    Quiet on: {"UserDetailList": [{"UserName": "alice"}],
        "credentials": [{"user": "alice", "access_key_1_active": "true", "mfa_active": "false"}]}
    Unknown on: {"UserDetailList": [{"UserName": "alice"}], "credentials": []}
    """
    for user in subject.account.users:
        row = subject.account.credentials(user.name)
        if row is None or row.mfa_active is None or any(key.active is None for key in row.access_keys):
            yield unknown(entity(user), "the credential report does not say whether the user has an active key and MFA")
        elif row.mfa_active or not any(key.active for key in row.access_keys):
            yield passed(entity(user))
        else:
            yield _enrolment(subject, user)


def _enrolment(subject: Subject, user: User) -> Verdict:
    stack = subject.stacks.of(user)
    if stack.missing:
        return unknown(entity(user), "the snapshot does not contain the document of a policy of the user")
    evidence = []
    for action, resource in (("iam:CreateVirtualMFADevice", f"mfa/{user.name}"), ("iam:EnableMFADevice", user.arn)):
        decision = decide(_request(subject, user, action, resource), stack.layers)
        if decision.outcome is Outcome.EXPLICIT_DENY:
            return passed(entity(user))
        if decision.outcome is Outcome.UNKNOWN or (
            decision.outcome is Outcome.IMPLICIT_DENY and decision.missing_context
        ):
            return unknown(entity(user), f"whether the key allows `{action}` depends on what is not in the snapshot")
        if decision.outcome is Outcome.IMPLICIT_DENY:
            return passed(entity(user))
        evidence += [
            f"{action} is allowed by {s.policy.name}, statement {s.sid or s.pointer}" for s in decision.statements
        ]
    fix = (
        aws_iam("list-access-keys", user_name=user.name),
        aws_iam("update-access-key", user_name=user.name, status="Inactive", access_key_id="ACCESS_KEY_ID"),
    )
    return fail(entity(user), "has no MFA device, and an active key that can register one", *evidence, fix=fix)


def _request(subject: Subject, user: User, action: str, resource: str) -> Request:
    account, partition = subject.account.id or "", subject.account.partition or "aws"
    arn = resource if resource.startswith("arn:") else f"arn:{partition}:iam::{account}:{resource}"
    return person_request(user.arn, action, arn, account=account, partition=partition, session="long-term-key")
