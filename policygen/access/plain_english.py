"""A statement in plain English, for people who would rather not read JSON."""

import json
from collections.abc import Iterable

from policygen.policy.model import Condition, Element, Statement
from policygen.policy.principals import principals
from policygen.reference.operators import find_operator

_QUALIFIERS = {"forallvalues": "every value of ", "foranyvalue": "some value of "}


def describe(statement: Statement) -> str:
    """Effect, actions, resources, principals, conditions: `Allows s3:GetObject on arn:…, to everyone, if … is true`."""
    effect = {"Allow": "Allows", "Deny": "Denies"}.get(statement.effect, statement.effect or "?")
    return f"{effect} {actions_in_words(statement)}{scope_in_words(statement)}"


def scope_in_words(statement: Statement) -> str:
    """What follows the actions: ` on arn:…, to everyone, if … is true`.

    Principals are named only if the statement names them; resources are left out for trust policies.
    """
    conditions = conditions_in_words(statement)
    named = "Principal" in statement.body or "NotPrincipal" in statement.body
    trust = named and not {"Resource", "NotResource"} & statement.body.keys()
    where = "" if trust else f" on {resources_in_words(statement)}"
    who = f", {'to' if statement.allows else 'for'} {principals_in_words(statement)}" if named else ""
    return f"{where}{who}" + (f", if {conditions}" if conditions else "")


def actions_in_words(statement: Statement) -> str:
    """The actions: `s3:GetObject and s3:PutObject`, `every action except iam:*`."""
    return _which(statement.actions, statement.not_actions, "every action")


def resources_in_words(statement: Statement) -> str:
    """The resources: `arn:aws:s3:::a and arn:aws:s3:::b`, `every resource except arn:…`."""
    return _which(statement.resources, statement.not_resources, "every resource")


def conditions_in_words(statement: Statement) -> str:
    """The conditions: `aws:SourceIp is outside of 203.0.113.0/24 or missing`; "" if there are none."""
    return " and ".join(map(_condition, statement.conditions))


def principals_in_words(statement: Statement) -> str:
    """The principals that a statement names: `everyone`, `arn:… and arn:…`, `nobody`."""
    named, left_out = (_principal_names(statement, name) for name in ("Principal", "NotPrincipal"))
    if left_out:
        return f"everyone except {_list(left_out, 'and')}"
    return "everyone" if "*" in named else _list(named, "and") or "nobody"


def _principal_names(statement: Statement, element: str) -> list[str]:
    """The principals of all types; `{"AWS": "*"}` means everyone, as `"*"` does, but `{"Service": "*"}` does not."""
    return [
        f"every {entry.key} principal" if entry.value == "*" and entry.key not in ("", "AWS") else entry.value
        for entry in principals(statement, element)
    ]


def _which(named: Iterable[Element], left_out: Iterable[Element], everything: str) -> str:
    values = [str(element.value) for element in named]
    exceptions = [str(element.value) for element in left_out]
    if exceptions:
        return f"{everything} except {_list(exceptions, 'and')}"
    return everything if "*" in values or not values else _list(values, "and")


def _condition(condition: Condition) -> str:
    operator, key = find_operator(condition.operator), condition.key
    values = [v.value if isinstance(v.value, str) else json.dumps(v.value) for v in condition.values]
    if operator and operator.family == "Null":
        return f"{key} is {'missing' if values == ['true'] else 'present'}"
    negated = operator is not None and operator.negated
    words = operator.words if operator else f"{condition.operator} {{values}}"
    phrase = words.format(values=_list(values, "nor" if negated else "or"))
    # a negated operator also matches a missing key; with ForAnyValue it never does
    missing = condition.if_exists or (negated and condition.qualifier.lower() != "foranyvalue")
    return f"{_QUALIFIERS.get(condition.qualifier.lower(), '')}{key} {phrase}{' or missing' if missing else ''}"


def _list(words: list[str], conjunction: str) -> str:
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}" if len(words) > 1 else "".join(words)
