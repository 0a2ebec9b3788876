"""Policies in CloudFormation templates: also those of SAM, of the CDK (`cdk.out`), and in serverless.yml."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policygen.loader.aws_cli import is_statement, named_policies
from policygen.loader.found import Found
from policygen.loader.intrinsics import Resolver
from policygen.policy.model import Kind, escape
from policygen.policy.unknown import Unknown
from policygen.reference.policy_places import Place, places

_ORGANIZATIONS = {"SERVICE_CONTROL_POLICY": Kind.SCP, "RESOURCE_CONTROL_POLICY": Kind.RCP}
_VARIABLE = re.compile(r"\$\{(?!AWS::)")
"""A variable of the Serverless Framework, which leaves CloudFormation's pseudo parameters alone."""
_NO_VALUE = {"Ref": "AWS::NoValue"}
_INCLUDED = "Fn::Transform"
_OWNERS = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user", "AWS::IAM::Group": "group"}


def is_template(data: Any) -> bool:
    """Whether a file's data is a template: it has resources, each with a type such as `AWS::IAM::Role`."""
    resources = data.get("Resources") if isinstance(data, dict) else None
    if not isinstance(resources, dict):
        return False
    types = [item.get("Type") for item in resources.values() if isinstance(item, dict)]
    return any(isinstance(name, str) and "::" in name for name in types)


def is_serverless(data: Any) -> bool:
    """Whether a file's data is a serverless.yml: a service with a provider."""
    return isinstance(data, dict) and "service" in data and isinstance(data.get("provider"), dict)


def in_template(data: Mapping[str, Any], at: str = "") -> Iterator[Found]:
    """The policy documents of a template's resources."""
    mappings = data.get("Mappings")
    resources = data["Resources"]
    for logical_id, resource in resources.items():
        type_ = resource.get("Type") if isinstance(resource, dict) else None
        properties = resource.get("Properties") if isinstance(resource, dict) else None
        if not isinstance(type_, str) or not isinstance(properties, dict):
            continue
        base = f"{at}/Resources/{escape(logical_id)}/Properties"
        known = mappings if isinstance(mappings, dict) else {}
        if type_ not in places("cloudformation"):
            for one in named_policies(properties, base):
                name = f"resource/{logical_id}/{one.pointer.removeprefix(base).strip('/')}"
                yield from _documents(one.document, one.pointer, name, one.kind, known)
        elif _INCLUDED in properties:
            yield Found(Unknown(f"${{{_INCLUDED}}}"), base, f"{_OWNERS.get(type_, 'resource')}/{logical_id}")
        for place in places("cloudformation").get(type_, ()):
            kind = _ORGANIZATIONS.get(str(properties.get("Type"))) if place.of_organizations else place.kind
            for value, pointer in walk(properties, place.path, base):
                if type_.startswith("AWS::Serverless::") and not _is_meant(value):
                    continue
                name = f"{_OWNERS.get(type_, 'resource')}/{logical_id}/{_label(place, pointer, base)}"
                yield from _documents(value, pointer, name, kind, known)


def in_serverless(data: Mapping[str, Any]) -> Iterator[Found]:
    """The statements that a serverless.yml gives to the roles of its functions, and its own resources."""
    provider = data["provider"]
    lists = [
        (_under(provider, "iam", "role", "statements"), "/provider/iam/role/statements", "role/service"),
        (provider.get("iamRoleStatements"), "/provider/iamRoleStatements", "role/service"),
    ]
    functions = data.get("functions")
    for name, function in functions.items() if isinstance(functions, dict) else ():
        at = f"/functions/{escape(name)}"
        lists.append((_under(function, "iam", "role", "statements"), f"{at}/iam/role/statements", f"role/{name}"))
        lists.append((_under(function, "iamRoleStatements"), f"{at}/iamRoleStatements", f"role/{name}"))
    for statements, pointer, owner in lists:
        yield from _statements(statements, pointer, f"{owner}/statements", Kind.IDENTITY)
    gateway, at = _under(provider, "apiGateway", "resourcePolicy"), "/provider/apiGateway/resourcePolicy"
    yield from _statements(gateway, at, "resource/apiGateway", Kind.RESOURCE)
    resources = data.get("resources")
    for template, at in (
        [(one, f"/resources/{index}") for index, one in enumerate(resources)]
        if isinstance(resources, list)
        else [(resources, "/resources")]
    ):
        if isinstance(template, dict) and is_template(template):
            yield from in_template(template, at)


def _under(value: Any, *path: str) -> Any:
    """The value under some keys, None if there is none; a text in between is put in from another file."""
    for key in path:
        if isinstance(value, str):
            return value
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _statements(value: Any, pointer: str, name: str, kind: Kind) -> Iterator[Found]:
    """The policy around statements of a serverless.yml; its variables are known only at deployment."""
    if isinstance(value, list):
        yield wrapped(_with_variables(value), pointer, name, kind)
    elif isinstance(value, str) and _VARIABLE.search(value):
        yield Found(Unknown(value), pointer, name, kind)


def _with_variables(value: Any) -> Any:
    """A value in which each text with a variable of the Serverless Framework is unknown."""
    if isinstance(value, str):
        return Unknown(value) if _VARIABLE.search(value) else value
    if isinstance(value, list):
        return [*map(_with_variables, value)]
    return {key: _with_variables(item) for key, item in value.items()} if isinstance(value, dict) else value


def walk(value: Any, path: Sequence[str], pointer: str) -> Iterator[tuple[Any, str]]:
    """The values under a path, in which `*` is every item of a list, each with its JSON Pointer."""
    branches = value.get("Fn::If") if isinstance(value, dict) and path else None
    if isinstance(branches, list) and len(branches) == 3:
        for at in (1, 2):
            yield from walk(branches[at], path, f"{pointer}/Fn::If/{at}")
    elif not path:
        yield value, pointer
    elif path[0] == "*" and isinstance(value, dict) and len(value) == 1 and value != _NO_VALUE:
        yield value, pointer  # a list that a function gives is known only at deployment
    elif path[0] == "*":
        for index, item in enumerate(value) if isinstance(value, list) else ():
            yield from walk(item, path[1:], f"{pointer}/{index}")
    elif isinstance(value, dict) and path[0] in value:
        yield from walk(value[path[0]], path[1:], f"{pointer}/{escape(path[0])}")


def wrapped(statements: Sequence[Any], pointer: str, name: str, kind: Kind) -> Found:
    """Statements, as some formats have them, with the policy around them that they end up in."""
    resolver = Resolver({}, {"/Statement": pointer})
    listed = resolver.resolve(list(statements), "/Statement", pointer)
    return Found({"Version": "2012-10-17", "Statement": listed}, pointer, name, kind, "", resolver.moved)


def _documents(value: Any, pointer: str, name: str, kind: Kind | None, mappings: Mapping[str, Any]) -> Iterator[Found]:
    """The documents under a property: one, its text, one statement, or each branch of a condition."""
    if is_statement(value):
        resolver = Resolver(mappings, {"": pointer, "/Statement": pointer})
        document = {"Version": "2012-10-17", "Statement": resolver.resolve(value, "/Statement", pointer)}
        yield Found(document, pointer, name, kind, "", resolver.moved)
    elif (
        isinstance(value, dict) and value != _NO_VALUE and any(key == "Ref" or key.startswith("Fn::") for key in value)
    ):
        yield from _computed(value, pointer, name, kind, mappings)
    elif isinstance(value, dict) and value != _NO_VALUE:
        resolver = Resolver(mappings, {"": pointer})
        yield Found(resolver.resolve(value, "", pointer), pointer, name, kind, "", resolver.moved)
    elif value != _NO_VALUE and value is not None:
        yield Found(value, pointer, name, kind)


def _is_meant(value: Any) -> bool:
    """Whether SAM's `Policies` has a document in a place: it may also have names and templates of policies."""
    if isinstance(value, dict):
        return (
            "Statement" in value or "Version" in value or any(key == "Ref" or key.startswith("Fn::") for key in value)
        )
    return isinstance(value, str) and value.lstrip().startswith("{")


def _computed(value: Any, pointer: str, name: str, kind: Kind | None, mappings: Mapping[str, Any]) -> Iterator[Found]:
    """The document that a function gives: each branch of a condition, a text in which something may be unknown."""
    branches = value.get("Fn::If")
    if isinstance(branches, list) and len(branches) == 3:
        for at in (1, 2):
            yield from _documents(branches[at], f"{pointer}/Fn::If/{at}", name, kind, mappings)
        return
    document = Resolver(mappings).resolve(value)
    yield Found(document if isinstance(document, str) else Unknown(name), pointer, name, kind)


def _label(place: Place, pointer: str, base: str) -> str:
    """What a policy is called inside of its resource."""
    return "trust" if place.kind is Kind.TRUST else pointer.removeprefix(base).strip("/")
