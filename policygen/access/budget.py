"""How much work a policy is for the rules, and how much of it is done: a text made to be slow must not stop a run.

The numbers come from measuring hostile policies of 100 kB: a unit is about five microseconds of one core. AWS's own
policies come to 50,000 units at most.
"""

from collections import Counter
from collections.abc import Collection
from functools import cache

from policygen.policy.model import Policy, once_per_policy
from policygen.policy.pattern import is_wild
from policygen.reference.services import actions, services

MOST = 250_000
"""Units: about a second."""
_RESOURCE, _CONDITION, _NAME, _UNKNOWN, _STATEMENT = 400, 100, 25, 150, 25
_PAIRS = 4
"""Pairs of a pattern and an entry that it may cover, which are held against each other in a unit."""
_LETTERS = 400
"""The letters of a text with wildcards or variables whose square is a unit."""


@once_per_policy
def too_much(policy: Policy) -> bool:
    """Whether a policy is more work than is done for one."""
    return len(policy.statements) * _STATEMENT > MOST or work(policy) > MOST


def work(policy: Policy) -> int:
    """The units of work that a policy is at most, told from its entries alone."""
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
    """A pattern is held against what starts as it does: here, as far as its first `:`."""
    starts = Counter(entry.partition(":")[0] for entry in entries)
    wild = Counter(entry.partition(":")[0] for entry in entries if is_wild(entry))
    return sum(count * (len(entries) if is_wild(start) else starts[start]) for start, count in wild.items())


def _of_action(name: str) -> int:
    """An entry with wildcards is compared with every action that its service has, or with all of them."""
    service, _, rest = name.partition(":")
    if not is_wild(name):
        return _NAME if rest in actions(service) else _UNKNOWN
    if rest in ("", "*"):
        return _NAME
    return _every() if is_wild(service) else len(actions(service)) or _UNKNOWN


@cache
def _every() -> int:
    return sum(len(actions(service)) for service in services())
