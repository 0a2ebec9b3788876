"""The `Principal` of resource policies and trust policies, and service principals in conditions."""

import re
from collections.abc import Iterator

from policygen.errors import did_you_mean
from policygen.lint.access_analyzer import RESOURCE, error, security_warning, suggestion, warning
from policygen.lint.access_analyzer.operators import each_condition, literals
from policygen.lint.rule import Objections, OfKey
from policygen.policy.arn import parse
from policygen.policy.model import Element, Kind, Policy, Statement, escape
from policygen.policy.pattern import is_wild
from policygen.policy.principals import NamedPrincipal, principals
from policygen.reference.data import load
from policygen.reference.refusals import refusal
from policygen.reference.service_principals import data_date, guess, is_known, split_service_principal

_KEYS = ("AWS", "CanonicalUser", "Federated", "Service")
_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{8,}(?::.*)?")


def each_principal(policy: Policy) -> Iterator[NamedPrincipal]:
    """Every entry of every `Principal` and `NotPrincipal`."""
    for statement in policy.statements:
        yield from principals(statement)
        yield from principals(statement, "NotPrincipal")


@error("missing-principal", kinds=(*RESOURCE, Kind.RCP))
def missing_principal(policy: Policy) -> Objections:
    """A statement of a resource policy does not say who it applies to.

    Why it matters: the service rejects the policy.
    Instead: add `Principal`.

    Fires on (resource): {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    Quiet on (resource): {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "s3:GetObject",
                          "Resource": "arn:aws:s3:::app/*"}
    """
    for statement in policy.statements:
        if not statement.body.keys() & {"Principal", "NotPrincipal"}:
            yield statement.pointer, "the statement has no `Principal`; add who it applies to"


@error("invalid-principal-key", kinds=RESOURCE)
def invalid_principal_key(policy: Policy) -> Objections:
    """A principal has a type that does not exist.

    Why it matters: the service rejects the policy.
    Instead: use `AWS`, `Service`, `Federated` or `CanonicalUser`.

    Fires on: {…, "Principal": {"Aws": "123456789012"}}
    Quiet on: {…, "Principal": {"AWS": "123456789012"}}
    """
    for statement in policy.statements:
        for element in ("Principal", "NotPrincipal"):
            body = statement.body.get(element)
            for key in body if isinstance(body, dict) else ():
                if key not in _KEYS:
                    hint = did_you_mean(key, _KEYS)
                    place = OfKey(f"{statement.pointer}/{element}/{escape(key)}")
                    yield place, f"`{key}` is not a type of principal{hint}"


@error("invalid-principal-format", kinds=RESOURCE)
def invalid_principal_format(policy: Policy) -> Objections:
    """A principal does not have a form that AWS accepts.

    Why it matters: the service rejects the policy.
    Instead: use `"*"`, `{"AWS": account or ARN}`, `{"Service": "ec2.amazonaws.com"}`, `{"Federated": …}`.

    Fires on (resource): {"Effect": "Allow", "Principal": "123456789012", "Action": "s3:GetObject", "Resource": "*"}
    Fires on (resource): {"Effect": "Allow", "Principal": {"AWS": "alice"}, "Action": "s3:GetObject", "Resource": "*"}
    Fires on (trust): {"Effect": "Allow", "Principal": {"Service": "ec2"}, "Action": "sts:AssumeRole"}
    Quiet on (resource): {"Effect": "Allow", "Principal": {"AWS": ["123456789012",
               "arn:aws:iam::123456789012:role/app"]},
                          "Action": "s3:GetObject", "Resource": "*"}
    Quiet on (trust): {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    """
    for key, value, pointer in each_principal(policy):
        if key == "" and value != "*":
            yield pointer, f"`{value}` lacks the type of the principal; write {_with_type(value)}"
        if key == "AWS" and not _is_aws_principal(value):
            yield pointer, f"`{value}` is neither an account ID nor the ARN of a principal"
        if key == "Service" and not is_wild(value) and not split_service_principal(value):
            yield pointer, f"`{value}` is not a service principal; they look like `ec2.amazonaws.com`{guess(value)}"


def _with_type(value: str) -> str:
    """The principal that a bare text can only mean, or else the types to choose from."""
    if split_service_principal(value):
        return f'`{{"Service": "{value}"}}`'
    if parse(value) and (":saml-provider/" in value or ":oidc-provider/" in value):
        return f'`{{"Federated": "{value}"}}`'
    return f'`{{"AWS": "{value}"}}`' if _is_aws_principal(value) else f"one of {', '.join(f'`{key}`' for key in _KEYS)}"


def _is_aws_principal(value: str) -> bool:
    arn = parse(value)
    if arn:
        return arn.service in {"iam", "sts", "cloudfront"}
    return value == "*" or re.fullmatch("[0-9]{12}", value) is not None or _ID.fullmatch(value) is not None


@error("unsupported-wildcard-in-principal", kinds=RESOURCE)
def unsupported_wildcard_in_principal(policy: Policy) -> Objections:
    """A principal contains a wildcard.

    Why it matters: principals are compared literally; only a lone `*` means everyone.
    Instead: list the principals, or compare `aws:PrincipalArn` with a pattern in `Condition`.

    Fires on (trust): {…, "Principal": {"AWS": "arn:aws:iam::123456789012:role/app-*"}, "Action": "sts:AssumeRole"}
    Quiet on (trust): {…, "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole",
               "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/app-*"}}}
    """
    for key, value, pointer in each_principal(policy):
        if key and is_wild(value) and not (key == "AWS" and value == "*"):
            yield pointer, f"`{value}` is compared literally; use `aws:PrincipalArn` in `Condition` for a pattern"


@error("federated-principal-not-supported", kinds=(Kind.RESOURCE,))
def federated_principal_not_supported(policy: Policy) -> Objections:
    """A resource policy names an identity provider.

    Why it matters: the service rejects the policy; only the trust policy of a role can name one.
    Instead: name the role that the federated users assume.

    Fires on: {…, "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/corp"}}
    Quiet on: {…, "Principal": {"AWS": "arn:aws:iam::123456789012:role/sso"}}
    """
    for key, value, pointer in each_principal(policy):
        if key == "Federated":
            yield pointer, f"only a role's trust policy can name `{value}`; name the role that its users assume"


@warning("invalid-role-reference", kinds=RESOURCE)
def invalid_role_reference(policy: Policy) -> Objections:
    """A principal is the unique ID of a role.

    Why it matters: IAM shows the ID when the role was deleted, so the statement most likely applies to nobody any more.
    Instead: write the ARN of the role.

    Fires on (trust): {"Effect": "Allow", "Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}, "Action": "sts:AssumeRole"}
    Quiet on (trust): {…, "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"}, "Action": "sts:AssumeRole"}
    """
    for entry in _ids(policy, "AROA"):
        yield entry.pointer, f"`{entry.value}` is the ID of a role, perhaps a deleted one; write its ARN"


@warning("invalid-user-reference", kinds=RESOURCE)
def invalid_user_reference(policy: Policy) -> Objections:
    """A principal is the unique ID of a user.

    Why it matters: IAM shows the ID when the user was deleted, so the statement most likely applies to nobody any more.
    Instead: write the ARN of the user.

    Fires on: {…, "Principal": {"AWS": "AIDAEXAMPLEEXAMPLE123"}}
    Quiet on: {…, "Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"}}
    """
    for entry in _ids(policy, "AIDA"):
        yield entry.pointer, f"`{entry.value}` is the ID of a user, perhaps a deleted one; write its ARN"


def _ids(policy: Policy, prefix: str) -> Iterator[NamedPrincipal]:
    for entry in each_principal(policy):
        if entry.key == "AWS" and entry.value.startswith(prefix) and _ID.fullmatch(entry.value):
            yield entry


@security_warning("allow-with-not-principal", kinds=RESOURCE)
def allow_with_not_principal(policy: Policy) -> Objections:
    """Everyone except some principals is allowed.

    Why it matters: that includes anonymous callers and every other AWS account.
    Instead: list who is allowed in `Principal`.

    Fires on: {…, "Effect": "Allow", "NotPrincipal": {"AWS": "123456789012"}}
    Quiet on: {…, "Effect": "Deny", "NotPrincipal": {"AWS": "123456789012"}}
    """
    for statement in policy.statements:
        if statement.allows and "NotPrincipal" in statement.body:
            place = f"{statement.pointer}/NotPrincipal"
            yield place, "this allows everyone else, anonymous callers too; list who is allowed in `Principal`"


@error("empty-array-principal", kinds=RESOURCE)
def empty_array_principal(policy: Policy) -> Objections:
    """A list of principals is empty.

    Why it matters: the statement applies to nobody, and AWS rejects the policy.
    Instead: name the principals, or remove the statement.

    Fires on (resource): {"Effect": "Allow", "Principal": {"AWS": []}, "Action": "s3:GetObject", "Resource": "*"}
    Quiet on: {…, "Principal": {"AWS": ["123456789012"]}}
    """
    for statement in policy.statements:
        for element in ("Principal", "NotPrincipal"):
            body = statement.body.get(element)
            for key, value in body.items() if isinstance(body, dict) else ():
                if value == []:
                    place = f"{statement.pointer}/{element}/{escape(key)}"
                    yield place, f"`{key}` is empty; {refusal('empty-array-principal')}"


@error("empty-object-principal", kinds=RESOURCE)
def empty_object_principal(policy: Policy) -> Objections:
    """`Principal` is an empty object.

    Why it matters: the statement applies to nobody, and AWS rejects the policy.
    Instead: name the principals, or remove the statement.

    Fires on (resource): {"Effect": "Allow", "Principal": {}, "Action": "s3:GetObject", "Resource": "*"}
    Quiet on (resource): {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    """
    for statement in policy.statements:
        for element in ("Principal", "NotPrincipal"):
            if statement.body.get(element) == {}:
                place = f"{statement.pointer}/{element}"
                yield place, f"`{element}` is empty; {refusal('empty-object-principal')}"


@error("invalid-service-principal-format")
def invalid_service_principal_format(policy: Policy) -> Objections:
    """A condition compares with something that is not a service principal.

    Why it matters: the value never matches.
    Instead: write `athena.amazonaws.com`, in lower case; for `kms:ViaService`, `ec2.eu-west-1.amazonaws.com`.

    Fires on: {…, "Action": "s3:GetObject", "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena"]}}}
    Fires on: {…, "Action": "kms:Decrypt", "Condition": {"StringEquals": {"kms:ViaService": "ec2.amazonaws.com"}}}
    Quiet on: {…, "Action": "kms:Decrypt",
               "Condition": {"StringEquals": {"kms:ViaService": "ec2.eu-west-1.amazonaws.com"}}}
    """
    for key, (value, pointer) in _service_principal_values(policy):
        labels = split_service_principal(value) or ()
        wanted = 2 if key == "kms:viaservice" else 1
        if len(labels) != wanted:
            form = f"`service{'.region' * (wanted - 1)}.amazonaws.com`"
            yield pointer, f"`{value}` is not a service principal of the form {form}"


def invalid_service_in_principal_value(policy: Policy) -> Objections:
    """The part of `invalid-service` that checks service principals in conditions."""
    for _, (value, pointer) in _service_principal_values(policy):
        labels = split_service_principal(value)
        if labels and not (is_known(value) or any(map(policy.previews.has_service, labels))):
            yield pointer, f"`{value}` is not in the list of service principals of {data_date()}{guess(value)}"


def _service_principal_values(policy: Policy) -> Iterator[tuple[str, Element]]:
    return literals(policy, {key.lower() for key in load("service_principals")["condition_keys"]}, "String")


@security_warning("restrict-access-to-service-principal", kinds=(Kind.RESOURCE,))
def restrict_access_to_service_principal(policy: Policy) -> Objections:
    """A service may use the resource on behalf of anyone.

    Why it matters: another account can make the service act on this resource (the confused deputy problem).
    Instead: compare `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` or `aws:SourceOrgPaths`.

    Fires on: {…, "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
               "Resource": "arn:aws:s3:::trail/*"}
    Quiet on: {…, "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
               "Resource": "arn:aws:s3:::trail/*", "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}
    """
    for statement, service in _open_services(policy):
        if not _restricted_otherwise(statement):
            message = f"anyone can make `{service.value}` do this; compare `aws:SourceArn` or `aws:SourceAccount`"
            yield service.pointer, message


@suggestion("recommended-condition-key-for-service-principal", kinds=(Kind.RESOURCE,))
def recommended_condition_key_for_service_principal(policy: Policy) -> Objections:
    """A service is restricted by a key that is not meant for services.

    Why it matters: not every service sends `aws:Referer` and the like, and they are not meant to control access.
    Instead: compare `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` or `aws:SourceOrgPaths`.

    Fires on: {…, "Principal": {"Service": "ses.amazonaws.com"}, "Action": "s3:PutObject",
               "Resource": "arn:aws:s3:::mail/*", "Condition": {"StringEquals": {"aws:Referer": "123456789012"}}}
    Quiet on: {…, "Principal": {"Service": "ses.amazonaws.com"}, "Action": "s3:PutObject",
               "Resource": "arn:aws:s3:::mail/*", "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}
    """
    for statement, service in _open_services(policy):
        if _restricted_otherwise(statement):
            yield service.pointer, f"restrict `{service.value}` by `aws:SourceArn` or `aws:SourceAccount`"


def _open_services(policy: Policy) -> Iterator[tuple[Statement, NamedPrincipal]]:
    """The services that a statement allows on anyone's behalf."""
    # the encryption context names the resource on whose behalf a service calls AWS KMS, and its account
    sources = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorg", "kms:encryptioncontext:", "kms:calleraccount")
    for statement in policy.statements:
        if statement.allows and not any(c.key.lower().startswith(sources) for c in statement.conditions):
            for entry in principals(statement):
                if entry.key == "Service":
                    yield statement, entry


def _restricted_otherwise(statement: Statement) -> bool:
    return any(c.key.lower() in {"aws:referer", "aws:sourceowner", "aws:useragent"} for c in statement.conditions)


@error("unsupported-condition-key-for-service-principal", kinds=RESOURCE)
def unsupported_condition_key_for_service_principal(policy: Policy) -> Objections:
    """A service is allowed under a condition on a key that only people and roles have.

    Why it matters: requests of a service lack the key, so the statement never applies.
    Instead: compare the `aws:Source…` keys, or `aws:PrincipalServiceName`.

    Fires on: {…, "Principal": {"Service": "cloudfront.amazonaws.com"},
               "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-123456"}}}
    Quiet on: {…, "Principal": {"Service": "cloudfront.amazonaws.com"},
               "Condition": {"StringEquals": {"aws:SourceOrgID": "o-123456"}}}
    """
    for statement in policy.statements:
        if statement.allows and {entry.key for entry in principals(statement)} == {"Service"}:
            for condition in statement.conditions:
                asks = condition.if_exists or condition.operator.lower() == "null"
                if condition.key.lower().startswith(("aws:principalorg", "aws:principalaccount")) and not asks:
                    message = f"requests of a service have no `{condition.key}`; use a key such as `aws:SourceOrgID`"
                    yield condition.pointer, message


@suggestion("irrelevant-condition-key-in-policy", kinds=(Kind.RESOURCE,))
def irrelevant_condition_key_in_policy(policy: Policy) -> Objections:
    """A resource policy compares something that is the same for every request.

    Why it matters: the resource is always in the same account, so the condition decides nothing.
    Instead: remove the key here, and use it in identity policies.

    Fires on: {…, "Condition": {"StringEquals": {"s3:ResourceAccount": "123456789012"}}}
    Quiet on (resource): {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "s3:GetObject",
                          "Resource": "arn:aws:s3:::app/*"}
    """
    for condition in each_condition(policy):
        if condition.key.lower() == "s3:resourceaccount":
            yield condition.pointer, f"`{condition.key}` is always this resource's own account; remove it"
