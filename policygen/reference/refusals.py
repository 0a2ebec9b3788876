"""The error messages of AWS's APIs for policies that they reject."""

from functools import cache
from typing import NamedTuple

from policygen.policy.pattern import matches
from policygen.reference.data import load


class Refusal(NamedTuple):
    """The error message of a service that rejects a policy."""

    service: str
    says: str
    source: str
    """Where the message is published."""

    def __str__(self) -> str:
        return f"{self.service} answers `{self.says}`"


def refusal(rule: str) -> Refusal:
    """The error message that the rule with this id predicts."""
    return Refusal(**load("refusals")["refusals"][rule])


def refused_rules() -> frozenset[str]:
    """The ids of all rules that predict an error message."""
    return frozenset(load("refusals")["refusals"])


def sqs_limit(what: str) -> int:
    """The most `actions` in a statement of a queue policy, or the most `statements` in the policy."""
    return int(load("refusals")["sqs_limits"][what])


@cache
def is_s3_request_key(key: str) -> bool:
    """Whether a condition key (lower case) is available for certain actions of S3 only."""
    return any(matches(pattern, key) for pattern in load("refusals")["s3_request_keys"])


def accepted_actions(service: str) -> frozenset[str]:
    """The actions (lower case) that the policy of a topic (`sns`) or of a registry (`ecr_registry`) accepts."""
    return frozenset(load("refusals")[f"{service}_actions"])
