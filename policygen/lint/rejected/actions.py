"""Actions and resources that a service does not accept in the policies of its resources."""

from policygen.lint.external_access.endpoint import is_of_endpoint
from policygen.lint.rejected import rejected
from policygen.lint.rule import Objections
from policygen.policy.model import Kind, Policy, Statement
from policygen.policy.pattern import matches
from policygen.reference.refusals import accepted_actions, refusal
from policygen.reference.resources import is_arn, is_everything, touched
from policygen.reference.services import data_date, expand


@rejected("action-does-not-apply-to-resource", kinds=(Kind.RESOURCE,))
def action_does_not_apply_to_resource(policy: Policy) -> Objections:
    """An action of a bucket policy can act on none of the resources of its statement.

    Why it matters: S3 rejects the policy. `s3:PutObject` acts on objects, `s3:ListBucket` on the bucket.
    Instead: name the resource that the action acts on (`arn:aws:s3:::reports/*` for objects, `arn:aws:s3:::reports`
    for the bucket), or move the action to its own statement.

    Fires on: {…, "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"},
               "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports"}
    Fires on: {…, "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"],
               "Resource": "arn:aws:s3:::reports/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    Quiet on: {…, "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"}, "Action": ["s3:GetObject",
               "s3:ListBucket"], "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}
    Quiet on: {…, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*",
               "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    """
    for statement in () if is_of_endpoint(policy) else policy.statements:
        resources = statement.resource_texts
        if not resources or not all(is_arn(text) and not is_everything(text) for text in resources):
            continue
        met = {kind for text in resources for kind in touched("s3", text)}
        for value, pointer in statement.actions:
            actions = expand(value) if value.lower().startswith("s3:") else ()
            if actions and met.isdisjoint(kind.lower() for action in actions for kind in action.resource_types):
                says = refusal("action-does-not-apply-to-resource")
                what = f"by AWS's data of {data_date()} `{value}` acts on none of the resources of this statement"
                yield pointer, f"{what}; {says}"


@rejected("sns-action-out-of-scope", kinds=(Kind.RESOURCE,))
def sns_action_out_of_scope(policy: Policy) -> Objections:
    """The policy of a topic names an action that SNS does not accept there.

    Why it matters: SNS rejects the policy. It accepts actions on the topic, but neither `sns:*` nor actions on the
    account such as `sns:CreateTopic`.
    Instead: list the actions that are meant, such as `sns:Publish` and `sns:Subscribe`.

    Fires on: {…, "Action": "sns:*", "Resource": "arn:aws:sns:eu-west-1:123456789012:jobs"}
    Quiet on: {…, "Action": ["SNS:Publish", "sns:Subscribe"], "Resource": "arn:aws:sns:eu-west-1:123456789012:jobs"}
    """
    for statement in policy.statements:
        if not any(matches("arn:*:sns:*", text) for text in statement.resource_texts):
            continue
        for value, pointer in statement.actions:
            name = value.lower()
            accepted = any(matches(name, action) for action in accepted_actions("sns"))
            if name.startswith("sns:") and (set(name[4:]) == {"*"} or not accepted):
                yield pointer, f"`{value}` is not an action on a topic; {refusal('sns-action-out-of-scope')}"


@rejected("trust-policy-action", kinds=(Kind.TRUST,))
def trust_policy_action(policy: Policy) -> Objections:
    """A trust policy names an action that is not about assuming the role.

    Why it matters: IAM rejects it. The role's other policies determine what the role may do.
    Instead: use `sts:AssumeRole` and its variants, `sts:TagSession` and `sts:SetSourceIdentity`.

    Fires on: {…, "Principal": {"Service": "lambda.amazonaws.com"}, "Action": ["sts:AssumeRole", "s3:GetObject"]}
    Fires on (trust): {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "*"}
    Quiet on: {…, "Principal": {"Service": "lambda.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    """
    for statement in policy.statements:
        for value, pointer in (*statement.actions, *statement.not_actions):
            if not value.lower().startswith("sts:"):
                yield pointer, f"`{value}` does not belong in a trust policy; {refusal('trust-policy-action')}"


@rejected("ecr-policy-with-resource", kinds=(Kind.RESOURCE,))
def ecr_policy_with_resource(policy: Policy) -> Objections:
    """The policy of an ECR repository names a resource.

    Why it matters: ECR rejects it; the policy applies to the repository that it is attached to. Only the policy of a
    registry, which controls replication and pull through caches, names repositories.
    Instead: remove the element.

    Fires on: {…, "Action": "ecr:BatchGetImage", "Resource": "*"}
    Quiet on (resource): {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "ecr:BatchGetImage"}
    Quiet on: {…, "Action": ["ecr:ReplicateImage", "ecr:CreateRepository"],
               "Resource": "arn:aws:ecr:eu-west-1:210987654321:repository/*"}
    """
    for statement in policy.statements:
        if names_repository(statement):
            for name in {"Resource", "NotResource"} & statement.body.keys():
                what = f"the policy of a repository has no `{name}`; {refusal('ecr-policy-with-resource')}"
                yield f"{statement.pointer}/{name}", what


def names_repository(statement: Statement) -> bool:
    """Whether a statement applies to the ECR repository that it is attached to, not to a registry or anything else."""
    names = statement.action_names
    return (
        bool(names)
        and all(name.startswith(("ecr:", "ecr-public:")) for name in names)
        and not accepted_actions("ecr_registry").issuperset(names)
    )


@rejected("key-policy-locks-out", kinds=(Kind.RESOURCE,))
def key_policy_locks_out(policy: Policy) -> Objections:
    """A key policy lets nobody change it.

    Why it matters: KMS rejects it unless told to skip this check; then only AWS Support can restore access to the key.
    Instead: allow `kms:*`, or at least `kms:PutKeyPolicy`, to the account or to the administrators of the key.

    Fires on: {…, "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"},
               "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"}
    Quiet on (resource): {"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"}, "Action": "kms:Decrypt",
         "Resource": "*"}]}
    Quiet on: {…, "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt",
               "Resource": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
    """
    statements = policy.statements
    names = {name for statement in statements for name in (*statement.action_names, *statement.not_action_names)}
    is_key_policy = names and all(name.startswith("kms:") for name in names) and any(s.allows for s in statements)
    if is_key_policy and all(text == "*" for text in policy.resource_texts) and not any(map(_lets_change, statements)):
        yield "", f"nobody may call `kms:PutKeyPolicy` on the key; {refusal('key-policy-locks-out')}"


def _lets_change(statement: Statement) -> bool:
    named = any(matches(name, "kms:putkeypolicy") for name in statement.action_names)
    left = bool(statement.not_action_names) and not any(
        matches(name, "kms:putkeypolicy") for name in statement.not_action_names
    )
    return statement.allows and (named or left)
