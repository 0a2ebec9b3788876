"""Condition keys that do not exist, and keys that are not suited to control access."""

from collections.abc import Iterator

from policygen.errors import did_you_mean
from policygen.lint.access_analyzer import error, security_warning, warning
from policygen.lint.access_analyzer.operators import each_condition, operator_pointer
from policygen.lint.access_analyzer.principals import invalid_service_in_principal_value
from policygen.lint.access_analyzer.resources import invalid_service_in_arn
from policygen.lint.rule import Objections, OfKey
from policygen.policy.model import Condition, Policy
from policygen.policy.previews import Previews
from policygen.reference.condition_keys import condition_key_names, find_condition_key, has_condition_keys
from policygen.reference.data import load
from policygen.reference.guesses import guess_service
from policygen.reference.services import data_date, is_retired, services

_TAGS = ("aws:resourcetag", "aws:requesttag", "aws:principaltag")


@error("invalid-condition-key-format")
def invalid_condition_key_format(policy: Policy) -> Objections:
    """A condition key does not have the form `service:key`.

    Why it matters: IAM rejects the policy.
    Instead: write the key with its prefix: `aws:SourceIp`, `s3:prefix`.

    Fires on: {…, "Action": "s3:ListBucket", "Condition": {"StringEquals": {"prefix": "a"}}}
    Quiet on: {…, "Action": "s3:ListBucket", "Condition": {"StringEquals": {"s3:prefix": "a"}}}
    """
    for condition in each_condition(policy):
        if not _well_formed(condition.key):
            message = f"`{condition.key}` is not a condition key; write `service:key`, such as `aws:SourceIp`"
            yield OfKey(condition.pointer), message


def _well_formed(key: str) -> bool:
    prefix, _, name = key.partition(":")
    return bool(prefix and name) and " " not in prefix


@error("duplicate-keys-with-different-case")
def duplicate_keys_with_different_case(policy: Policy) -> Objections:
    """A condition key appears twice under one operator, in different case.

    Why it matters: condition keys are not case-sensitive, so IAM rejects the policy.
    Instead: write it once, with all its values.

    Fires on: {…, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-12345678", "aws:sourcevpc": "vpc-87654321"}}}
    Quiet on: {…, "Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-12345678", "vpc-87654321"]}}}
    """
    for statement in policy.statements:
        seen: set[tuple[str, str]] = set()
        for condition in statement.conditions:
            place = (operator_pointer(condition), condition.key.lower())
            if place in seen:
                yield OfKey(condition.pointer), f"`{condition.key}` appears twice in different case; write it once"
            seen.add(place)


@error("invalid-global-condition-key")
def invalid_global_condition_key(policy: Policy) -> Objections:
    """A condition key starts with `aws:` and does not exist.

    Why it matters: no request has the key, so the condition never matches or, with a negated operator, always does.
    Instead: use a key from AWS's list of global condition keys.

    Fires on: {…, "Condition": {"Bool": {"aws:MFA": "true"}}}
    Quiet on: {…, "Condition": {"Bool": {"AWS:multifactorauthpresent": "true"}}}
    """
    for condition in each_condition(policy):
        key = condition.key.lower()
        if (
            key.startswith("aws:")
            and not find_condition_key(key)
            and not _lacks_tag_key(key)
            and key not in _unsupported()
        ):
            names = [name for name in load("global_condition_keys")["keys"] if "$" not in name]
            date = load("global_condition_keys")["date"]
            hint = did_you_mean(condition.key, names)
            message = f"`{condition.key}` is not a global condition key in AWS's list of {date}{hint}"
            yield OfKey(condition.pointer), message


@error("unsupported-global-condition-key")
def unsupported_global_condition_key(policy: Policy) -> Objections:
    """A global condition key is no longer supported.

    Why it matters: the condition does not compare what the key's name says.
    Instead: use `aws:PrincipalArn` for the caller, `aws:SourceArn` for the resource on whose behalf a service calls.

    Fires on: {…, "Condition": {"ArnLike": {"aws:ARN": "arn:aws:iam::123456789012:role/app"}}}
    Quiet on: {…, "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/app"}}}
    """
    for condition in each_condition(policy):
        better = _unsupported().get(condition.key.lower())
        if better:
            yield OfKey(condition.pointer), f"AWS does not support `{condition.key}`; use `{better}`"


def _unsupported() -> dict[str, str]:
    return {key.lower(): better for key, better in load("global_condition_keys")["unsupported"].items()}


@warning("deprecated-global-condition-key")
def deprecated_global_condition_key(policy: Policy) -> Objections:
    """A global condition key is deprecated.

    Why it matters: newer services do not send it.
    Instead: use the key that replaced it.

    Fires on: {…, "Action": "sns:Publish", "Condition": {"StringEquals": {"aws:SourceOwner": "123456789012"}}}
    Quiet on: {…, "Action": "sns:Publish", "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}
    """
    deprecated = {key.lower(): better for key, better in load("global_condition_keys")["deprecated"].items()}
    for condition in each_condition(policy):
        better = deprecated.get(condition.key.lower())
        if better:
            yield OfKey(condition.pointer), f"`{condition.key}` is deprecated; use `{better}`"


@error("invalid-service-condition-key")
def invalid_service_condition_key(policy: Policy) -> Objections:
    """A service does not have a condition key of this name.

    Why it matters: no request has the key, so the condition never matches or, with a negated operator, always does.
    Instead: use a key from the service's page in the Service Authorization Reference.

    Fires on: {…, "Action": "s3:ListBucket", "Condition": {"StringEquals": {"s3:folder": "home"}}}
    Quiet on: {…, "Action": "s3:ListBucket", "Condition": {"StringEquals": {"s3:prefix": "home",
               "s3:ExistingObjectTag/team": "a"}}}
    """
    for condition in each_condition(policy):
        prefix = condition.key.lower().partition(":")[0]
        if prefix not in services() or find_condition_key(condition.key) or policy.previews.has_service(prefix):
            continue
        hint = did_you_mean(condition.key, condition_key_names(prefix))
        message = f"`{condition.key}` is not a condition key of `{prefix}` in AWS's data of {data_date()}{hint}"
        yield OfKey(condition.pointer), message


@error("invalid-service")
def invalid_service(policy: Policy) -> Objections:
    """An ARN, a condition key or a service principal names a service that does not exist.

    Why it matters: the ARN or the condition never matches.
    Instead: use the prefix in the Service Authorization Reference; list a service in preview in `extra_services`.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:simplestorage:::app/*"}
    Fires on: {…, "Resource": "*", "Condition": {"StringEquals": {"simplestorage:prefix": "home"}}}
    Fires on: {…, "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": "nosuchservice.amazonaws.com"}}}
    Quiet on: {…, "Resource": "arn:aws:s3:::app/*",
               "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}}
    """
    yield from invalid_service_in_arn(policy)
    yield from invalid_service_in_principal_value(policy)
    for condition in each_condition(policy):
        prefix = condition.key.partition(":")[0]
        # a prefix with a dot is the host of an identity provider, which only the account knows
        if _well_formed(condition.key) and "." not in prefix and not _is_prefix(prefix.lower(), policy.previews):
            hint = guess_service(prefix)
            yield OfKey(condition.pointer), f"`{prefix}` is not a service in AWS's data of {data_date()}{hint}"


def _is_prefix(prefix: str, previews: Previews) -> bool:
    return prefix in services() or has_condition_keys(prefix) or is_retired(prefix) or previews.has_service(prefix)


@error("missing-tag-key-in-condition")
def missing_tag_key_in_condition(policy: Policy) -> Objections:
    """A condition on a tag does not say which tag.

    Why it matters: IAM rejects the policy.
    Instead: append a slash and the key of the tag: `aws:ResourceTag/team`.

    Fires on: {…, "Action": "ec2:StartInstances", "Condition": {"StringEquals": {"aws:ResourceTag": "blue"}}}
    Fires on: {…, "Action": "ec2:StartInstances", "Condition": {"StringEquals": {"aws:ResourceTag/": "blue"}}}
    Quiet on: {…, "Action": "ec2:StartInstances", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
    """
    for condition in each_condition(policy):
        if _lacks_tag_key(condition.key.lower()):
            message = f"`{condition.key}` does not name a tag; write `{condition.key.rstrip('/')}/` and the tag's key"
            yield OfKey(condition.pointer), message


def _lacks_tag_key(key: str) -> bool:
    return key.removesuffix("/") in _TAGS


@security_warning("untrustworthy-condition-key")
def untrustworthy_condition_key(policy: Policy) -> Objections:
    """Access depends on a key whose value the caller chooses.

    Why it matters: callers can send any value, so the condition keeps nobody out.
    Instead: compare who calls (`aws:PrincipalArn`, tags) or from where (`aws:SourceIp`, `aws:SourceVpce`).

    Fires on: {…, "Condition": {"StringLike": {"aws:Referer": "https://example.com/*"}}}
    Quiet on: {…, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    """
    spoofable = {key.lower() for key in load("global_condition_keys")["chosen_by_the_caller"]}
    for condition in each_condition(policy):
        if condition.key.lower() in spoofable:
            yield condition.pointer, f"the caller chooses the value of `{condition.key}`; do not control access with it"


@security_warning("missing-paired-condition-keys")
def missing_paired_condition_keys(policy: Policy) -> Objections:
    """A condition on a private address does not name the VPC.

    Why it matters: the same private addresses exist in other VPCs, including those of other accounts.
    Instead: compare the VPC in the same statement: `aws:SourceVpc` with `aws:VpcSourceIp`, `aws:Ec2InstanceSourceVpc`
    with `aws:Ec2InstanceSourcePrivateIPv4`.

    Fires on: {…, "Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/16"}}}
    Quiet on: {…, "Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/16"},
               "StringEquals": {"aws:SourceVpc": "vpc-12345678"}}}
    """
    for condition, partners in _unpaired(policy):
        message = f"`{condition.key}` needs {' or '.join(f'`{key}`' for key in partners)}; add it"
        yield condition.pointer, message


def _unpaired(policy: Policy) -> Iterator[tuple[Condition, list[str]]]:
    pairs = {key.lower(): partners for key, partners in load("global_condition_keys")["paired"].items()}
    for statement in policy.statements:
        present = {condition.key.lower() for condition in statement.conditions}
        for condition in statement.conditions:
            partners = pairs.get(condition.key.lower(), [])
            if partners and present.isdisjoint(key.lower() for key in partners):
                yield condition, partners


@warning("use-condition-key-only-with-supported-services")
def use_condition_key_only_with_supported_services(policy: Policy) -> Objections:
    """A condition uses a key that few services send.

    Why it matters: requests to other services lack the key, so a Deny with a negated operator denies all of them, and
    an Allow allows none.
    Instead: limit the statement to actions of the services that AWS's documentation lists for the key.

    Fires on: {…, "Effect": "Deny", "Action": "*", "Condition": {"StringNotEquals": {"aws:VpceOrgID": "o-123456"}}}
    Quiet on: {…, "Effect": "Deny", "Action": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-123456"}}}
    """
    few = {key.lower() for key in load("global_condition_keys")["sent_by_few_services"]}
    for condition in each_condition(policy):
        if condition.key.lower() in few:
            yield condition.pointer, f"only some services send `{condition.key}`; limit the statement to their actions"
