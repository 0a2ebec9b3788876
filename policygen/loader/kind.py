"""The kind of a policy where its place in the file does not say it: what it shows, and what its folder suggests."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from policygen.policy.model import Kind, Policy, Statement
from policygen.policy.pattern import intersects

_PRINCIPAL = frozenset(("Principal", "NotPrincipal"))
_RESOURCE = frozenset(("Resource", "NotResource"))
_FOLDERS = {
    Kind.SCP: re.compile(r"scps?|service[-_ ]control[-_ ]polic(y|ies)([-_ ]\w+)*"),
    Kind.RCP: re.compile(r"rcps?|resource[-_ ]control[-_ ]polic(y|ies)([-_ ]\w+)*"),
    Kind.BOUNDARY: re.compile(r"(permissions?[-_ ])?boundar(y|ies)"),
}
"""Kind → the names of folders that people keep such policies in."""
SUGGESTED = frozenset(_FOLDERS)
"""The kinds that no document shows by itself."""
_ASSUMING = ("sts:assumerole*", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext")


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


def suggested(document: dict[str, Any], file: str) -> Kind | None:
    """The kind that the folder of a file suggests; None if no folder does, or if the document contradicts it.

    SCPs and boundaries name no principals, and RCPs only everybody.
    """
    kind = _of_folder(Path(file).absolute().parent)
    if kind is None:
        return None
    named = [statement.body.get("Principal") for statement in Policy(document).statements]
    named = [principal for principal in named if principal is not None]
    if kind is Kind.RCP:
        return kind if named and all(principal in ("*", {"AWS": "*"}) for principal in named) else None
    return None if named else kind


@cache
def _of_folder(folder: Path) -> Kind | None:
    """The kind that the name of a folder suggests, or of one above it in the same repository."""
    name = folder.name.lower()
    kind = next((kind for kind, names in _FOLDERS.items() if names.fullmatch(name)), None)
    if kind or folder == folder.parent or (folder / ".git").exists():
        return kind
    return _of_folder(folder.parent)


def _is_about_assuming(statement: Statement) -> bool:
    """Whether the actions are those of trust policies, but for what an RCP denies to everybody."""
    names = statement.action_names
    if not any(name.startswith("sts:") and intersects(name, action) for name in names for action in _ASSUMING):
        return False
    if not _RESOURCE & statement.body.keys():
        return True
    denied_to_all = statement.effect == "Deny" and statement.body.get("Principal") in ("*", {"AWS": "*"})
    return not denied_to_all and all(name.startswith("sts:") for name in names)
