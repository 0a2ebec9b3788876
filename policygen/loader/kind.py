"""The kind that a policy document shows itself to be, where its place does not say it."""

from typing import Any

from policygen.policy.model import Kind, Policy, Statement
from policygen.policy.pattern import intersects

_PRINCIPAL = frozenset(("Principal", "NotPrincipal"))
_RESOURCE = frozenset(("Resource", "NotResource"))
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


def _is_about_assuming(statement: Statement) -> bool:
    """Whether the actions are those of trust policies, but for what an RCP denies to everybody."""
    names = statement.action_names
    if not any(name.startswith("sts:") and intersects(name, action) for name in names for action in _ASSUMING):
        return False
    if not _RESOURCE & statement.body.keys():
        return True
    denied_to_all = statement.effect == "Deny" and statement.body.get("Principal") in ("*", {"AWS": "*"})
    return not denied_to_all and all(name.startswith("sts:") for name in names)
