"""A policy as single grants and denials, so that policies can be compared however they are written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from policygen.policy.arn import arn_covers
from policygen.policy.model import Element, Policy, Statement
from policygen.policy.pattern import covers, normalise

_NOT = "not "


@dataclass(frozen=True, slots=True)
class Part:
    """One effect for one action on one resource, under conditions; for NotAction and NotResource, the whole list."""

    effect: str
    action: str
    resource: str
    conditions: frozenset[tuple[str, str, frozenset[str]]]
    text: str = field(compare=False)
    """The part in words."""

    def __str__(self) -> str:
        return self.text

    def covers(self, other: "Part") -> bool:
        """Whether it has the whole effect of another: no narrower action or resource, and no other conditions."""
        return (
            self.effect == other.effect
            and (self.action == other.action or (not other.negated and covers(self.action, other.action)))
            and (self.resource == other.resource or (not other.negated and arn_covers(self.resource, other.resource)))
            and (not self.conditions or self.conditions == other.conditions)
        )

    @property
    def negated(self) -> bool:
        """Whether it applies to everything except a list, which is only compared as a whole."""
        return self.action.startswith(_NOT) or self.resource.startswith(_NOT)


def parts(policy: Policy) -> Iterator[Part]:
    """The parts of a policy, whatever its order, Sids, lists of one, and case where IAM ignores it.

    A list of actions and resources is the same as one statement for each pair of them, in an Allow and in a Deny.
    """
    for statement in policy.statements:
        conditions = frozenset(
            (c.text.lower(), c.key.lower(), frozenset(_scalar(value) for value in c.values))
            for c in statement.conditions
        )
        suffix = f" if {json.dumps(statement.body['Condition'])}" if conditions else ""
        for action, shown in _entries(statement, "Action"):
            for resource, where in _entries(statement, "Resource"):
                text = f"{statement.effect} {shown} on {where}{suffix}"
                yield Part(statement.effect, action.lower(), resource, conditions, text)


def _entries(statement: Statement, name: str) -> Iterator[tuple[str, str]]:
    """The entries of an element, each normalised and as written; those of NotAction or NotResource as one."""
    for element in statement.elements(name):
        yield normalise(element.value), element.value
    excluded = sorted(normalise(element.value) for element in statement.elements(f"Not{name}"))
    if excluded:
        yield f"{_NOT}{excluded}", f"everything but {', '.join(excluded)}"


def _scalar(value: Element) -> str:
    text = value.value if isinstance(value.value, str) else json.dumps(value.value)
    return text.lower() if text.lower() in ("true", "false") else text
