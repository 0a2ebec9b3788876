"""The work that a policy causes, and its limit, so that a policy made to be slow cannot block a run.

The numbers are measured on hostile policies of 100 kB: a unit is about five microseconds of one core. AWS managed
policies cause 50,000 units at most.
"""

from collections import Counter
from collections.abc import Collection
from functools import cache

from policygen.policy.model import Policy, once_per_policy
from policygen.policy.pattern import is_wild
from policygen.reference.services import actions, services

MOST = 250_000
"""The limit in units: about a second."""
_RESOURCE, _CONDITION, _NAME, _UNKNOWN, _STATEMENT = 400, 100, 25, 150, 25
_PAIRS = 4
"""How many pairs of a pattern and an entry are compared in one unit."""
_LETTERS = 400
"""The square of a pattern's length that takes one unit."""


@once_per_policy
def too_much(policy: Policy) -> bool:
    """Whether a policy causes more work than the limit."""
    return len(policy.statements) * _STATEMENT > MOST or work(policy) > MOST


def work(policy: Policy) -> int:
    """The most units of work that a policy can cause, estimated from its entries."""
    names, resources = set(policy.action_names), set(policy.resource_texts)
    conditions = sum(1 + len(condition.values) // 4 for s in policy.statements for condition in s.conditions)
    patterns = [text for text in (*names, *resources) if is_wild(text) or "${" in text]
    return (
        sum(map(_of_action, names))
        + sum(_RESOURCE for text in resources if text != "*" and is_wild(text))
        + _CONDITION * conditions
        + _STATEMENT * len(policy.statements)
        + sum(len(text) ** 2 // _LETTERS for text in patterns)
        + (_pairs(names) + _pairs(resources)) // _PAIRS
    )


def _pairs(entries: Collection[str]) -> int:
    """How many pairs are compared: a pattern is compared with entries that have the same text before the first `:`."""
    starts = Counter(entry.partition(":")[0] for entry in entries)
    wild = Counter(entry.partition(":")[0] for entry in entries if is_wild(entry))
    return sum(count * (len(entries) if is_wild(start) else starts[start]) for start, count in wild.items())


def _of_action(name: str) -> int:
    """The units of an Action entry: with wildcards it is compared with each action of its service, or of AWS."""
    service, _, rest = name.partition(":")
    if not is_wild(name):
        return _NAME if rest in actions(service) else _UNKNOWN
    if rest in ("", "*"):
        return _NAME
    return _every() if is_wild(service) else len(actions(service)) or _UNKNOWN


@cache
def _every() -> int:
    return sum(len(actions(service)) for service in services())
