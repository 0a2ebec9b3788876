"""The ARN of a resource, from its type (`dynamodb:table`) and its name, in the form that AWS's data gives."""

import re
from functools import cache
from typing import NamedTuple

from policygen.errors import did_you_mean
from policygen.policy.arn import Arn, parse
from policygen.policy.pattern import is_wild
from policygen.reference.data import load
from policygen.reference.guesses import guess_service
from policygen.reference.partitions import partitions, regions
from policygen.reference.services import resource_types, services

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
_ACCOUNTS = ("${Account}", "${AccountId}")
_BASE = r"\w.+=,@\-"


class _Name(NamedTuple):
    """The part of a format that a name fills: from its first placeholder to its last."""

    before: str
    written: str
    after: str


def type_fault(resource_type: str) -> str:
    """Why a resource cannot be given by name for this type, as the rest of a sentence; "" if it can."""
    service, _, kind = resource_type.partition(":")
    if service not in services():
        return f"names the service `{service}`, which is unknown to AWS{guess_service(service)}"
    if kind.lower() not in resource_types(service):
        guess = did_you_mean(kind.lower(), resource_types(service)) or f"; it has {', '.join(resource_types(service))}"
        return f"is not a resource type that AWS lists for `{service}`{guess}"
    if not _PLACEHOLDER.search(_format(resource_type).resource):
        return f"has one ARN, `{_format(resource_type)}`, without a name; write it in the template"
    return ""


def needs(resource_type: str) -> frozenset[str]:
    """Which of `account` and `region` are in the ARNs of a resource type."""
    format_ = _format(resource_type)
    found = {"account"} if format_.account in _ACCOUNTS else set()
    return frozenset(found | ({"region"} if format_.region == "${Region}" else set()))


def resource_fault(resource_type: str, text: str, *, pattern: bool = False, any_account: bool = False) -> str:
    """Why a text neither names a resource of a type nor is the ARN of one, as the rest of a sentence; "" if it does.

    With `pattern`, `*` and `?` match any part of the name; with `any_account`, an ARN may have `*` as its account.
    """
    if text.startswith("arn:"):
        return "" if _is_arn(resource_type, text, pattern, any_account) else f"is not the ARN of {_a(resource_type)}"
    if is_wild(text) and not pattern:
        return "contains a wildcard, and this takes single resources only"
    return "" if _expression(resource_type, pattern).fullmatch(text) else f"is not the name of {_a(resource_type)}"


def resource_arn(resource_type: str, text: str, *, partition: str, region: str, account: str) -> str:
    """The ARN of a resource given by name; an ARN is returned as it is.

    AWS adds six random characters to the name of a secret, so the ARN of a secret given by name ends in `-??????`.
    """
    if text.startswith("arn:"):
        return text
    format_, name = _format(resource_type), _name(resource_type)
    if name.written.startswith("${ParameterNameWithoutLeadingSlash"):
        text = text.removeprefix("/")
    end = "" if is_wild(text) else _row(resource_type).get("end", "")
    return str(
        Arn(
            partition,
            format_.service,
            region if format_.region == "${Region}" else format_.region,
            account if format_.account in _ACCOUNTS else format_.account,
            f"{name.before}{text}{end}{name.after}",
        )
    )


def wanted(resource_type: str, *, pattern: bool) -> str:
    """What to give for a resource: "a `dynamodb:table` by name (`TableName`), or its ARN"."""
    name = re.sub(r"\$\{([^}]*)\}", r"\1", _name(resource_type).written)
    return f"{_a(resource_type)} by name (`{name}`{', in which `*` matches any part' if pattern else ''}), or its ARN"


def _is_arn(resource_type: str, text: str, pattern: bool, any_account: bool) -> bool:
    arn, (service, _, kind) = parse(text), resource_type.partition(":")
    if arn is None or arn.partition not in partitions():
        return False
    return any(
        arn.service == format_.service
        and (arn.region in (*regions(), "*") if format_.region == "${Region}" else arn.region == format_.region)
        and _is_account(arn.account, format_.account, any_account or pattern)
        and _is_resource(resource_type, arn.resource, format_.resource, pattern)
        for format_ in map(_parts, resource_types(service)[kind.lower()])
    )


def _is_resource(resource_type: str, resource: str, format_: str, pattern: bool) -> bool:
    name = _name_in(format_)
    expression = f"{re.escape(name.before)}{_named(name, resource_type, pattern)}{re.escape(name.after)}"
    return bool(re.fullmatch(expression, resource, re.ASCII))


def _is_account(account: str, written: str, any_account: bool) -> bool:
    if written not in _ACCOUNTS:
        return account == written
    return bool(re.fullmatch(r"[0-9]{12}", account)) or (any_account and account == "*")


@cache
def _expression(resource_type: str, pattern: bool) -> re.Pattern[str]:
    return re.compile(_named(_name(resource_type), resource_type, pattern), re.ASCII)


def _named(name: _Name, resource_type: str, pattern: bool) -> str:
    """A regular expression for the names of a type: a run of characters for each placeholder."""
    more = re.escape(_row(resource_type).get("characters", ""))
    pieces = [
        f"[{_BASE}{more}{'/' if 'WithPath' in piece else ''}{'*?' if pattern else ''}]+"
        if _PLACEHOLDER.fullmatch(piece)
        else re.escape(piece)
        for piece in re.split(r"(\$\{[^}]*\})", name.written)
    ]
    return "".join(pieces)


def _name(resource_type: str) -> _Name:
    return _name_in(_format(resource_type).resource)


def _name_in(resource: str) -> _Name:
    places = list(_PLACEHOLDER.finditer(resource))
    start, end = (places[0].start(), places[-1].end()) if places else (len(resource), len(resource))
    return _Name(resource[:start], resource[start:end], resource[end:])


@cache
def _format(resource_type: str) -> Arn:
    service, _, kind = resource_type.partition(":")
    return _parts(resource_types(service)[kind.lower()][0])


def _parts(written: str) -> Arn:
    return Arn(*written.split(":", 5)[1:])


def _row(resource_type: str) -> dict[str, str]:
    row: dict[str, str] = load("resource_names")["types"].get(resource_type.lower(), {})
    return row


def _a(resource_type: str) -> str:
    return f"{'an' if resource_type[0] in 'aeiou' else 'a'} `{resource_type}`"
