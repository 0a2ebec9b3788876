"""Rules that differ from each other by a row of a table: one check, and for each row a rule with its documentation."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Generic, TypeVar

from policygen.finding import Severity
from policygen.lint.rule import Check, Objections, rule
from policygen.policy.model import Kind, Policy

_Data = TypeVar("_Data")


@dataclass(frozen=True)
class Row(Generic[_Data]):
    """One rule of a family. `summary`, `why`, `instead` and the examples are its documentation."""

    id: str
    severity: Severity
    summary: str
    why: str
    instead: str
    fires: str | tuple[str, ...]
    quiet: str | tuple[str, ...]
    data: _Data
    """What the check of the family needs to know about this rule."""
    kinds: tuple[Kind, ...] = tuple(Kind)

    @property
    def documentation(self) -> str:
        """The row in the form of a rule's docstring."""
        examples = [("Fires on", text) for text in _each(self.fires)] + [
            ("Quiet on", text) for text in _each(self.quiet)
        ]
        listed = "\n".join(f"{verdict}: {text}" for verdict, text in examples)
        return f"{self.summary}\n\nWhy it matters: {self.why}\nInstead: {self.instead}\n\n{listed}"


def family(check: Callable[[Policy, _Data], Objections], *rows: Row[_Data]) -> None:
    """Register a rule for each row: the check, given the row's data."""
    for row in rows:
        rule(row.id, row.severity, group="access-analyzer", kinds=row.kinds)(_bound(check, row))


def _bound(check: Callable[[Policy, _Data], Objections], row: Row[_Data]) -> Check:
    @wraps(check)
    def bound(policy: Policy) -> Objections:
        return check(policy, row.data)

    bound.__doc__ = row.documentation
    return bound


def _each(examples: str | tuple[str, ...]) -> tuple[str, ...]:
    return (examples,) if isinstance(examples, str) else examples
