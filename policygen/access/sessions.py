"""Policies as they apply to one kind of session alone, to say how someone must have signed in to gain something."""

from dataclasses import replace
from functools import cache
from typing import Any

from policygen.evaluate import CompiledPolicy, Layers, compile_policy
from policygen.policy.model import Kind, Policy

_MFA, _ISSUED = "aws:MultiFactorAuthPresent", "aws:TokenIssueTime"
_OTHERS: dict[str, tuple[dict[str, dict[str, str]], ...]] = {
    "mfa": ({"BoolIfExists": {_MFA: "false"}},),
    "no-mfa": ({"Null": {_MFA: "true"}}, {"Bool": {_MFA: "true"}}),
    "long-term-key": ({"Null": {_MFA: "false"}}, {"Null": {_ISSUED: "false"}}),
}
"""Kind of session, as in `evaluate.SESSIONS` → the conditions of which every other session meets one.

Source: IAM User Guide, "AWS global condition context keys", `aws:MultiFactorAuthPresent` and `aws:TokenIssueTime`.
"""

KINDS = tuple(_OTHERS)
"""The kinds of sessions."""


def within(layers: Layers, session: str) -> Layers:
    """The policies, and one more that denies everything to every other kind of session."""
    deny = _deny_others(session, Kind.IDENTITY)
    resource = layers.resource and (*layers.resource, _deny_others(session, Kind.RESOURCE))
    return replace(layers, identity=(*layers.identity, deny), resource=resource)


@cache
def _deny_others(session: str, kind: Kind) -> CompiledPolicy:
    who: dict[str, Any] = {"Principal": "*"} if kind is Kind.RESOURCE else {}
    deny = {"Effect": "Deny", **who, "Action": "*", "Resource": "*"}
    statements = [{**deny, "Condition": condition} for condition in _OTHERS[session]]
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": statements}, kind, name="other sessions"))
