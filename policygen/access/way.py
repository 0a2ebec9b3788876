"""A way to what is asked: a statement that allows it, where its policy is attached, and what it depends on."""

from collections.abc import Sequence
from dataclasses import dataclass

from policygen.access.asked import Asked
from policygen.access.stack import HeldPolicy
from policygen.evaluate import CompiledStatement, Layers


@dataclass(frozen=True)
class Way:
    """One Allow statement through which a principal can do what is asked."""

    allow: CompiledStatement
    held: HeldPolicy | None
    """Where its policy is attached; None for the policy of a resource."""
    denies: tuple[CompiledStatement, ...] = ()
    """The Deny statements of all layers that may take back some of what it allows."""
    limits: tuple[CompiledStatement, ...] = ()
    """The Allow statements of the boundary and of SCP levels that do not allow everything: one of each has to match."""
    beside: tuple[CompiledStatement, ...] = ()
    """The statements of the resource's policy that also have to match."""
    roles: tuple[str, ...] = ()
    """The ARNs of the roles that it assumes in this way, if that is what is asked."""


def way(asked: Asked, allow: CompiledStatement, held: HeldPolicy | None, layers: Layers) -> Way:
    """The way through a statement, given the policies that decide with it."""
    within = asked.within(allow)
    others = [
        (layer, statement)
        for layer, policy in layers.named()
        for statement in policy.statements
        if statement is not allow and within.concerns(statement)
    ]
    return Way(allow, held, tuple(s for _, s in others if not s.allows), narrowing(others))


def narrowing(statements: Sequence[tuple[str, CompiledStatement]]) -> tuple[CompiledStatement, ...]:
    """Of statements with their layers, the Allows of each boundary and SCP level that does not allow everything."""
    limits: dict[str, list[CompiledStatement]] = {}
    for layer, statement in statements:
        if statement.allows and layer not in ("identity", "resource") and not layer.startswith("rcp"):
            limits.setdefault(layer, []).append(statement)
    return tuple(s for allows in limits.values() if all(map(_narrower, allows)) for s in allows)


def _narrower(limit: CompiledStatement) -> bool:
    return limit.resource is not None or limit.resource_negated or bool(limit.conditions)
