"""Wildcards and variables in the values of condition keys that identify the caller.

AWS requires six letters before each wildcard in the subject of an identity provider, and allows no wildcard in the
ID of an account or organization. Source: what users of `validate-policy` measured and published.
"""

import re
from collections.abc import Iterator

from policygen.lint.access_analyzer import error
from policygen.lint.access_analyzer.operators import each_condition
from policygen.lint.rule import Objections
from policygen.policy.model import Element, Policy
from policygen.reference.data import load
from policygen.reference.operators import find_operator

_WILDCARD = re.compile(r"[*?]+")
_VARIABLE = re.compile(r"\$\{[^}]+\}")
_LETTERS = 6


@error("wildcard-usage-too-permissive")
def wildcard_usage_too_permissive(policy: Policy) -> Objections:
    """A wildcard lets a condition on who calls match almost anyone.

    Why it matters: anyone who can choose what the wildcard matches gets access.
    Instead: put at least six letters before each wildcard (`repo:my-org/app:*`), write `AROAEXAMPLE:*` for
    `aws:userid`, and use no wildcard for accounts and organizations.

    Fires on (trust): {…, "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/gitlab.com"},
               "Condition": {"StringLike": {"gitlab.com:sub": "*/app"}}}
    Fires on: {…, "Condition": {"StringLike": {"aws:PrincipalOrgID": "o-*"}}}
    Fires on: {…, "Condition": {"StringLike": {"aws:userid": "AROA*"}}}
    Quiet on (trust): {…, "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/gitlab.com"},
               "Condition": {"StringLike": {"gitlab.com:sub": "project_path:my-org/app:*"}}}
    Quiet on: {…, "Condition": {"StringLike": {"aws:userid": "AROAEXAMPLEID:*"}}}
    """
    for key, (value, pointer) in _identifying_values(policy, wildcards=True):
        text = _VARIABLE.sub("", value)
        if _WILDCARD.search(text):
            problem = _problem(key, text, _WILDCARD, "wildcard")
            if problem:
                yield pointer, problem


@error("variable-usage-too-permissive")
def variable_usage_too_permissive(policy: Policy) -> Objections:
    """A policy variable lets a condition on who calls match almost anyone.

    Why it matters: the caller supplies the value of the variable, so it works like a wildcard.
    Instead: put at least six letters before it, or use a fixed value; write `AROAEXAMPLE:${…}` for `aws:userid`.

    Fires on (trust): {…, "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/gitlab.com"},
               "Condition": {"StringLike": {"gitlab.com:sub": "${aws:PrincipalTag/sub}"}}}
    Fires on: {…, "Condition": {"StringLike": {"aws:userid": "${aws:username}"}}}
    Quiet on: {…, "Condition": {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}}
    """
    for key, (value, pointer) in _identifying_values(policy, wildcards=False):
        if _VARIABLE.search(value) and (key == "aws:userid" or key.endswith(":sub")):
            problem = _problem(key, value, _VARIABLE, "variable")
            if problem:
                yield pointer, problem


def _problem(key: str, value: str, free: re.Pattern[str], name: str) -> str:
    if key == "aws:userid":
        left, colon, _ = _VARIABLE.sub("*", value).partition(":")
        fits = colon and (("*" not in left and "?" not in left) or left in {"*", "?"})
        return "" if fits else f"put the {name} in `{value}` after the colon: `AROAEXAMPLE:*`"
    if not key.endswith(":sub"):
        return f"`{key}` does not accept {name}s; list the values that are meant"
    start = 0
    for match in free.finditer(value):
        if match.start() - start < _LETTERS:
            return f"`{value}` needs at least {_LETTERS} letters before each {name}"
        start = match.end()
    return ""


def _identifying_values(policy: Policy, *, wildcards: bool) -> Iterator[tuple[str, Element]]:
    """Yield (key, value) for conditions on who calls; with `wildcards`, only for operators that support them."""
    sensitive = {key.lower() for key in load("global_condition_keys")["no_wildcards"]} | {"aws:userid"}
    for condition in each_condition(policy):
        key = condition.key.lower()
        # the subject that an identity provider (its prefix is a host name) gives to a caller
        if key in sensitive or (key.endswith(":sub") and "." in key):
            operator = find_operator(condition.operator)
            if operator and operator.family == "String" and (operator.wildcards or not wildcards):
                for entry in condition.values:
                    if isinstance(entry.value, str):
                        yield key, entry
