"""The policies in what the AWS CLI prints, and in a bare policy document."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policygen.loader.found import Found
from policygen.policy.arn import parse
from policygen.policy.model import Kind, escape

_ORGANIZATIONS = {"SERVICE_CONTROL_POLICY": Kind.SCP, "RESOURCE_CONTROL_POLICY": Kind.RCP}
_OWNERS = {"UserName": "user", "GroupName": "group", "RoleName": "role", "VpcEndpointId": "vpc-endpoint"}
_ENTITIES = ("Role", "Roles", "UserDetailList", "GroupDetailList", "RoleDetailList")
_CURRENT = "2012-10-17"
_ABOUT = frozenset(("Action", "NotAction"))
_NAMED = re.compile(r"polic|document|content", re.IGNORECASE)
_IS_DOCUMENT = re.compile(r"\s*(?:\{|%7B)(?=.*Statement)", re.IGNORECASE | re.DOTALL)
_DEEPEST = 6
_PASSED_OVER = frozenset(("StackPolicyBody", "oldState"))
"""CloudFormation's stack policies, which have actions of their own (`Update:*`), and what `pulumi preview` replaces."""
_INLINE = ("UserPolicyList", "GroupPolicyList", "RolePolicyList")


def in_output(data: Any, at: str = "") -> Iterator[Found]:
    """The policy documents of a JSON value: itself, those in what a call of AWS's API gives, and those of a list."""
    if isinstance(data, list) and data and all(map(is_statement, data)):
        yield Found({"Version": _CURRENT, "Statement": data}, at, moved={"": at, "/Statement": at})
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from in_output(item, f"{at}/{index}")
    elif isinstance(data, str):
        yield from _policy(data, at)
    elif isinstance(data, dict) and is_document(data):
        yield Found(data, at)
    elif isinstance(data, dict) and is_statement(data):
        yield Found({"Version": _CURRENT, "Statement": data}, at, moved={"": at, "/Statement": at})
    elif isinstance(data, dict):
        found = list(_output(data, at))
        yield from found or named_policies(data, at)


def _output(data: dict[str, Any], at: str) -> Iterator[Found]:
    """What a call of AWS's API gives."""
    if isinstance(data.get("PolicyVersion"), dict):
        yield from _version(data["PolicyVersion"], f"{at}/PolicyVersion")
    elif "PolicyDocument" in data:
        yield from _inline(data, at, _owner(data))
    elif "AssumeRolePolicyDocument" in data:
        yield from _role(data, at)
    elif "Policy" in data:
        yield from _policy(data["Policy"], f"{at}/Policy")
    for key in _ENTITIES:
        yield from _entities(data.get(key), f"{at}/{key}")
    for index, policy in _objects(data.get("Policies")):
        yield from _managed(policy, f"{at}/Policies/{index}")
    for index, endpoint in _objects(data.get("VpcEndpoints")):
        if "PolicyDocument" in endpoint:
            yield from _inline(endpoint, f"{at}/VpcEndpoints/{index}", _owner(endpoint))


def named_policies(data: Mapping[str, Any], at: str, depth: int = 0, *, within: bool = False) -> Iterator[Found]:
    """The documents under any key that speaks of a policy: `policyText` of ECR, `Attributes.Policy` of SQS and others.

    `within` says that a key above does.
    """
    if "PolicySummary" in data:
        yield from _of_organizations(data, at)
        return
    for key, value in data.items():
        place, named = f"{at}/{escape(key)}", within or bool(_NAMED.search(key))
        items = [(f"{place}/{index}", item) for index, item in enumerate(value)] if isinstance(value, list) else []
        for where, item in [(place, value), *items] if key not in _PASSED_OVER else ():
            if named and (_is_text(item) or (isinstance(item, dict) and is_document(item))):
                yield Found(item, where)
            elif isinstance(item, dict) and depth < _DEEPEST:
                yield from named_policies(item, where, depth + 1, within=named)


def _is_text(value: Any) -> bool:
    """Whether a value is the text of a policy document."""
    return isinstance(value, str) and bool(_IS_DOCUMENT.match(value))


def is_statement(value: Any) -> bool:
    """Whether an object is a statement without a policy around it."""
    return isinstance(value, dict) and value.get("Effect") in ("Allow", "Deny") and bool(_ABOUT & value.keys())


def is_document(data: dict[str, Any]) -> bool:
    """Whether an object is meant to be a policy document itself."""
    return "Statement" in data or data.get("Version") in ("2012-10-17", "2008-10-17")


def is_answer(data: Any) -> bool:
    """Whether the policies of a JSON value are inside of something that AWS's API gives."""
    items = data if isinstance(data, list) else [data]
    return not all(isinstance(item, dict) and (is_document(item) or is_statement(item)) for item in items)


def _version(version: dict[str, Any], at: str, name: str = "") -> Iterator[Found]:
    if "Document" in version:
        yield Found(version["Document"], f"{at}/Document", name)


def _inline(policy: dict[str, Any], at: str, owner: str) -> Iterator[Found]:
    name = "/".join(filter(None, (owner, _text(policy.get("PolicyName")))))
    yield Found(policy.get("PolicyDocument"), f"{at}/PolicyDocument", name)


def _role(role: dict[str, Any], at: str) -> Iterator[Found]:
    arn = parse(_text(role.get("Arn")))
    yield Found(
        role["AssumeRolePolicyDocument"],
        f"{at}/AssumeRolePolicyDocument",
        f"{_owner(role)}/trust",
        Kind.TRUST,
        arn.account if arn else "",
    )


def _policy(policy: Any, at: str) -> Iterator[Found]:
    """The text of a resource's policy, or a policy of Organizations."""
    if _is_text(policy):
        yield Found(policy, at)
    elif isinstance(policy, dict):
        yield from _of_organizations(policy, at)


def _of_organizations(policy: Mapping[str, Any], at: str) -> Iterator[Found]:
    """A policy of Organizations; its other types, such as tag policies, are not in the language of IAM."""
    about = policy.get("PolicySummary")
    about = about if isinstance(about, dict) else {}
    kind = _ORGANIZATIONS.get(_text(about.get("Type")))
    if "Content" in policy and (kind or "Type" not in about):
        yield Found(policy["Content"], f"{at}/Content", _text(about.get("Name")), kind)


def _entities(data: Any, at: str) -> Iterator[Found]:
    """Users, groups and roles: one, or a list of them."""
    if isinstance(data, dict) and "AssumeRolePolicyDocument" in data:
        yield from _role(data, at)
    for index, entity in _objects(data):
        if "AssumeRolePolicyDocument" in entity:
            yield from _role(entity, f"{at}/{index}")
        for key in _INLINE:
            for number, policy in _objects(entity.get(key)):
                yield from _inline(policy, f"{at}/{index}/{key}/{number}", _owner(entity))


def _managed(policy: dict[str, Any], at: str) -> Iterator[Found]:
    """Every version of a managed policy, since any of them can be made the default."""
    for index, version in _objects(policy.get("PolicyVersionList")):
        default = "" if version.get("IsDefaultVersion", True) else f"/{_text(version.get('VersionId'))}"
        name = f"policy/{_text(policy.get('PolicyName'))}{default}"
        yield from _version(version, f"{at}/PolicyVersionList/{index}", name)


def _owner(data: dict[str, Any]) -> str:
    return next((f"{kind}/{data[key]}" for key, kind in _OWNERS.items() if isinstance(data.get(key), str)), "")


def _objects(data: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    if isinstance(data, list):
        yield from ((index, item) for index, item in enumerate(data) if isinstance(item, dict))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
