"""Where iam-simulate 0.1.173 decides otherwise than IAM, as rules: a difference counts only where none applies.

Each rule looks at one place of a question: an action pattern, a resource pattern, or a value of a condition.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from policygen.evaluate.operators import moment, network

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_NEGATED = re.compile(r"Not", re.IGNORECASE)


class Place(NamedTuple):
    """One entry of a policy, as a rule looks at it."""

    kind: str
    """`action`, `resource` or `condition`."""
    entry: str
    """The pattern, or one value of the condition."""
    operator: str
    """Qualifier, operator and `IfExists`, in lower case; for patterns "not" in the Not elements, else ""."""
    given: list[str] | None
    """What the request has for the key; None where it is absent."""
    version: str
    context: dict[str, Any]


class Fault(NamedTuple):
    """One known fault."""

    name: str
    applies: Callable[[Place], bool]


def explaining(question: dict[str, Any]) -> list[str]:
    """The names of the faults that a question meets."""
    places = list(_places(question))
    names = [fault.name for fault in FAULTS if any(fault.applies(place) for place in places)]
    if "*" in question["request"]["resource"]:
        names.append("request-with-a-wildcard")
    if "session_policy" in question and question["request"]["principal"] in json.dumps(question.get("resource_policy")):
        names.append("session-policy-caps-a-session-named-directly")
    trusts = question["request"]["action"] == "sts:AssumeRole" and "resource_policy" not in question
    return [*names, "role-without-a-trust-policy"] if trusts else names


def _places(question: dict[str, Any]) -> Iterator[Place]:
    request = question["request"]
    context = {key.lower(): value for key, value in request["context"].items()}
    documents = [*question["policies"], question.get("boundary"), question.get("session_policy")]
    documents += [policy for level in question.get("scps", []) for policy in level]
    for document in filter(None, documents):
        version = document.get("Version", "2008-10-17")
        statements = document["Statement"]
        for statement in [statements] if isinstance(statements, dict) else statements:
            yield from _statement_places(statement, version, context)


def _statement_places(statement: dict[str, Any], version: str, context: dict[str, Any]) -> Iterator[Place]:
    for kind, names in (("action", ("Action", "NotAction")), ("resource", ("Resource", "NotResource"))):
        for entry in _list(statement.get(names[0], statement.get(names[1]))):
            yield Place(kind, entry, "" if names[0] in statement else "not", None, version, context)
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            given = context.get(key.lower())
            for value in _list(values):
                found = None if given is None else _list(given)
                yield Place("condition", value, operator.lower(), found, version, context)


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _unresolved(place: Place) -> bool:
    names = [match[1] for match in _VARIABLE.finditer(place.entry) if match[1] not in "*?$"]
    return any(not isinstance(place.context.get(name.lower()), str) for name in names if "," not in name)


def _about(place: Place, family: str) -> bool:
    return place.kind == "condition" and family in place.operator


def _any(place: Place, test: Callable[[str], bool]) -> bool:
    return any(map(test, place.given or []))


def _mixed_time_lines(place: Place) -> bool:
    return any(("-" in text) != ("-" in place.entry) for text in place.given or [])


def _empty_variable(place: Place) -> bool:
    names = [match[1].partition(",")[0] for match in _VARIABLE.finditer(place.entry)]
    return any(place.context.get(name.lower()) == "" for name in names)


FAULTS = [
    Fault("empty-text-is-no-value", _empty_variable),
    Fault("for-all-values-of-an-empty-text", lambda p: p.operator.startswith("forallvalues") and p.given == [""]),
    Fault("escape-under-string-equals", lambda p: _about(p, "string") and "equals" in p.operator and "${*}" in p.entry),
    Fault("regex-in-action", lambda p: p.kind == "action" and bool(re.search(r"[.\[]", p.entry))),
    Fault("variables-in-version-2008", lambda p: p.version == "2008-10-17" and "${" in p.entry),
    Fault(
        "colon-of-a-variable-splits-the-arn",
        lambda p: p.kind == "resource" and p.entry.startswith("arn:aws:sqs") and "${" in p.entry,
    ),
    Fault(
        "short-arn-in-not-resource",
        lambda p: p.kind == "resource" and p.operator == "not" and 0 < p.entry.count(":") < 5,
    ),
    Fault("type-of-a-resource-must-be-literal", lambda p: p.kind == "resource" and p.entry.endswith(":*/*")),
    Fault("unresolved-variable-under-a-negation", lambda p: "not" in p.operator and _unresolved(p)),
    Fault("prefix-zero", lambda p: _about(p, "ipaddress") and p.entry == "0.0.0.0/0"),
    Fault("invalid-value-under-a-negation", lambda p: _about(p, "notipaddress") and network(p.entry) is None),
    Fault(
        "bare-address-of-another-family-or-spelling",
        lambda p: (
            _about(p, "ipaddress")
            and "/" not in p.entry
            and _any(p, lambda text: (":" in text) != (":" in p.entry) or ("::" in text) != ("::" in p.entry))
        ),
    ),
    Fault(
        "numbers-read-as-far-as-they-go",
        lambda p: (
            _about(p, "numeric") and any(not re.fullmatch(r"-?\d+", text) for text in [p.entry, *(p.given or [])])
        ),
    ),
    Fault("epoch-seconds-and-iso-dates-on-two-lines", lambda p: _about(p, "date") and _mixed_time_lines(p)),
    Fault("invalid-date-under-a-negation", lambda p: _about(p, "datenot") and moment(p.entry) is None),
    Fault(
        "for-any-value-if-exists",
        lambda p: p.operator.startswith("foranyvalue") and p.operator.endswith("ifexists") and not p.given,
    ),
    Fault(
        "bool-of-another-word",
        lambda p: (
            _about(p, "bool") and any(text.lower() not in ("true", "false") for text in [p.entry, *(p.given or [])])
        ),
    ),
    Fault(
        "text-that-is-no-arn-under-a-negation",
        lambda p: _about(p, "arnnot") and any(text.count(":") < 5 for text in [p.entry, *(p.given or [])]),
    ),
]
