"""Resource ARNs: each of their six fields, and whether the service has such a resource."""

import re
from collections.abc import Callable
from functools import cache, lru_cache, wraps

from policygen.errors import did_you_mean
from policygen.lint.access_analyzer import error, suggestion
from policygen.lint.access_analyzer.overlap import near_pairs
from policygen.lint.entries import each_resource
from policygen.lint.rule import Objections
from policygen.policy.arn import Arn, arn_covers, parse, segments
from policygen.policy.model import Policy
from policygen.policy.pattern import head, intersects, is_wild
from policygen.reference.arns import Format, formats_anywhere, formats_of
from policygen.reference.guesses import guess_service
from policygen.reference.partitions import data_date as regions_date
from policygen.reference.partitions import partitions, regions
from policygen.reference.services import data_date, is_retired, services

_ACCOUNT = re.compile("[0-9]{12}|aws|cloudfront|")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
# `arn:aws:ssm:*::document/AWS-RunShellScript`: what AWS owns has no account
_OWNED_BY_AWS = {"ssm", "resource-explorer-2"}
# `arn:aws:logs:*:*:/aws/lambda/app` is to AWS the log group of that name
_LOG_GROUP = re.compile(r"^(arn:[^:]*:logs:[^:]*:[^:]*:)/")


def _of_the_text(judge: Callable[[str], str]) -> Callable[[Policy], Objections]:
    """Make a rule of a function that returns the message about a resource, given as text; "" if there is none."""
    judged = cache(judge)

    @wraps(judge)
    def check(policy: Policy) -> Objections:
        for text, pointer in each_resource(policy):
            if message := judged(text):
                yield pointer, message

    return check


def _of_the_arn(judge: Callable[[Arn], str]) -> Callable[[Policy], Objections]:
    """The same for a function of an ARN; resources that are not ARNs are skipped."""

    @wraps(judge)
    def judge_text(text: str) -> str:
        arn = parse(text)
        return judge(arn) if arn else ""

    return _of_the_text(judge_text)


@error("invalid-arn-prefix")
@_of_the_text
def invalid_arn_prefix(text: str) -> str:
    """A resource is neither `*` nor an ARN.

    Why it matters: IAM rejects the policy.
    Instead: write the whole ARN, which starts with `arn:`.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "s3://app/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    if text == "*" or text.startswith("arn:"):
        return ""
    return f"`{text}` does not start with `arn:`; write the whole ARN"


@error("missing-arn-field")
@_of_the_text
def missing_arn_field(text: str) -> str:
    """An ARN has fewer than six fields.

    Why it matters: IAM rejects the policy, or the fields do not mean what they seem to.
    Instead: write `arn:partition:service:region:account:resource`; leave fields empty that the service does not use.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:app/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    fields = len(segments(text))
    if fields == 6 or not text.startswith("arn:"):
        return ""
    return f"`{text}` has {fields} of the six fields `arn:partition:service:region:account:resource`"


@error("invalid-partition")
@_of_the_arn
def invalid_partition(arn: Arn) -> str:
    """The partition of an ARN is not in the list of AWS's partitions.

    Why it matters: the ARN matches nothing.
    Instead: use `aws`, `aws-cn` (China), `aws-us-gov` (GovCloud) or another of AWS's partitions.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:amazon:s3:::app/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws-cn:s3:::app/*"}
    """
    if not _is_literal(arn.partition) or arn.partition in partitions():
        return ""
    hint = did_you_mean(arn.partition, partitions())
    return f"`{arn.partition}` is not in the list of partitions of {regions_date()}{hint}"


@error("invalid-arn-service-case")
@_of_the_arn
def invalid_arn_service_case(arn: Arn) -> str:
    """The service of an ARN is not in lower case.

    Why it matters: ARNs are case-sensitive, so the entry matches nothing.
    Instead: write the service in lower case.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:S3:::app/*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    service = arn.service.lower()
    if arn.service == service or not _is_service(service):
        return ""
    return f"the service of an ARN is lower case: `{service}`, not `{arn.service}`"


@suggestion("wildcard-in-service-name")
@_of_the_arn
def wildcard_in_service_name(arn: Arn) -> str:
    """The service of an ARN contains a wildcard.

    Why it matters: services that AWS adds later are included.
    Instead: write an ARN for each service that is meant.

    Fires on: {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:*code*::123456789012:*"}
    Quiet on: {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:codecommit:*:123456789012:*"}
    """
    return (
        f"`{arn.service}` also matches services that AWS adds later; name the services" if is_wild(arn.service) else ""
    )


@error("invalid-arn-region")
@_of_the_arn
def invalid_arn_region(arn: Arn) -> str:
    """The Region of an ARN is not in the list of Regions of its partition.

    Why it matters: the ARN matches nothing.
    Instead: use the code of the Region, such as `eu-central-1`.

    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-middle-1:123456789012:jobs"}
    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:cn-north-1:123456789012:jobs"}
    Quiet on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-*:123456789012:jobs"}
    """
    known = partitions().get(arn.partition, regions())
    if not arn.region or not _is_literal(arn.region) or arn.region in known:
        return ""
    where = f" of the partition `{arn.partition}`" if arn.partition in partitions() else ""
    return f"`{arn.region}` is not in the list of Regions{where} of {regions_date()}{did_you_mean(arn.region, known)}"


@error("invalid-arn-account")
@_of_the_arn
def invalid_arn_account(arn: Arn) -> str:
    """The account of an ARN is not a 12-digit number.

    Why it matters: the ARN matches nothing.
    Instead: write the account ID with its leading zeros, without dashes.

    Fires on: {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::1234-5678-9012:role/app"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::123456789012:role/app"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetPolicy", "Resource": "arn:aws:iam::aws:policy/*"}
    """
    if not _is_literal(arn.account) or _ACCOUNT.fullmatch(arn.account):
        return ""
    return f"`{arn.account}` is not an account ID, which has 12 digits"


@error("invalid-arn-resource")
@_of_the_arn
def invalid_arn_resource(arn: Arn) -> str:
    """An ARN has none of the formats that AWS's data lists for its service.

    Why it matters: the entry matches nothing, so the statement does not do what it says.
    Instead: use an ARN format that the Service Authorization Reference lists for the service.

    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:iam::123456789012:queue/jobs"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}
    """
    # AWS checks literal ARNs only: it does not report `…:connector-profile/*`, although no such type exists
    formats = formats_of(arn.service) if _is_literal(str(arn)) else ()
    if not formats or _similar(arn):
        return ""
    what = f"AWS's data of {data_date()} lists no ARNs of `{arn.service}` that look like `{arn}`"
    return f"{what}; they look like `{formats[0].written}`"


@error("arn-region-not-allowed")
@_of_the_arn
def arn_region_not_allowed(arn: Arn) -> str:
    """An ARN names a Region although ARNs of such resources have none.

    Why it matters: the ARN matches nothing.
    Instead: leave the field empty: `arn:aws:iam::123456789012:role/app`.

    Fires on: {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam:us-east-1:123456789012:role/app"}
    Quiet on: {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::123456789012:role/app"}
    """
    if not arn.region.strip("*") or any(known.region for known in _similar(arn) or [arn]):
        return ""
    return f"such ARNs of `{arn.service}` have no Region; leave the field `{arn.region}` empty"


@error("arn-account-not-allowed")
@_of_the_arn
def arn_account_not_allowed(arn: Arn) -> str:
    """An ARN names an account although ARNs of such resources have none.

    Why it matters: the ARN matches nothing.
    Instead: leave the field empty: `arn:aws:s3:::app`.

    Fires on: {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3::123456789012:app"}
    Quiet on: {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::app"}
    """
    if not arn.account.strip("*") or any(known.account for known in _similar(arn) or [arn]):
        return ""
    return f"such ARNs of `{arn.service}` have no account; leave the field `{arn.account}` empty"


@error("missing-arn-region")
@_of_the_arn
def missing_arn_region(arn: Arn) -> str:
    """An ARN leaves out the Region although ARNs of such resources have one.

    Why it matters: the ARN matches nothing.
    Instead: write the Region, or `*` for all of them.

    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs::123456789012:jobs"}
    Quiet on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:123456789012:jobs"}
    """
    similar = () if arn.region else _similar(arn)
    if not similar or not all(known.region for known in similar):
        return ""
    return f"such ARNs of `{arn.service}` have a Region; name it, or write `*`"


@error("missing-arn-account")
@_of_the_arn
def missing_arn_account(arn: Arn) -> str:
    """An ARN leaves out the account although ARNs of such resources have one.

    Why it matters: the ARN matches nothing.
    Instead: write the account ID, or `*` for all of them.

    Fires on: {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1::jobs"}
    Quiet on: {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::app"}
    """
    if arn.account or arn.service in _OWNED_BY_AWS or arn.resource[:1] in "*?":
        return ""
    similar = _similar(arn)
    if not similar or not all(known.account for known in similar):
        return ""
    return f"such ARNs of `{arn.service}` have an account; name it, or write `*`"


@suggestion("redundant-resource")
def redundant_resource(policy: Policy) -> Objections:
    """A resource is covered by another entry of the same list.

    Why it matters: removing it later will change nothing, which the reader of the policy will not expect.
    Instead: keep the wider entry, or remove it if it was not meant.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::app*", "arn:aws:s3:::app/*"]}
    Fires on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["*", "arn:aws:s3:::app/*"]}
    Quiet on: {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::app", "arn:aws:s3:::app/*"]}
    """
    for statement in policy.statements:
        for element, texts in (("Resource", statement.resource_texts), ("NotResource", statement.not_resource_texts)):
            for index, message in _covered(texts) if len(texts) > 1 else ():
                yield statement.picked(element, [index])[0].pointer, message


@lru_cache(maxsize=1024)  # versions of a policy repeat their lists: 4 % of the time on AWS's 1,097 managed policies
def _covered(texts: tuple[str, ...]) -> list[tuple[int, str]]:
    """The index of each entry that another one covers, and the message about it."""
    first: dict[str, int] = {}
    found = [
        (index, f"`{text}` is listed twice; remove one of them")
        for index, text in enumerate(texts)
        if first.setdefault(text, index) != index
    ]
    if any(map(is_wild, first)):
        names = {text: _LOG_GROUP.sub(r"\1log-group:/", text) if ":logs:" in text else text for text in first}
        for text, pattern in sorted(_wider(names).items(), key=lambda pair: first[pair[0]]):
            if names[pattern] != names[text] or first[pattern] < first[text]:
                found.append((first[text], f"`{text}` is covered by `{pattern}`; remove one of them"))
    return found


def _wider(names: dict[str, str]) -> dict[str, str]:
    """Map each entry to the first pattern that covers it. `names` maps the entries to the ARNs to compare."""
    found: dict[str, str] = {}
    ends = {value: segments(name)[-1] for value, name in names.items()}
    for pattern, value in near_pairs(names, filter(is_wild, names)):
        near = value not in found and ends[value].startswith(head(ends[pattern]))
        if near and arn_covers(names[pattern], names[value]):
            found[value] = pattern
    return found


def invalid_service_in_arn(policy: Policy) -> Objections:
    """The part of `invalid-service` that checks ARNs."""
    for text, pointer in each_resource(policy):
        service = _unknown_service(text)
        if service and not policy.previews.has_service(service.lower()):
            yield pointer, _no_service(service)


@cache
def _unknown_service(text: str) -> str:
    arn = parse(text)
    service = arn.service if arn else ""
    return service if _is_literal(service) and not _is_service(service.lower()) else ""


@cache
def _no_service(service: str) -> str:
    return f"`{service}` is not a service in AWS's data of {data_date()}{guess_service(service)}"


@cache
def _is_service(service: str) -> bool:
    return service in services() or is_retired(service) or bool(formats_anywhere(service))


def _is_literal(field: str) -> bool:
    return not is_wild(field) and "${" not in field


@cache
def _similar(arn: Arn) -> tuple[Arn, ...]:
    """The ARN formats, as patterns, of the service's resources that an ARN can match."""
    resource = _VARIABLE.sub("*", arn.resource)
    start = head(resource)

    def similar(formats: tuple[Format, ...]) -> tuple[Arn, ...]:
        near = (known.pattern for known in formats if known.start.startswith(start) or start.startswith(known.start))
        return tuple(pattern for pattern in near if intersects(pattern.resource, resource))

    return similar(formats_of(arn.service)) or similar(formats_anywhere(arn.service))
