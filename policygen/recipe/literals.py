"""The parameters that a policy suggests: resources, accounts, organizations and regions that it names."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policygen.policy.arn import parse
from policygen.policy.model import Policy
from policygen.recipe.formats import problem
from policygen.reference.resource_arns import needs, resource_arn, resource_fault, type_fault
from policygen.reference.services import resource_types

OPEN, CLOSE = "\ue000", "\ue001"
"""What is around the name of a parameter in the document; IAM accepts neither character in a policy."""

_WORDS = {"org_id": "The id of the organization.", "account_id": "Another account.", "regions": "The regions."}


@dataclass
class Found:
    """The parameters found so far: name → declaration, whose default is what the policy says."""

    account: str | None
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)

    def parameter(self, base: str, declaration: Mapping[str, Any]) -> str:
        """The mark of a parameter with this declaration, under the first name that is free."""
        name, number = base, 1
        while self.declared.get(name, declaration) != declaration:
            number += 1
            name = f"{base}_{number}"
        self.declared[name] = dict(declaration)
        return f"{OPEN}{name}{CLOSE}"


def with_parameters(policy: Policy, account: str | None) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The document with a mark in place of each literal that can be a parameter, and their declarations by name.

    The account of the policy becomes `account` elsewhere. The default of each parameter is the literal, so that the
    policy rendered without parameters is the same. A `regions` parameter is a list, and its mark a whole value.
    """
    found = Found(account)
    regions = {
        arn.region for text in _resources(policy) if (arn := parse(text)) and problem("region", arn.region) == ""
    }
    region = regions.pop() if len(regions) == 1 else ""

    def marked(statement: Any) -> Any:
        if not isinstance(statement, dict):
            return statement
        return {
            element: _element(element, value, lambda text: _resource(text, found, region), found)
            for element, value in statement.items()
        }

    statements = policy.document.get("Statement", [])
    statements = [marked(one) for one in statements] if isinstance(statements, list) else marked(statements)
    if region and any("region" in needs(d["resource_type"]) for d in found.declared.values() if "resource_type" in d):
        one = {"type": "string", "format": "region-or-any", "default": region}
        found.declared["region"] = {**one, "description": "The region of the resources."}
    return {**policy.document, "Statement": statements}, found.declared


def _resources(policy: Policy) -> Iterator[str]:
    for statement in policy.statements:
        yield from (entry.value for entry in statement.resources)


def _element(element: str, value: Any, resource: Callable[[str], str], found: Found) -> Any:
    if element in ("Resource", "NotResource"):
        return _mapped(value, resource)
    if element in ("Principal", "NotPrincipal"):
        return _mapped(value, lambda text: _account(text, found))
    if element == "Condition" and isinstance(value, dict):
        return {operator: _condition(keys, found) for operator, keys in value.items()}
    return value


def _condition(keys: Any, found: Found) -> Any:
    if not isinstance(keys, dict):
        return keys
    values = {}
    for key, value in keys.items():
        listed = value if isinstance(value, list) else [value]
        if key.lower() == "aws:requestedregion" and all(
            isinstance(v, str) and not problem("region", v) for v in listed
        ):
            items = {"type": "string", "format": "region"}
            declared = {"type": "array", "items": items, "minItems": 1, "default": listed}
            values[key] = found.parameter("regions", {**declared, "description": _WORDS["regions"]})
        else:
            values[key] = _mapped(value, lambda text: _organization(_account(text, found), found))
    return values


def _organization(text: str, found: Found) -> str:
    return text if problem("org-id", text) else found.parameter("org_id", _text("org_id", "org-id", text))


def _account(text: str, found: Found) -> str:
    """The text with the account in place of which another can be named: the whole text, or the one in an ARN."""
    arn = parse(text)
    number = arn.account if arn else text
    if not re.fullmatch(r"[0-9]{12}", number) or number == found.account:
        return text
    mark = found.parameter("account_id", _text("account_id", "account-id", number))
    return str(arn._replace(account=mark)) if arn else mark


def _text(name: str, format_: str, default: str) -> dict[str, Any]:
    return {"type": "string", "format": format_, "default": default, "description": _WORDS[name]}


def _resource(text: str, found: Found, region: str) -> str:
    """The entry with a parameter for the longest part of it, up to a `/` or `:`, that is the ARN of one resource."""
    arn = parse(text)
    if arn is None or arn.account not in ("", found.account) or arn.region not in ("", region):
        return _account(text, found)
    if found.account and found.account in arn.resource:
        return text  # the name follows from the account
    ends = [len(text), *(cut.start() for cut in re.finditer("[/:]", text))]
    for end in sorted(ends, reverse=True):
        for kind in resource_types(arn.service):
            name = _name(f"{arn.service}:{kind}", text[:end])
            # what follows may be a part of the name, as in `role/path/*`
            if name and (end == len(text) or resource_fault(f"{arn.service}:{kind}", f"{name}{text[end]}x")):
                declared = {"type": "resource", "resource_type": f"{arn.service}:{kind}", "default": name}
                what = kind.replace("-", "_")
                mark = found.parameter(what, {**declared, "description": f"The {kind.replace('-', ' ')}."})
                return f"{mark}{text[end:]}"
    return text


def _name(resource_type: str, text: str) -> str:
    """The name in an ARN of a type that is then built again from it; "" if it is not one."""
    arn = parse(text)
    if arn is None or type_fault(resource_type) or resource_fault(resource_type, text):
        return ""
    for cut in range(len(arn.resource)):
        name = arn.resource[cut:]
        if not resource_fault(resource_type, name):
            own = resource_arn(resource_type, name, partition=arn.partition, region=arn.region, account=arn.account)
            if own == text:
                return name
    return ""


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return {key: _mapped(item, change) for key, item in value.items()} if isinstance(value, dict) else value
