"""The condition operators of the policy language: what each compares, and its wording in explanations.

A new operator is a row here and, if it compares in a new way, a function in `evaluate/operators.py`.
Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (2026-11).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """One condition operator, without qualifier and `IfExists`."""

    name: str
    family: str
    """The type of the keys it applies to (`ConditionKey.type`), or `Null`."""
    comparison: str
    """How it compares a value of the request with those of the policy; its negation has the same comparison."""
    words: str
    """What a condition requires of its key, in words."""
    negated: bool = False
    wildcards: bool = False
    """Whether `*` and `?` in its values are wildcards."""


_ALL = (
    Operator("StringEquals", "String", "equal", "is {values}"),
    Operator("StringNotEquals", "String", "equal", "is not {values}", negated=True),
    Operator("StringEqualsIgnoreCase", "String", "equal in any case", "is {values} in any case"),
    Operator("StringNotEqualsIgnoreCase", "String", "equal in any case", "is not {values} in any case", negated=True),
    Operator("StringLike", "String", "like", "is like {values}", wildcards=True),
    Operator("StringNotLike", "String", "like", "is not like {values}", negated=True, wildcards=True),
    Operator("ArnEquals", "ARN", "like", "is {values}", wildcards=True),
    Operator("ArnNotEquals", "ARN", "like", "is not {values}", negated=True, wildcards=True),
    Operator("ArnLike", "ARN", "like", "is {values}", wildcards=True),
    Operator("ArnNotLike", "ARN", "like", "is not {values}", negated=True, wildcards=True),
    Operator("NumericEquals", "Numeric", "equal", "is {values}"),
    Operator("NumericNotEquals", "Numeric", "equal", "is not {values}", negated=True),
    Operator("NumericLessThan", "Numeric", "less", "is less than {values}"),
    Operator("NumericLessThanEquals", "Numeric", "at most", "is at most {values}"),
    Operator("NumericGreaterThan", "Numeric", "greater", "is greater than {values}"),
    Operator("NumericGreaterThanEquals", "Numeric", "at least", "is at least {values}"),
    Operator("DateEquals", "Date", "equal", "is {values}"),
    Operator("DateNotEquals", "Date", "equal", "is not {values}", negated=True),
    Operator("DateLessThan", "Date", "less", "is before {values}"),
    Operator("DateLessThanEquals", "Date", "at most", "is not after {values}"),
    Operator("DateGreaterThan", "Date", "greater", "is after {values}"),
    Operator("DateGreaterThanEquals", "Date", "at least", "is not before {values}"),
    Operator("Bool", "Bool", "equal", "is {values}"),
    Operator("BinaryEquals", "Binary", "equal", "is {values}"),
    Operator("IpAddress", "IPAddress", "inside", "is inside {values}"),
    Operator("NotIpAddress", "IPAddress", "inside", "is outside of {values}", negated=True),
    Operator("Null", "Null", "missing", "is {values}"),
)

OPERATORS = {operator.name.lower(): operator for operator in _ALL}
"""Lower-case name → operator; IAM ignores the case of operators."""


def find_operator(name: str) -> Operator | None:
    """The operator with a name in any case, without qualifier and `IfExists`; None if it does not exist."""
    return OPERATORS.get(name.lower())


def opposite(name: str) -> Operator | None:
    """The operator that matches exactly the values that another does not match; None if it does not exist."""
    operator = find_operator(name)
    if operator is None:
        return None
    if "Than" in operator.name:
        less, equals = "LessThan" in operator.name, operator.name.endswith("Equals")
        return find_operator(f"{operator.family}{'Greater' if less else 'Less'}Than{'' if equals else 'Equals'}")
    bare = operator.name.replace("Not", "")
    return next((o for o in _ALL if o.name.replace("Not", "") == bare and o.negated is not operator.negated), None)
