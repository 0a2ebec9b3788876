"""Policies in what Terraform prints and keeps as JSON: `terraform show -json` of a plan or a state, and state files."""

from collections.abc import Iterator, Mapping
from typing import Any

from policygen.errors import PolicygenError
from policygen.loader.cloudformation import walk
from policygen.loader.found import Found
from policygen.policy.model import Kind
from policygen.policy.unknown import Unknown
from policygen.reference.policy_places import Place, places

_ORGANIZATIONS = {"SERVICE_CONTROL_POLICY": Kind.SCP, "RESOURCE_CONTROL_POLICY": Kind.RCP}
_OWNERS = {
    "aws_iam_role": ("role", "name"),
    "aws_iam_role_policy": ("role", "role"),
    "aws_iam_user_policy": ("user", "user"),
    "aws_iam_group_policy": ("group", "group"),
}
"""Type of resource → kind of the policy's owner, and the attribute that names it."""


def is_terraform(data: Any) -> bool:
    """Whether a file's data is a plan or a state, in any of the three forms."""
    return isinstance(data, dict) and "terraform_version" in data


def in_terraform(data: Mapping[str, Any]) -> Iterator[Found]:
    """The policy documents of the resources; of a plan, as they will be after it.

    Raises PolicygenError for the forms of Terraform before 0.12.
    """
    form = next((key for key in _FORMS if key in data), None)
    if form is None:
        raise PolicygenError("a plan or state of another version of Terraform; give what `terraform show -json` prints")
    unknown = {
        change.get("address"): change["change"].get("after_unknown")
        for change in data.get("resource_changes") or ()
        if isinstance(change, dict) and isinstance(change.get("change"), dict)
    }
    for type_, address, values, pointer in _FORMS[form](data[form], f"/{form}"):
        for place in places("terraform").get(type_, ()):
            yield from _documents(type_, address, values, pointer, place, unknown.get(address))


def owner(type_: str, address: str, values: Mapping[str, Any]) -> str:
    """Who has the policies of a resource: `role/app`, or the resource itself."""
    kind, attribute = _OWNERS.get(type_, ("resource", ""))
    named = values.get(attribute)
    return f"{kind}/{named if isinstance(named, str) and not isinstance(named, Unknown) else address}"


def kind_of(place: Place, values: Mapping[str, Any]) -> Kind | None:
    """What the place of a policy makes of it; a policy of Organizations is an SCP unless its type says otherwise."""
    return _ORGANIZATIONS.get(str(values.get("type") or "SERVICE_CONTROL_POLICY")) if place.kind is None else place.kind


def _documents(
    type_: str, address: str, values: Mapping[str, Any], pointer: str, place: Place, unknown: Any
) -> Iterator[Found]:
    name = f"{owner(type_, address, values)}/{'trust' if place.kind is Kind.TRUST else '/'.join(place.path)}"
    found = list(walk(dict(values), place.path, pointer))
    for value, at in found:
        if isinstance(value, str) and value:
            yield Found(value, at, name, kind_of(place, values))
    if not any(value for value, _ in found) and any(known is True for known, _ in walk(unknown, place.path, "")):
        yield Found(Unknown(f"${{{address}}}"), pointer, name, kind_of(place, values))


def _module(module: Any, at: str) -> Iterator[tuple[str, str, Mapping[str, Any], str]]:
    """Type, address, values and place of every resource of a module and of those that it calls."""
    resources, children = module.get("resources"), module.get("child_modules")
    for index, resource in enumerate(resources if isinstance(resources, list) else ()):
        values = resource.get("values") if isinstance(resource, dict) else None
        if isinstance(values, dict) and resource.get("mode") == "managed":
            yield str(resource.get("type")), str(resource.get("address")), values, f"{at}/resources/{index}/values"
    for index, child in enumerate(children if isinstance(children, list) else ()):
        if isinstance(child, dict):
            yield from _module(child, f"{at}/child_modules/{index}")


def _shown(values: Any, at: str) -> Iterator[tuple[str, str, Mapping[str, Any], str]]:
    root = values.get("root_module") if isinstance(values, dict) else None
    if isinstance(root, dict):
        yield from _module(root, f"{at}/root_module")


def _state(resources: Any, at: str) -> Iterator[tuple[str, str, Mapping[str, Any], str]]:
    for number, resource in enumerate(resources if isinstance(resources, list) else ()):
        if not isinstance(resource, dict) or resource.get("mode") != "managed":
            continue
        address = ".".join(filter(None, (resource.get("module"), resource.get("type"), resource.get("name"))))
        instances = resource.get("instances")
        for index, instance in enumerate(instances if isinstance(instances, list) else ()):
            values = instance.get("attributes") if isinstance(instance, dict) else None
            if isinstance(values, dict):
                place = f"{at}/{number}/instances/{index}/attributes"
                yield str(resource.get("type")), address, values, place


_FORMS = {"planned_values": _shown, "values": _shown, "resources": _state}
"""Key of the data → how the resources under it are walked: a plan, a state as it is shown, a state file."""
