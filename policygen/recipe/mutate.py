"""Mutants: copies of a policy with one mistake each, to see whether the cases would notice.

The kinds of mistake are those of published IAM policies, and simple slips.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policygen.policy.arn import parse
from policygen.policy.model import Policy, Statement
from policygen.reference.operators import opposite
from policygen.reference.services import expand

Body = dict[str, Any]
_LISTS = ("Action", "NotAction", "Resource", "NotResource")


@dataclass(frozen=True)
class Mutant:
    """A changed policy, and the change, such as `DenyAllWithoutMFA: Bool for BoolIfExists`."""

    change: str
    policy: Policy


def mutants(policy: Policy) -> Iterator[Mutant]:
    """The mutants of a policy, statement by statement."""
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
    for change, named in _principal_changes(body.get("Principal")):
        yield change, body | {"Principal": named}
    for text, keys in body.get("Condition", {}).items():
        for key in keys:
            yield from _condition_changes(body, text, key)


def _list_changes(body: Body, element: str) -> Iterator[tuple[str, Body]]:
    values = _listed(body[element])
    wide = _everything if element.endswith("Resource") else _service
    if len(values) > 1:
        for value in values:
            yield f"{element} without {value}", body | {element: [other for other in values if other != value]}
    if values != ["*"]:
        yield f"every {element}", body | {element: ["*"]}
    for wider in dict.fromkeys(map(wide, values)):
        if wider not in values and wider != "*" and not _is_all_of(values, wider):
            rest = [value for value in values if wide(value) != wider]
            yield f"{element} widened to {wider}", body | {element: [wider, *rest]}


def _principal_changes(named: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(named, dict):
        return
    yield "every Principal", "*"
    for kind, values in ((kind, _listed(values)) for kind, values in named.items()):
        for value in values if len(values) > 1 else ():
            yield f"Principal without {value}", named | {kind: [other for other in values if other != value]}
        for account in dict.fromkeys(map(_whole_account, values)) if kind == "AWS" else ():
            if account and account not in values:
                rest = [value for value in values if _whole_account(value) != account]
                yield f"Principal widened to {account}", named | {kind: [account, *rest]}


def _condition_changes(body: Body, text: str, key: str) -> Iterator[tuple[str, Body]]:
    values = _listed(body["Condition"][text][key])
    where = f"{text} {key}"
    yield f"without {where}", _condition(body, text, key, None)
    if len(values) > 1:
        for value in values:
            yield f"{where} without {value}", _condition(body, text, key, [other for other in values if other != value])
    for index, value in enumerate(values):
        for other in _other_values(text, value):
            changed = [*values[:index], other, *values[index + 1 :]]
            yield f"{where} {other} for {value}", _condition(body, text, key, changed)
    if text.endswith("IfExists"):
        yield f"{where} without IfExists", _condition(body, text, key, values, text.removesuffix("IfExists"))
    if opposite := _opposite(text):
        yield f"{opposite} for {where}", _condition(body, text, key, values, opposite)


def _other_values(text: str, value: Any) -> Iterator[str]:
    """A number plus and minus one, or the opposite boolean."""
    plain = str(value).lower()
    if "Numeric" in text and plain.lstrip("-").isdigit():
        yield str(int(plain) + 1)
        yield str(int(plain) - 1)
    elif plain in ("true", "false"):
        yield "false" if plain == "true" else "true"


def _opposite(text: str) -> str:
    """The opposite operator, with the same qualifier and `IfExists`; "" if there is none."""
    name = text.rpartition(":")[2].removesuffix("IfExists")
    return text.replace(name, other.name) if (other := opposite(name)) else ""


def _condition(body: Body, text: str, key: str, values: list[Any] | None, operator: str = "") -> Body:
    """The statement with other values for a key, with another operator for it, or (None) without it."""
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
    """The ARN of every resource of the same type: `arn:aws:iam::123456789012:user/*`."""
    head, slash, _ = resource.rpartition("/")
    return f"{head}/*" if slash else "*"


def _whole_account(principal: str) -> str:
    """The ARN that means every principal of the account of a user or role; "" for other principals."""
    arn = parse(principal)
    return f"arn:{arn.partition}:iam::{arn.account}:root" if arn and arn.account else ""


def _is_all_of(actions: list[Any], service: str) -> bool:
    """Whether the actions are all that AWS has of a service (`rds-db:*`)."""
    named = {str(action).lower() for action in actions}
    return service.endswith(":*") and named >= {str(action).lower() for action in expand(service)}


def _service(action: str) -> str:
    return action.partition(":")[0] + ":*" if ":" in action else "*"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _without(policy: Policy, statement: Statement) -> Policy:
    return _policy(policy, [other.body for other in policy.statements if other is not statement])


def _with(policy: Policy, statement: Statement, body: Body) -> Policy:
    return _policy(policy, [body if other is statement else other.body for other in policy.statements])


def _policy(policy: Policy, statements: list[Body]) -> Policy:
    return Policy({**policy.document, "Statement": statements}, policy.kind, name=policy.name)
