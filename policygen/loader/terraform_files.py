"""Policies in Terraform files: `aws_iam_policy_document` blocks, `jsonencode` and heredocs, at their places."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from policygen.loader.aws_cli import named_policies
from policygen.loader.cloudformation import walk
from policygen.loader.found import Found
from policygen.loader.terraform import kind_of, owner
from policygen.policy.model import Kind, escape
from policygen.policy.unknown import Unknown
from policygen.reference.policy_places import places

_DOCUMENT = "aws_iam_policy_document"
_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_COMPOSED = ("source_policy_documents", "override_policy_documents", "source_json", "override_json")


def is_terraform_files(data: Any) -> bool:
    """Whether a file's data is that of a Terraform file."""
    return isinstance(data, dict) and bool(data.keys() & {"resource", "data", "locals", "module", "variable"})


def in_terraform_files(data: Mapping[str, Any]) -> Iterator[Found]:
    """The policy documents of a file's resources, and those of its `aws_iam_policy_document` blocks that none uses.

    A block that several resources use is found once for each kind of policy that it becomes.
    """
    documents = _table(_table(data, "data"), _DOCUMENT)
    used: set[tuple[str, Kind | None]] = set()
    for found in _of_resources(data):
        block = referred_document(found.document)
        if block not in documents:
            yield found
        elif (block, found.kind) not in used and isinstance(documents[block], dict):
            used.add((block, found.kind))
            yield replace(_of_block(documents, block), name=found.name, kind=found.kind)
    for name, body in (("module", _table(data, "module")), ("locals", _table(data, "locals"))):
        for found in named_policies(body, f"/{name}", within=True):
            yield replace(found, name=found.pointer.strip("/"))
    used_blocks = {block for block, _ in used}
    for block in documents:
        if block not in used_blocks and isinstance(documents[block], dict):
            yield replace(_of_block(documents, block), name=f"document/{block}", block=block)


def used_documents(data: Mapping[str, Any]) -> dict[str, tuple[str, Kind | None]]:
    """The `aws_iam_policy_document` blocks that a file's resources use: name → policy and kind of the first use."""
    uses = ((referred_document(found.document), (found.name, found.kind)) for found in _of_resources(data))
    return {block: use for block, use in reversed([*uses]) if block}


def declared_documents(data: Mapping[str, Any]) -> frozenset[str]:
    """The names of a file's `aws_iam_policy_document` blocks."""
    return frozenset(_table(_table(data, "data"), _DOCUMENT))


def referred_document(value: Any) -> str:
    """The `aws_iam_policy_document` block that a value is the JSON of; "" if it is none."""
    text = value if isinstance(value, Unknown) else ""
    name = text.removeprefix(f"${{data.{_DOCUMENT}.").removesuffix(".json}")
    return name if name != text and name.isidentifier() else ""


def _of_resources(data: Mapping[str, Any]) -> Iterator[Found]:
    """The policies of a file's resources, as they are written there: a document, a text, a reference."""
    for type_, name, body in _resources(_table(data, "resource")):
        address = f"{type_}.{name}"
        base = f"/resource/{escape(type_)}/{escape(name)}"
        if type_ not in places("terraform"):
            for one in named_policies(body, base):
                yield replace(one, name=f"resource/{address}/{one.pointer.removeprefix(base).strip('/')}")
        for place in places("terraform").get(type_, ()):
            label = "trust" if place.kind is Kind.TRUST else "/".join(place.path)
            for value, pointer in walk(body, place.path, base):
                if isinstance(value, dict | str) and value:
                    yield Found(value, pointer, f"{owner(type_, address, body)}/{label}", kind_of(place, body))


def _of_block(documents: Mapping[str, Any], block: str) -> Found:
    return written_out(documents[block], f"/data/{_DOCUMENT}/{escape(block)}")


def written_out(body: Mapping[str, Any], base: str) -> Found:
    """The policy that an `aws_iam_policy_document` block is, as the provider writes it out."""
    if any(name in body for name in _COMPOSED):
        return Found(Unknown("${source_policy_documents}"), base)
    moved = {"": base}
    statements: list[Any] = []
    for index, (block, place) in enumerate(_blocks(body, "statement", base)):
        into = f"/Statement/{index}"
        moved[into] = place
        statements.append(_statement(block, place, into, moved) if isinstance(block, dict) else block)
    document = {"Version": body.get("version", "2012-10-17"), "Statement": statements}
    return Found(document, base, moved=moved)


def _statement(block: Mapping[str, Any], place: str, into: str, moved: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if "sid" in block:
        out["Sid"] = block["sid"]
        moved[f"{into}/Sid"] = f"{place}/sid"
    out["Effect"] = block.get("effect", "Allow")
    moved[f"{into}/Effect"] = f"{place}/effect" if "effect" in block else place
    for name, element in _LISTS.items():
        if name in block:
            out[element] = block[name]
            moved[f"{into}/{element}"] = f"{place}/{name}"
    for name, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        named = _principals(block, name, f"{into}/{element}", place, moved)
        if named:
            out[element] = named
    conditions = _conditions(block, f"{into}/Condition", place, moved)
    if conditions:
        out["Condition"] = conditions
    for name, element in (("principals", "Principal"), ("not_principals", "NotPrincipal"), ("condition", "Condition")):
        if any(isinstance(item, Unknown) for item, _ in _blocks(block, name, place)):
            out[element] = Unknown("${dynamic}")
    return out


def _principals(block: Mapping[str, Any], name: str, into: str, place: str, moved: dict[str, str]) -> Any:
    named: dict[str, Any] = {}
    for principal, at in _blocks(block, name, place):
        if not isinstance(principal, dict):
            continue
        type_, identifiers = str(principal.get("type")), principal.get("identifiers")
        moved[f"{into}/{escape(type_)}"] = f"{at}/identifiers"
        if type_ == "*" and identifiers == ["*"]:
            moved[into] = at
            return "*"
        known = named.get(type_)
        both = isinstance(identifiers, list) and isinstance(known, list)
        named[type_] = [*known, *identifiers] if both else identifiers  # type: ignore[misc]
    return named


def _conditions(block: Mapping[str, Any], into: str, place: str, moved: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for condition, at in _blocks(block, "condition", place):
        if not isinstance(condition, dict):
            continue
        test, variable = str(condition.get("test")), str(condition.get("variable"))
        keys = out.setdefault(test, {})
        moved[f"{into}/{escape(test)}"] = f"{at}/test"
        moved[f"{into}/{escape(test)}/{escape(variable)}"] = f"{at}/values"
        values = condition.get("values")
        known = keys.get(variable)
        keys[variable] = [*known, *values] if isinstance(known, list) and isinstance(values, list) else values
    return out


def _resources(types: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for type_, named in types.items():
        for name, body in named.items() if isinstance(named, dict) else ():
            if isinstance(body, dict):
                yield type_, name, body


def _blocks(body: Mapping[str, Any], name: str, place: str) -> list[tuple[Any, str]]:
    """The blocks of a name in a body, each with its place; in Terraform's JSON, a single one may be by itself."""
    listed = body.get(name)
    if isinstance(listed, list):
        return [(item, f"{place}/{name}/{index}") for index, item in enumerate(listed)]
    return [(listed, f"{place}/{name}")] if isinstance(listed, dict | Unknown) else []


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = data.get(name)
    return table if isinstance(table, dict) else {}
