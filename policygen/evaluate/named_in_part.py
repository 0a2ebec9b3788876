"""Conditions that name accounts, organizations or networks only in part, so that a stranger may be among them.

`aws:PrincipalAccount` like `1*` is about a tenth of all accounts, and every organization may have a root `r-ab12`.
"""

from collections.abc import Iterable, Sequence

from policygen.evaluate.compiled import CompiledPolicy
from policygen.evaluate.strangers import Caller
from policygen.policy.arn import segments
from policygen.policy.model import Condition
from policygen.policy.pattern import is_wild, matches
from policygen.reference.callers import told_by

_WHOLE = ("account", "organization", "source_account", "source_organization", "vpc", "vpc_endpoint", "service_name")
_PATHS = ("organization_path", "source_organization_path")
_ARNS = ("arn", "principal_arn", "source_arn")
_SERVICE = "example.amazonaws.com"


def named_in_part(policies: Iterable[CompiledPolicy], strangers: Sequence[Caller]) -> str:
    """Why a stranger may be among those that a condition names; "" if each is named in whole, or everybody is."""
    for condition in (one for policy in policies for statement in policy.statements for one in statement.conditions):
        for text in (str(element.value) for element in condition.values):
            if _may_be(condition, text, strangers):
                return f"a stranger may be among those that `{condition.key}` names as `{text}`"
    return ""


def _may_be(condition: Condition, text: str, strangers: Sequence[Caller]) -> bool:
    """Whether a value has wildcards in what distinguishes strangers, and none of those that are tried matches it."""
    kind = told_by(condition.key.lower())
    if kind == "arn" and len(segments(text)) < 6 and not is_wild(text):
        return True  # `accounts.google.com` provides for everybody
    if condition.operator.lower() in ("stringequals", "stringnotequals"):
        return False
    found = _distinguishing(kind, text)
    tried = [_SERVICE, *(value for caller in strangers for value in _values(caller, kind) if value)]
    return is_wild(found) and not any(matches(found, value.partition(":")[0]) for value in tried)


def _distinguishing(kind: str, text: str) -> str:
    """The part of a value that distinguishes strangers from those whom the policies name; "" if there is none."""
    if kind == "user_id":
        return text.partition(":")[0]
    if kind in _PATHS:
        return text if is_wild(text.partition("/")[0]) else ""
    if kind in _ARNS:
        parts = segments(text)
        return parts[4] if len(parts) == 6 else text
    return text if kind in _WHOLE else ""


def _values(caller: Caller, kind: str) -> Sequence[str | None]:
    return [caller.account] if kind in _ARNS else caller.own.get(kind, ())
