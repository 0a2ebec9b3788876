"""A way to what is asked: a statement that allows it, where its policy is attached, and what it depends on."""

from dataclasses import dataclass

from policygen.access.asked import Asked
from policygen.access.stack import HeldPolicy
from policygen.evaluate import CompiledStatement, Layers, Principal


@dataclass(frozen=True)
class Way:
    """One Allow statement through which a principal can do what is asked."""

    allow: CompiledStatement
    held: HeldPolicy | None
    """Where its policy is attached; None for the policy of a resource."""
    denies: tuple[CompiledStatement, ...] = ()
    """The Deny statements of all layers that may take back some of what it allows."""
    limits: tuple[CompiledStatement, ...] = ()
    """The Allow statements of the boundary and the SCPs that have to match too, except those without any condition."""
    beside: tuple[CompiledStatement, ...] = ()
    """The statements of the resource's policy that name the principal and allow it too."""
    roles: tuple[str, ...] = ()
    """The ARNs of the roles that it assumes in this way, if that is what is asked."""


def way(asked: Asked, allow: CompiledStatement, held: HeldPolicy | None, layers: Layers, who: Principal) -> Way:
    """The way of a principal through a statement, given the policies that decide with it."""
    within = asked.within(allow)
    others = [
        (layer, statement)
        for layer, policy in layers.named()
        for statement in policy.statements
        if statement is not allow and within.concerns(statement)
    ]
    return Way(
        allow,
        held,
        tuple(s for _, s in others if not s.allows),
        tuple(s for layer, s in others if s.allows and layer not in ("identity", "resource") and narrower(s)),
        tuple(s for layer, s in others if s.allows and layer == "resource" and s.naming and s.naming(who)),
    )


def narrower(limit: CompiledStatement) -> bool:
    """Whether an Allow depends on the resource or on conditions."""
    return limit.resource is not None or limit.resource_negated or bool(limit.conditions)
