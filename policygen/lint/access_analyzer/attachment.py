"""Resource policies with actions or ARNs of another service than that of the resource they are attached to."""

from collections import Counter
from collections.abc import Iterator

from policygen.lint.access_analyzer import error
from policygen.lint.entries import each_resource
from policygen.lint.rule import Objections
from policygen.policy.arn import Arn, parse
from policygen.policy.model import Element, Kind, Policy
from policygen.policy.pattern import is_wild


@error("unsupported-action-in-policy", kinds=(Kind.RESOURCE,))
def unsupported_action_in_policy(policy: Policy) -> Objections:
    """An action belongs to another service than the resource.

    Why it matters: the service rejects the policy, or never evaluates it for that action.
    Instead: list only actions of the resource's own service.

    Fires on: {…, "Action": ["s3:GetObject", "kms:Decrypt"]}
    Quiet on: {…, "Action": "s3:GetObject"}
    """
    service = _attached_to(policy)
    for prefix, action in _prefixes(policy):
        if service and prefix != service:
            yield action.pointer, f"`{action.value}` is not an action on a resource of `{service}`"


@error("unsupported-resource-arn-in-policy", kinds=(Kind.RESOURCE,))
def unsupported_resource_arn_in_policy(policy: Policy) -> Objections:
    """An ARN belongs to another service than the resource.

    Why it matters: the service rejects the policy.
    Instead: use the ARN of the resource that the policy is attached to.

    Fires on: {…, "Resource": ["arn:aws:s3:::app/*", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"]}
    Quiet on: {…, "Resource": "arn:aws:s3:::app/*"}
    """
    service = _attached_to(policy)
    for entry, arn in _arns(policy):
        if service and arn.service != service and not is_wild(arn.service):
            yield entry.pointer, f"`{entry.value}` is not a resource of `{service}`, which the policy is attached to"


def _attached_to(policy: Policy) -> str:
    """The service that most ARNs name, among those that the actions belong to; "" if there is none."""
    counted = Counter(arn.service for _, arn in _arns(policy))
    prefixes = {prefix for prefix, _ in _prefixes(policy)}
    return next((service for service, _ in counted.most_common() if service in prefixes), "")


def _arns(policy: Policy) -> Iterator[tuple[Element, Arn]]:
    for entry in each_resource(policy):
        arn = parse(entry.value)
        if arn:
            yield entry, arn


def _prefixes(policy: Policy) -> Iterator[tuple[str, Element]]:
    for statement in policy.statements:
        for action in statement.actions:
            prefix = action.value.partition(":")[0].lower()
            if not is_wild(prefix):
                yield prefix, action
