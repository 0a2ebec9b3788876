"""The condition operators of the policy language, and what each compares.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (2026-11).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """One condition operator, without set prefix and `IfExists`."""

    name: str
    family: str
    """`String`, `ARN`, `Bool`, `Numeric`, `Date`, `IPAddress`, `Binary` or `Null`: the key types it is made for."""
    negated: bool = False
    wildcards: bool = False
    """Whether `*` and `?` in its values are wildcards."""


_ALL = (
    Operator("StringEquals", "String"),
    Operator("StringNotEquals", "String", negated=True),
    Operator("StringEqualsIgnoreCase", "String"),
    Operator("StringNotEqualsIgnoreCase", "String", negated=True),
    Operator("StringLike", "String", wildcards=True),
    Operator("StringNotLike", "String", negated=True, wildcards=True),
    Operator("ArnEquals", "ARN", wildcards=True),
    Operator("ArnNotEquals", "ARN", negated=True, wildcards=True),
    Operator("ArnLike", "ARN", wildcards=True),
    Operator("ArnNotLike", "ARN", negated=True, wildcards=True),
    Operator("NumericEquals", "Numeric"),
    Operator("NumericNotEquals", "Numeric", negated=True),
    Operator("NumericLessThan", "Numeric"),
    Operator("NumericLessThanEquals", "Numeric"),
    Operator("NumericGreaterThan", "Numeric"),
    Operator("NumericGreaterThanEquals", "Numeric"),
    Operator("DateEquals", "Date"),
    Operator("DateNotEquals", "Date", negated=True),
    Operator("DateLessThan", "Date"),
    Operator("DateLessThanEquals", "Date"),
    Operator("DateGreaterThan", "Date"),
    Operator("DateGreaterThanEquals", "Date"),
    Operator("Bool", "Bool"),
    Operator("BinaryEquals", "Binary"),
    Operator("IpAddress", "IPAddress"),
    Operator("NotIpAddress", "IPAddress", negated=True),
    Operator("Null", "Null"),
)

OPERATORS = {operator.name.lower(): operator for operator in _ALL}
"""Lower-case name → operator; IAM ignores the case of operators."""


def find_operator(name: str) -> Operator | None:
    """The operator of a name without set prefix and `IfExists`, in any case; None where there is none."""
    return OPERATORS.get(name.lower())


def opposite(name: str) -> Operator | None:
    """The operator that matches the values that another does not match; None for one that has no opposite."""
    operator = find_operator(name)
    if operator is None:
        return None
    if "Than" in operator.name:
        less, equals = "LessThan" in operator.name, operator.name.endswith("Equals")
        return find_operator(f"{operator.family}{'Greater' if less else 'Less'}Than{'' if equals else 'Equals'}")
    bare = operator.name.replace("Not", "")
    return next((o for o in _ALL if o.name.replace("Not", "") == bare and o.negated is not operator.negated), None)
