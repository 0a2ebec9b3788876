"""The policies that a JSON text holds: a bare document, or what the AWS command line prints."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from policygen.errors import PolicygenError
from policygen.files import read_text
from policygen.policy.arn import parse
from policygen.policy.model import Kind, Policy, Statement
from policygen.policy.pattern import intersects
from policygen.policy.previews import NONE, Previews
from policygen.policy.source import JsonSyntaxError, Source

_PRINCIPAL = frozenset(("Principal", "NotPrincipal"))
_RESOURCE = frozenset(("Resource", "NotResource"))
_ASSUMING = ("sts:assumerole*", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext")
_ORGANIZATIONS = {"SERVICE_CONTROL_POLICY": Kind.SCP, "RESOURCE_CONTROL_POLICY": Kind.RCP}
_OWNERS = {"UserName": "user", "GroupName": "group", "RoleName": "role", "VpcEndpointId": "vpc-endpoint"}
_ENTITIES = ("Role", "Roles", "UserDetailList", "GroupDetailList", "RoleDetailList")
_INLINE = ("UserPolicyList", "GroupPolicyList", "RolePolicyList")


@dataclass(frozen=True, slots=True)
class _Found:
    """A document and its place; text is a document as AWS's API gives it, URL-encoded, or JSON in a string."""

    document: Any
    pointer: str
    name: str = ""
    kind: Kind | None = None
    account: str = ""


def policies(source: Source, kind: Kind | None = None, previews: Previews = NONE) -> Iterator[Policy]:
    """Every policy of a text, named by its owner, of the kind given or of the one that it shows itself to be.

    `previews` are what exists for these policies although AWS's data does not list it.

    Reads a policy document; the output of `aws iam get-policy-version`, `get-user-policy`, `get-group-policy`,
    `get-role-policy`, `get-role`, `get-account-authorization-details`, of `aws organizations describe-policy`, of `aws
    ec2 describe-vpc-endpoints` and of calls that give `{"Policy": "<text>"}`, such as `aws s3api get-bucket-policy`;
    and a list of any of them.

    Raises JsonSyntaxError for what is not JSON, and where something other than an object is in the place of a policy.
    """
    for found in _find(source.data, ""):
        document = _parse(found, source) if isinstance(found.document, str) else found.document
        if not isinstance(document, dict):
            raise JsonSyntaxError("a policy must be a JSON object", source.file, *source.span(found.pointer)[:2])
        kind_found = kind or found.kind or infer(document)
        yield Policy(document, kind_found, source, found.pointer, found.name, found.account, previews)


def read_policies(path: str, kind: Kind | None = None) -> list[Policy]:
    """The policies of a file, or of stdin for `-`, as `policies` reads them.

    Raises PolicygenError for a file that cannot be read and for one without a policy.
    """
    name = "<stdin>" if path == "-" else path
    found = list(policies(Source(read_text(path), name), kind))
    if not found:
        raise PolicygenError(f"{name}: holds no policy")
    return found


def read_policy(path: str, kind: Kind | None = None) -> Policy:
    """The policy of a file, or of stdin for `-`; raises PolicygenError unless the file contains exactly one."""
    found = read_policies(path, kind)
    if len(found) > 1:
        raise PolicygenError(f"{path}: holds {len(found)} policies; give a file with one")
    return found[0]


def infer(document: dict[str, Any]) -> Kind:
    """What a document shows itself to be.

    `trust` if the statements that name principals are about assuming a role, whatever else is in them, and no other has
    a resource; `resource` if each statement names principals; else `identity`, which SCPs and boundaries look like.
    """
    statements = Policy(document).statements
    naming = [statement for statement in statements if _PRINCIPAL & statement.body.keys()]
    if not naming:
        return Kind.IDENTITY
    others = [statement for statement in statements if not (statement in naming and _is_about_assuming(statement))]
    if len(others) < len(statements) and not any(_RESOURCE & statement.body.keys() for statement in others):
        return Kind.TRUST
    return Kind.RESOURCE if len(naming) == len(statements) else Kind.IDENTITY


def _is_about_assuming(statement: Statement) -> bool:
    """Whether the actions are those of trust policies, but for what an RCP denies to everybody."""
    names = statement.action_names
    if not any(name.startswith("sts:") and intersects(name, action) for name in names for action in _ASSUMING):
        return False
    if not _RESOURCE & statement.body.keys():
        return True
    denied_to_all = statement.effect == "Deny" and statement.body.get("Principal") in ("*", {"AWS": "*"})
    return not denied_to_all and all(name.startswith("sts:") for name in names)


def _find(data: Any, at: str) -> Iterator[_Found]:
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _find(item, f"{at}/{index}")
    elif isinstance(data, dict):
        yield from [_Found(data, at)] if is_document(data) else _output(data, at)


def _output(data: dict[str, Any], at: str) -> Iterator[_Found]:
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


def is_document(data: dict[str, Any]) -> bool:
    """Whether an object is meant to be a policy document itself."""
    return "Statement" in data or data.get("Version") in ("2012-10-17", "2008-10-17")


def _version(version: dict[str, Any], at: str, name: str = "") -> Iterator[_Found]:
    if "Document" in version:
        yield _Found(version["Document"], f"{at}/Document", name)


def _inline(policy: dict[str, Any], at: str, owner: str) -> Iterator[_Found]:
    name = "/".join(filter(None, (owner, _text(policy.get("PolicyName")))))
    yield _Found(policy.get("PolicyDocument"), f"{at}/PolicyDocument", name)


def _role(role: dict[str, Any], at: str) -> Iterator[_Found]:
    arn = parse(_text(role.get("Arn")))
    yield _Found(
        role["AssumeRolePolicyDocument"],
        f"{at}/AssumeRolePolicyDocument",
        f"{_owner(role)}/trust",
        Kind.TRUST,
        arn.account if arn else "",
    )


def _policy(policy: Any, at: str) -> Iterator[_Found]:
    """The text of a resource's policy, or a policy of Organizations."""
    if isinstance(policy, str) and policy.lstrip().startswith("{"):
        yield _Found(policy, at)
    elif isinstance(policy, dict) and "Content" in policy:
        about = policy.get("PolicySummary")
        about = about if isinstance(about, dict) else {}
        name, kind = _text(about.get("Name")), _ORGANIZATIONS.get(_text(about.get("Type")))
        yield _Found(policy["Content"], f"{at}/Content", name, kind)


def _entities(data: Any, at: str) -> Iterator[_Found]:
    """Users, groups and roles: one, or a list of them."""
    if isinstance(data, dict) and "AssumeRolePolicyDocument" in data:
        yield from _role(data, at)
    for index, entity in _objects(data):
        if "AssumeRolePolicyDocument" in entity:
            yield from _role(entity, f"{at}/{index}")
        for key in _INLINE:
            for number, policy in _objects(entity.get(key)):
                yield from _inline(policy, f"{at}/{index}/{key}/{number}", _owner(entity))


def _managed(policy: dict[str, Any], at: str) -> Iterator[_Found]:
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


def _parse(found: _Found, source: Source) -> Any:
    """A document in a string; a mistake in it is a mistake at the place of the string."""
    text: str = found.document
    try:
        return Source(text if text.lstrip().startswith("{") else unquote(text), source.file).data
    except JsonSyntaxError as error:
        raise JsonSyntaxError(error.message, source.file, *source.span(found.pointer)[:2]) from None
