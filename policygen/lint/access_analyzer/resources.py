"""Resource ARNs: their six fields, one by one, and whether the service has such a resource at all."""

import re
from functools import cache

from policygen.errors import did_you_mean
from policygen.lint.access_analyzer import error, once, suggestion
from policygen.lint.access_analyzer.overlap import head, near_pairs
from policygen.lint.rule import Objections
from policygen.policy.arn import Arn, arn_covers, parse, segments
from policygen.policy.model import Element, Policy
from policygen.policy.pattern import intersects, is_wild
from policygen.reference.arns import Format, formats_anywhere, formats_of
from policygen.reference.extra import NONE, Extra
from policygen.reference.partitions import partitions, regions
from policygen.reference.services import data_date, is_retired, services

_ACCOUNT = re.compile("[0-9]{12}|aws|cloudfront|")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
# `arn:aws:ssm:*::document/AWS-RunShellScript`: what AWS itself owns has no account
_OWNED_BY_AWS = {"ssm", "resource-explorer-2"}
# `arn:aws:logs:*:*:/aws/lambda/app` is to AWS the log group of that name
_LOG_GROUP = re.compile(r"^(arn:[^:]*:logs:[^:]*:[^:]*:)/")


@once
def each_resource(policy: Policy) -> tuple[Element, ...]:
    """Every entry of every `Resource` and `NotResource`."""
    return tuple(entry for s in policy.statements for entry in (*s.resources, *s.not_resources))


@once
def each_arn(policy: Policy) -> tuple[tuple[Element, Arn], ...]:
    """Every entry that has the six fields of an ARN."""
    found = ((entry, parse(entry.value)) for entry in each_resource(policy))
    return tuple((entry, arn) for entry, arn in found if arn)


@error("invalid-arn-prefix")
def invalid_arn_prefix(policy: Policy) -> Objections:
    """A resource is neither `*` nor an ARN.

    Why it matters: IAM refuses the policy.
    Instead: write the whole ARN, which starts with `arn:`.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "s3://app/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    for value, pointer in each_resource(policy):
        if value != "*" and not value.startswith("arn:"):
            yield pointer, f"`{value}` does not start with `arn:`; write the whole ARN"


@error("missing-arn-field")
def missing_arn_field(policy: Policy) -> Objections:
    """An ARN has fewer than six fields.

    Why it matters: IAM refuses the policy, or the fields mean something else than they seem to.
    Instead: `arn:partition:service:region:account:resource`; a field that the service does not use stays empty.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:app/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    for value, pointer in each_resource(policy):
        fields = len(segments(value))
        if value.startswith("arn:") and fields < 6:
            yield pointer, f"`{value}` has {fields} of the six fields `arn:partition:service:region:account:resource`"


@error("invalid-partition")
def invalid_partition(policy: Policy) -> Objections:
    """The partition of an ARN does not exist.

    Why it matters: the ARN stands for nothing.
    Instead: `aws`, `aws-cn` (China), `aws-us-gov` (GovCloud) or another of AWS's partitions.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:amazon:s3:::app/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws-cn:s3:::app/*"}
    """
    for entry, arn in each_arn(policy):
        if _is_literal(arn.partition) and arn.partition not in partitions():
            yield entry.pointer, f"`{arn.partition}` is no partition of AWS{did_you_mean(arn.partition, partitions())}"


@error("invalid-arn-service-case")
def invalid_arn_service_case(policy: Policy) -> Objections:
    """The service of an ARN is not written as AWS writes it.

    Why it matters: ARNs are compared case by case, so the entry stands for nothing.
    Instead: write the service in lower case.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:S3:::app/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    for entry, arn in each_arn(policy):
        if arn.service != arn.service.lower() and _is_service(arn.service.lower()):
            yield entry.pointer, f"the service of an ARN is lower case: `{arn.service.lower()}`, not `{arn.service}`"


@suggestion("wildcard-in-service-name")
def wildcard_in_service_name(policy: Policy) -> Objections:
    """The service of an ARN holds a wildcard.

    Why it matters: services that AWS adds later are included.
    Instead: write one ARN for each service that is meant.

    Fires on: {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:*code*::123456789012:*"}
    Quiet on: {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:codecommit:*:123456789012:*"}
    """
    for entry, arn in each_arn(policy):
        if is_wild(arn.service):
            yield entry.pointer, f"`{arn.service}` stands for services of the future too; name the services"


@error("invalid-arn-region")
def invalid_arn_region(policy: Policy) -> Objections:
    """The Region of an ARN does not exist, or not in its partition.

    Why it matters: the ARN stands for nothing.
    Instead: the code of the Region, such as `eu-central-1`.

    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-middle-1:123456789012:jobs"}
    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:cn-north-1:123456789012:jobs"}
    Quiet on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-*:123456789012:jobs"}
    """
    for entry, arn in each_arn(policy):
        known = frozenset(partitions().get(arn.partition, regions()))
        if arn.region and _is_literal(arn.region) and arn.region not in known:
            where = f" of the partition `{arn.partition}`" if arn.partition in partitions() else ""
            yield entry.pointer, f"`{arn.region}` is no Region{where}{did_you_mean(arn.region, known)}"


@error("invalid-arn-account")
def invalid_arn_account(policy: Policy) -> Objections:
    """The account of an ARN is not a 12-digit number.

    Why it matters: the ARN stands for nothing.
    Instead: the account ID with its leading zeros, without dashes.

    Fires on: {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::1234-5678-9012:role/app"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::123456789012:role/app"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetPolicy", "Resource": "arn:aws:iam::aws:policy/*"}
    """
    for entry, arn in each_arn(policy):
        if _is_literal(arn.account) and not _ACCOUNT.fullmatch(arn.account):
            yield entry.pointer, f"`{arn.account}` is no account ID; it has 12 digits"


@error("invalid-arn-resource")
def invalid_arn_resource(policy: Policy) -> Objections:
    """An ARN is none that its service has.

    Why it matters: the entry stands for nothing, so the statement does not do what it says.
    Instead: one of the ARN formats that the Service Authorization Reference lists for the service.

    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:iam::123456789012:queue/jobs"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    """
    for entry, arn in each_arn(policy):
        # AWS judges whole names only: of `…:connector-profile/*` it says nothing, though no such type exists
        formats = formats_of(arn.service) if _is_literal(entry.value) else ()
        if formats and not _similar(arn):
            example = formats[0].written
            yield (
                entry.pointer,
                f"`{entry.value}` is no ARN of the service `{arn.service}`; its ARNs look like `{example}`",
            )


@error("arn-region-not-allowed")
def arn_region_not_allowed(policy: Policy) -> Objections:
    """An ARN names a Region although the resource has none.

    Why it matters: the ARN stands for nothing.
    Instead: leave the field empty: `arn:aws:iam::123456789012:role/app`.

    Fires on: {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam:us-east-1:123456789012:role/app"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::123456789012:role/app"}
    """
    for entry, arn in each_arn(policy):
        if arn.region.strip("*") and all(not known.region for known in _similar(arn) or [arn]):
            yield entry.pointer, f"ARNs of `{arn.service}` have no Region; leave the field `{arn.region}` empty"


@error("arn-account-not-allowed")
def arn_account_not_allowed(policy: Policy) -> Objections:
    """An ARN names an account although the resource has none.

    Why it matters: the ARN stands for nothing.
    Instead: leave the field empty: `arn:aws:s3:::app`.

    Fires on: {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3::123456789012:app"}
    Quiet on: {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::app"}
    """
    for entry, arn in each_arn(policy):
        if arn.account.strip("*") and all(not known.account for known in _similar(arn) or [arn]):
            yield entry.pointer, f"such ARNs of `{arn.service}` have no account; leave the field `{arn.account}` empty"


@error("missing-arn-region")
def missing_arn_region(policy: Policy) -> Objections:
    """An ARN leaves the Region out although the resource has one.

    Why it matters: the ARN stands for nothing.
    Instead: the Region, or `*` for all of them.

    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs::123456789012:jobs"}
    Quiet on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:123456789012:jobs"}
    """
    for entry, arn in each_arn(policy):
        similar = () if arn.region else _similar(arn)
        if similar and all(known.region for known in similar):
            yield entry.pointer, f"such ARNs of `{arn.service}` have a Region; name it, or write `*`"


@error("missing-arn-account")
def missing_arn_account(policy: Policy) -> Objections:
    """An ARN leaves the account out although the resource has one.

    Why it matters: the ARN stands for nothing.
    Instead: the account ID, or `*` for all of them.

    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1::jobs"}
    Quiet on: {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::app"}
    """
    for entry, arn in each_arn(policy):
        if arn.account or arn.service in _OWNED_BY_AWS or arn.resource[:1] in "*?":
            continue
        similar = _similar(arn)
        if similar and all(known.account for known in similar):
            yield entry.pointer, f"such ARNs of `{arn.service}` have an account; name it, or write `*`"


@suggestion("redundant-resource")
def redundant_resource(policy: Policy) -> Objections:
    """A resource is covered by another entry of the same list.

    Why it matters: removing it later will change nothing, which the reader of the policy will not expect.
    Instead: keep the wider entry, or remove it if it was not meant.
    A list that was built to hold many thousands of overlapping entries is looked at in part.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::app*", "arn:aws:s3:::app/*"]}
    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["*", "arn:aws:s3:::app/*"]}
    Quiet on: {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::app", "arn:aws:s3:::app/*"]}
    """
    for statement in policy.statements:
        for entries in (statement.resources, statement.not_resources):
            if len(entries) > 1:
                yield from _covered(entries)


def _covered(entries: tuple[Element, ...]) -> Objections:
    first: dict[str, str] = {}
    for value, pointer in entries:
        if first.setdefault(value, pointer) != pointer:
            yield pointer, f"`{value}` stands here twice; remove one of them"
    if not any(map(is_wild, first)):
        return
    names = {value: _LOG_GROUP.sub(r"\1log-group:/", value) if ":logs:" in value else value for value in first}
    wider = _wider(names)
    places = {value: place for place, value in enumerate(first)}
    for value, pattern in sorted(wider.items(), key=lambda found: places[found[0]]):
        if names[pattern] != names[value] or places[pattern] < places[value]:
            yield first[value], f"`{value}` is covered by `{pattern}`; remove one of them"


def _wider(names: dict[str, str]) -> dict[str, str]:
    """Entry → the first pattern among the others that covers it, given what each entry stands for."""
    found: dict[str, str] = {}
    ends = {value: segments(name)[-1] for value, name in names.items()}
    for pattern, value in near_pairs(names):
        near = value not in found and ends[value].startswith(head(ends[pattern]))
        if near and arn_covers(names[pattern], names[value]):
            found[value] = pattern
    return found


def invalid_service_in_arn(policy: Policy, extra: Extra = NONE) -> Objections:
    """The part of `invalid-service` that looks at ARNs."""
    for entry, arn in each_arn(policy):
        service = arn.service.lower()
        if service and _is_literal(service) and not (_is_service(service) or extra.has_service(service)):
            hint = did_you_mean(service, services())
            yield entry.pointer, f"`{arn.service}` is no service in AWS's data of {data_date()}{hint}"


@cache
def _is_service(service: str) -> bool:
    return service in services() or is_retired(service) or bool(formats_anywhere(service))


def _is_literal(field: str) -> bool:
    return not is_wild(field) and "${" not in field


@cache
def _similar(arn: Arn) -> tuple[Arn, ...]:
    """The ARN formats of the service whose resource part can be that of an ARN, as patterns."""
    resource = _VARIABLE.sub("*", arn.resource)

    def similar(formats: tuple[Format, ...]) -> tuple[Arn, ...]:
        return tuple(known.pattern for known in formats if intersects(known.pattern.resource, resource))

    return similar(formats_of(arn.service)) or similar(formats_anywhere(arn.service))
