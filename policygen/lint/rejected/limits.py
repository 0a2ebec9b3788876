"""Policies of queues and functions that exceed a limit of SQS or Lambda."""

from policygen.lint.external_access.endpoint import is_of_endpoint
from policygen.lint.rejected import rejected
from policygen.lint.rule import Objections
from policygen.policy.model import Kind, Policy
from policygen.policy.pattern import matches
from policygen.reference.quotas import quotas
from policygen.reference.refusals import refusal, sqs_limit


@rejected("sqs-too-many-actions", kinds=(Kind.RESOURCE,))
def sqs_too_many_actions(policy: Policy) -> Objections:
    """A statement in the policy of a queue has more actions than SQS accepts.

    Why it matters: SQS rejects the policy; a statement may have seven actions.
    Instead: split the statement, or replace several actions by a wildcard such as `sqs:Get*`.

    Fires on: {…, "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue",
               "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:TagQueue"],
               "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs"}
    Quiet on: {…, "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"],
               "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs"}
    """
    for statement in policy.statements if _is_of_queue(policy) else ():
        if len(statement.actions) > sqs_limit("actions"):
            answer = str(refusal("sqs-too-many-actions")).replace("…", str(len(statement.actions)))
            yield f"{statement.pointer}/Action", f"the statement has {len(statement.actions)} actions; {answer}"


@rejected("sqs-too-many-statements", kinds=(Kind.RESOURCE,))
def sqs_too_many_statements(policy: Policy) -> Objections:
    """The policy of a queue has more statements than SQS accepts.

    Why it matters: SQS rejects the policy; it may have twenty statements.
    Instead: merge statements, for example those that differ only in `aws:SourceArn`.

    Fires on (resource): {"Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
         "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs",
         "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:x"}}}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}
    Quiet on: {…, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs"}
    """
    count = len(policy.statements)
    if count > sqs_limit("statements") and _is_of_queue(policy):
        answer = str(refusal("sqs-too-many-statements")).replace("…", str(count))
        yield "/Statement", f"the policy has {count} statements; {answer}"


@rejected("sqs-policy-too-long", kinds=(Kind.RESOURCE,))
def sqs_policy_too_long(policy: Policy) -> Objections:
    """The policy of a queue is longer than SQS accepts.

    Why it matters: SQS rejects the policy; it may have 8 KB.
    Instead: merge statements, or grant access through identity policies.

    Fires on: {…, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs",
               "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:x{8192}"}}}
    Quiet on: {…, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs"}
    """
    length = quotas()["sqs"].exceeded_by(policy)
    if length and _is_of_queue(policy):
        limit = quotas()["sqs"].limit
        yield "", f"the policy has {length} characters, and the limit is {limit}; {refusal('sqs-policy-too-long')}"


@rejected("lambda-policy-too-long", kinds=(Kind.RESOURCE,))
def lambda_policy_too_long(policy: Policy) -> Objections:
    """The policy of a function is longer than Lambda accepts.

    Why it matters: Lambda does not let you add to it; it may have 20 KB.
    Instead: add one permission for all sources of a type, with a wildcard in `SourceArn`.

    Fires on: {…, "Principal": {"Service": "events.amazonaws.com"}, "Action": "lambda:InvokeFunction",
               "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:app",
               "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:events:eu-west-1:123456789012:rule/x{20480}"}}}
    Quiet on: {…, "Principal": {"Service": "events.amazonaws.com"}, "Action": "lambda:InvokeFunction",
               "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:app"}
    """
    length = quotas()["resource"].exceeded_by(policy)
    if length and _is_about(policy, "lambda", "arn:*:lambda:*:*:function:*"):
        answer = str(refusal("lambda-policy-too-long")).replace("…", str(length))
        yield "", f"the policy has {length} characters, and the limit is {quotas()['resource'].limit}; {answer}"


def _is_of_queue(policy: Policy) -> bool:
    return _is_about(policy, "sqs", "arn:*:sqs:*")


def _is_about(policy: Policy, service: str, arns: str) -> bool:
    """Whether all actions and resources of a policy show that it is attached to a resource of a service."""
    texts = policy.resource_texts
    named = all(name.startswith((f"{service}:", "*")) for name in policy.action_names)
    return bool(texts) and named and all(matches(arns, text) for text in texts) and not is_of_endpoint(policy)
