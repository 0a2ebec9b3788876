"""Mutants: a policy with one mistake in it, to see whether the cases would notice.

Source of the kinds of mistake: the ways in which published IAM policies went wrong, and what a slip of the hand does.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policygen.policy.model import Policy, Statement
from policygen.reference.operators import opposite

Body = dict[str, Any]
_LISTS = ("Action", "NotAction", "Resource", "NotResource")


@dataclass(frozen=True)
class Mutant:
    """A changed policy, and what was changed in which statement."""

    change: str
    """`DenyAllWithoutMFA: Bool for BoolIfExists`, say."""
    policy: Policy


def mutants(policy: Policy) -> Iterator[Mutant]:
    """The policies with one mistake of these kinds in them."""
    for statement in policy.statements:
        name = statement.sid or statement.pointer
        yield Mutant(f"{name}: left out", _without(policy, statement))
        for change, body in _changes(statement.body):
            yield Mutant(f"{name}: {change}", _with(policy, statement, body))


def _changes(body: Body) -> Iterator[tuple[str, Body]]:
    yield "the other effect", body | {"Effect": "Deny" if body["Effect"] == "Allow" else "Allow"}
    for element in _LISTS:
        if element in body:
            yield from _list_changes(body, element)
    for text, keys in body.get("Condition", {}).items():
        for key in keys:
            yield from _condition_changes(body, text, key)


def _list_changes(body: Body, element: str) -> Iterator[tuple[str, Body]]:
    values = _listed(body[element])
    wide = _everything if element.endswith("Resource") else _service
    if len(values) > 1:
        yield f"only the first {element}", body | {element: values[:1]}
        for value in values:
            yield f"{element} without {value}", body | {element: [other for other in values if other != value]}
    if values != ["*"]:
        yield f"every {element}", body | {element: ["*"]}
    for index, value in enumerate(values):
        if (wider := wide(value)) not in values:
            yield f"{element} {wider} for {value}", body | {element: [*values[:index], wider, *values[index + 1 :]]}


def _condition_changes(body: Body, text: str, key: str) -> Iterator[tuple[str, Body]]:
    values = _listed(body["Condition"][text][key])
    where = f"{text} {key}"
    yield f"without {where}", _condition(body, text, key, None)
    if len(values) > 1:
        for value in values:
            yield f"{where} without {value}", _condition(body, text, key, [other for other in values if other != value])
    for index, value in enumerate(values):
        for other in _other_values(text, value):
            yield (
                f"{where} {other} for {value}",
                _condition(body, text, key, [*values[:index], other, *values[index + 1 :]]),
            )
    if text.endswith("IfExists"):
        yield f"{where} without IfExists", _condition(body, text, key, values, text.removesuffix("IfExists"))
    if opposite := _opposite(text):
        yield f"{opposite} for {where}", _condition(body, text, key, values, opposite)


def _other_values(text: str, value: Any) -> Iterator[str]:
    """Numbers one up and one down, the other truth value."""
    plain = str(value).lower()
    if "Numeric" in text and plain.lstrip("-").isdigit():
        yield str(int(plain) + 1)
        yield str(int(plain) - 1)
    elif plain in ("true", "false"):
        yield "false" if plain == "true" else "true"


def _opposite(text: str) -> str:
    """The operator as written, with its prefix and suffix, replaced by its opposite; "" if it has none."""
    name = text.rpartition(":")[2].removesuffix("IfExists")
    return text.replace(name, other.name) if (other := opposite(name)) else ""


def _condition(body: Body, text: str, key: str, values: list[Any] | None, operator: str = "") -> Body:
    """The statement with other values under a key, under another operator, or (None) without the key."""
    changed = copy.deepcopy(body)
    conditions = changed["Condition"]
    del conditions[text][key]
    if not conditions[text]:
        del conditions[text]
    if values is not None:
        conditions.setdefault(operator or text, {})[key] = values
    if not conditions:
        del changed["Condition"]
    return changed


def _everything(resource: str) -> str:
    """An ARN that no longer says which one of its type: `arn:aws:iam::123456789012:user/*`."""
    head, slash, _ = resource.rpartition("/")
    return f"{head}/*" if slash else "*"


def _service(action: str) -> str:
    """Every action of the service."""
    return action.partition(":")[0] + ":*" if ":" in action else "*"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _without(policy: Policy, statement: Statement) -> Policy:
    return _policy(policy, [other.body for other in policy.statements if other is not statement])


def _with(policy: Policy, statement: Statement, body: Body) -> Policy:
    return _policy(policy, [body if other is statement else other.body for other in policy.statements])


def _policy(policy: Policy, statements: list[Body]) -> Policy:
    document: Mapping[str, Any] = {**policy.document, "Statement": statements}
    return Policy(dict(document), policy.kind, name=policy.name)
