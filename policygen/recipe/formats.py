"""The formats for recipes' parameters, beyond JSON Schema: what each accepts, and its message for what it does not.

Values that go into an ARN cannot contain `*`, `?`, `${` or `/` unless their format allows it (`…-pattern`).
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from policygen.errors import did_you_mean
from policygen.policy.arn import parse

_NOT = "is not"
"""The problem of a text that does not have the format, if there is nothing more to say."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format; `problem` returns "" for a valid text, else the rest of a sentence about it, or `_NOT`."""

    wanted: str
    example: str
    problem: Callable[[str], str]


def _pattern(expression: str) -> Callable[[str], str]:
    return lambda text: "" if re.fullmatch(expression, text) else _NOT


def _partition(text: str) -> str:
    from policygen.reference.partitions import partitions

    return "" if text in partitions() else f"is none of {', '.join(partitions())}"


def _region(text: str) -> str:
    from policygen.reference.partitions import regions

    return "" if text in regions() else f"is not an AWS region{did_you_mean(text, regions())}"


def _cidr(text: str) -> str:
    """A block for aws:SourceIp, which only has public addresses (IAM User Guide, "aws:SourceIp")."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        return "has host bits set" if "host bits" in str(error) else _NOT
    if "/" not in text:
        return "has no prefix length"
    if network.prefixlen == 0:
        return "lets in every address"
    # Python calls the ranges for documentation private, but all examples use them
    if network.is_multicast or (not network.is_global and not _is_documentation(network)):
        return "is not a public range, and only public addresses reach aws:SourceIp"
    return "" if str(network) == text else f"is written `{network}` in full"


def _is_documentation(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    ranges = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")  # RFC 5737, RFC 3849
    return any(
        known.version == network.version and network.subnet_of(known)  # type: ignore[arg-type]
        for known in map(ipaddress.ip_network, ranges)
    )


def _arn(text: str) -> str:
    arn = parse(text)
    if arn is None:
        return "does not have the six parts of an ARN"
    if re.search(r"[*?\s]|\$\{", text):
        return "contains a wildcard, a variable or a space"
    if problem := _partition(arn.partition):
        return f"has a partition that {problem}"
    if not re.fullmatch(r"[a-z0-9-]+", arn.service) or not arn.resource:
        return "names no service or no resource"
    if not re.fullmatch(r"[0-9]{12}|aws|", arn.account):
        return "has an account that is not 12 digits"
    return ""


def _region_or_any(text: str) -> str:
    return "" if text == "*" else _region(text)


def _arn_pattern(text: str) -> str:
    """An ARN in which `*` and `?` match any part of the account and of the resource, but not every resource."""
    from policygen.reference.partitions import regions

    arn = parse(text)
    if arn is None:
        return "does not have the six parts of an ARN"
    if re.search(r"[\s\x00-\x1f]|\$\{|\$$", text):
        return "contains a variable or a space"
    if arn.partition != "*" and (problem := _partition(arn.partition)):
        return f"has a partition that {problem}"
    if not re.fullmatch(r"[a-z0-9-]+", arn.service):
        return "does not name a service"
    if arn.region not in ("", "*", *regions()):
        return f"has a region `{arn.region}` that AWS does not have"
    if not re.fullmatch(r"[0-9]{12}|aws|\*|", arn.account):
        return "has an account that is neither 12 digits nor `*`"
    return "" if arn.resource.strip("*?") else "matches every resource of the service"


def _principal(text: str) -> str:
    if re.fullmatch(r"[0-9]{12}", text):
        return ""
    if not text.startswith("arn:"):
        return _service_principal(text)
    arn = parse(text)
    if fault := _arn(text):
        return fault
    named = {"iam": r"root|(?:user|role|oidc-provider|saml-provider)/.+", "sts": r"(?:assumed-role|federated-user)/.+"}
    if arn is None or not arn.account or not re.fullmatch(named.get(arn.service, r"(?!)"), arn.resource):
        return "is not the ARN of a principal"
    return ""


def _service_prefix(text: str) -> str:
    from policygen.reference.guesses import guess_service
    from policygen.reference.services import services

    return "" if text in services() else f"is unknown to AWS{guess_service(text)}"


def _service_principal(text: str) -> str:
    from policygen.reference.service_principals import data_date, guess, is_known

    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.(?:com(?:\.cn)?|eu)", text):
        return _NOT
    return "" if is_known(text) else f"is not in the list of service principals of {data_date()}{guess(text)}"


def _action(text: str) -> str:
    from policygen.reference.guesses import guess_action
    from policygen.reference.services import find_action

    return "" if find_action(text) else f"is unknown to AWS{guess_action(text)}"


def _date_time(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", text, re.ASCII):
        return _NOT
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        return f"is not a point in time: {error}"
    return ""


# Forms of names: IAM API Reference (2026-11), the `Pattern` of each request parameter; of ids: Organizations API
# Reference, `Organization.Id`, `OrganizationalUnit.Id`, `Root.Id`.
_NAME = r"[A-Za-z0-9_+=,.@-]{1,128}"
_PATH = r"(?:/[A-Za-z0-9.,+@=_-]+)*/"

FORMATS: dict[str, Format] = {
    "account-id": Format("12 digits", "123456789012", _pattern(r"[0-9]{12}")),
    "partition": Format("a partition of AWS", "aws", _partition),
    "region": Format("a region code", "eu-central-1", _region),
    "region-or-any": Format("a region code, or `*` for every region", "eu-central-1", _region_or_any),
    "org-id": Format("the id of an organization", "o-a1b2c3d4e5", _pattern(r"o-[a-z0-9]{10,32}")),
    "ou-id": Format(
        "the id of an organizational unit or of a root",
        "ou-ab12-11111111",
        _pattern(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32}"),
    ),
    "arn-pattern": Format("an ARN in which `*` matches any part", "arn:aws:iam::*:role/deploy-*", _arn_pattern),
    "principal": Format(
        "an account id, the ARN of a user, a role or an identity provider, or a service principal",
        "arn:aws:iam::123456789012:role/app",
        _principal,
    ),
    "name-pattern": Format(
        "a name in which `*` matches any part, of letters, digits and `_+=,.@:/-`",
        "deploy-*",
        _pattern(r"(?=[*?]*[^*?])[A-Za-z0-9_+=,.@:/*?-]{1,256}"),
    ),
    "cidr": Format("a public address block in CIDR form", "203.0.113.0/24", _cidr),
    "arn": Format("a whole ARN without wildcards", "arn:aws:iam::123456789012:role/app", _arn),
    "iam-name": Format("an IAM name of letters, digits and `_+=,.@-`, at most 128", "Developers", _pattern(_NAME)),
    "iam-path": Format("an IAM path that starts and ends with a slash", "/staff/", _pattern(_PATH)),
    "iam-path-pattern": Format(
        "an IAM path in which `*` may match any part", "/staff/*/", _pattern(r"(?:/(?:[A-Za-z0-9.,+@=_-]+|\*))*/")
    ),
    "bucket-name": Format(
        "an S3 bucket name",
        "example-bucket",
        _pattern(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9]|[.-](?=[a-z0-9])){1,61}[a-z0-9]"),
    ),
    "service-prefix": Format("the prefix of a service's actions", "s3", _service_prefix),
    "service-principal": Format("a service principal", "codecommit.amazonaws.com", _service_principal),
    "action": Format("an action that AWS has, without wildcards", "iam:ChangePassword", _action),
    "vpc-id": Format("a VPC id", "vpc-0123456789abcdef0", _pattern(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})")),
    "vpc-endpoint-id": Format(
        "a VPC endpoint id", "vpce-0123456789abcdef0", _pattern(r"vpce-(?:[0-9a-f]{8}|[0-9a-f]{17})")
    ),
    "date-time": Format("a moment in RFC 3339 form", "2026-01-31T23:59:59Z", _date_time),
    "tag-key": Format(
        "a tag key of letters, digits, spaces and `_.:/=+-@`, at most 128",
        "CostCenter",
        _pattern(r"(?!aws:)[\w .:/=+@-]{1,128}"),
    ),
    "tag-value": Format(
        "a tag value of letters, digits, spaces and `_.:/=+-@`, at most 256", "Apollo", _pattern(r"[\w .:/=+@-]{0,256}")
    ),
}
"""Name → format."""


def foreign(text: str, partition: str) -> str:
    """Why an ARN, a region or a service principal does not exist in a partition; "" if it does, and for other texts."""
    from policygen.reference.partitions import partitions, regions
    from policygen.reference.service_principals import partitions_of, split_service_principal

    arn = parse(text)
    if arn and arn.partition in partitions() and arn.partition != partition:
        own = text.replace(f"arn:{arn.partition}:", f"arn:{partition}:", 1)
        return (
            f"is an ARN of the partition `{arn.partition}`, and the policy is for `{partition}`; did you mean `{own}`?"
        )
    if text in regions() and partition in partitions() and text not in partitions()[partition]:
        return f"is not a region of the partition `{partition}`, which has {', '.join(partitions()[partition])}"
    if split_service_principal(text) and partition not in partitions_of(text):
        return f"is not a service principal of the partition `{partition}`; most of those end in `.amazonaws.com`"
    return ""


def problem(name: str, text: str) -> str:
    """Why a text does not have a format, as the rest of a sentence that starts with the text; "" if it does."""
    known = FORMATS[name]
    fault = known.problem(text)
    if fault == _NOT:
        return f"is not {known.wanted}, such as `{known.example}`"
    return fault if not fault or fault.endswith("?") else f"{fault}; give {known.wanted}, such as `{known.example}`"
