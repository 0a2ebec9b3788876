"""What somebody with a stolen access key could do, decided by the evaluator."""

from collections.abc import Iterator

from policygen.account.model import User
from policygen.audit.commands import key_commands
from policygen.audit.result import Verdict, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.subject import Subject
from policygen.evaluate import Outcome, decide, person_request
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
    account, partition = subject.account.id or "", subject.account.partition or "aws"
    device = f"arn:{partition}:iam::{account}:mfa/{user.name}"
    evidence = []
    for action, resource in (("iam:CreateVirtualMFADevice", device), ("iam:EnableMFADevice", user.arn)):
        request = person_request(
            user.arn, action, resource, account=account, partition=partition, session="long-term-key"
        )
        decision = decide(request, stack.layers)
        incomplete = decision.outcome is Outcome.IMPLICIT_DENY and decision.missing_context
        if decision.outcome is Outcome.UNKNOWN or incomplete:
            return unknown(entity(user), f"whether the key allows `{action}` depends on what is not in the snapshot")
        if decision.outcome is not Outcome.ALLOW:
            return passed(entity(user))
        evidence += [
            f"{action} is allowed by {s.policy.name}, statement {s.sid or s.pointer}" for s in decision.statements
        ]
    fix = key_commands(user.name, "update-access-key", status="Inactive")
    return fail(entity(user), "has no MFA device, and an active key that can register one", *evidence, fix=fix)
