"""Condition keys that S3 does not accept with the actions of a statement."""

from policygen.errors import some
from policygen.lint.external_access.endpoint import is_of_endpoint
from policygen.lint.rejected import rejected
from policygen.lint.rule import Objections, OfKey
from policygen.policy.model import Condition, Kind, Policy, Statement
from policygen.policy.pattern import is_wild, matches
from policygen.reference.refusals import is_s3_request_key, refusal
from policygen.reference.services import data_date, find_action, keys_of, placeholders_as_wildcards


@rejected("conditions-do-not-apply", kinds=(Kind.RESOURCE,))
def conditions_do_not_apply(policy: Policy) -> Objections:
    """A bucket policy compares a key that an action of the statement does not support.

    Why it matters: S3 rejects the policy; each action must support each key. `s3:ListBucket` supports `s3:prefix`,
    `s3:GetObject` does not; only actions that write support `s3:x-amz-acl`.
    Instead: move the actions that support the key to their own statement.

    Fires on: {…, "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"},
               "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": "arn:aws:s3:::reports",
               "Condition": {"StringLike": {"s3:prefix": "2026/*"}}}
    Quiet on: {…, "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"},
               "Action": ["s3:ListBucket", "s3:ListBucketVersions"], "Resource": "arn:aws:s3:::reports",
               "Condition": {"StringLike": {"s3:prefix": "2026/*"}}}
    Quiet on: {…, "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*",
               "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}}
    """
    for statement in () if is_of_endpoint(policy) else policy.statements:
        for condition in statement.conditions if _is_of_bucket(statement) else ():
            names = [value for value, _ in statement.actions if _lacks(value, condition)]
            if names:
                what = f"by AWS's data of {data_date()} `{condition.key}` is not supported by {some(names)}"
                yield OfKey(condition.pointer), f"{what}; {refusal('conditions-do-not-apply')}"


def _is_of_bucket(statement: Statement) -> bool:
    texts = statement.resource_texts
    return bool(texts) and all(matches("arn:*:s3:::*", text) for text in texts)


def _lacks(name: str, condition: Condition) -> bool:
    """Whether AWS's data lists an action of S3 without the key; False for patterns, which may match several actions."""
    key = condition.key.lower()
    action = None if is_wild(name) or not is_s3_request_key(key) else find_action(name)
    if action is None or action.service != "s3":
        return False
    return not any(matches(placeholders_as_wildcards(listed), key) for listed in keys_of(action))
