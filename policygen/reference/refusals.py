"""What AWS's APIs answer to policies that they refuse, in their own words."""

from functools import cache
from typing import NamedTuple

from policygen.policy.pattern import matches
from policygen.reference.data import load


class Refusal(NamedTuple):
    """Why a service does not take a policy."""

    service: str
    says: str
    source: str
    """Where the answer is published."""

    def __str__(self) -> str:
        return f"{self.service} answers `{self.says}`"


def refusal(rule: str) -> Refusal:
    """The answer that a rule foretells, by the rule's id."""
    return Refusal(**load("refusals")["refusals"][rule])


def refused_rules() -> frozenset[str]:
    """The ids of all rules that foretell such an answer."""
    return frozenset(load("refusals")["refusals"])


def sqs_limit(what: str) -> int:
    """How many `actions` a statement of a queue's policy may have, or `statements` the policy."""
    return int(load("refusals")["sqs_limits"][what])


@cache
def is_s3_request_key(key: str) -> bool:
    """Whether a condition key (lower case) is about the request or the object of certain actions of S3 only."""
    return any(matches(pattern, key) for pattern in load("refusals")["s3_request_keys"])


def accepted_actions(service: str) -> frozenset[str]:
    """What a policy of a topic (`sns`) or of a registry (`ecr_registry`) may name in `Action`, in lower case."""
    return frozenset(load("refusals")[f"{service}_actions"])
