"""Policies as they apply to resources of one account, for resources whose ARNs do not name their account."""

from dataclasses import replace
from functools import cache

from policygen.access.asked import Asked
from policygen.evaluate import CompiledPolicy, Layers, compile_policy
from policygen.evaluate.request import owner_in
from policygen.policy.model import Kind, Policy


def owned_by(owner: str, asked: Asked, layers: Layers) -> Layers:
    """The policies, with all requests denied that are about resources of other accounts.

    Unchanged if the owner is not known (""), if an ARN names its account, or if nothing says which resource it is.
    """
    if not owner or any(owner_in(resource, "") for resource in asked.resources):
        return layers
    if layers.resource is None:
        if "*" in asked.resources:
            return layers
        return replace(layers, identity=(*layers.identity, _only(owner, Kind.IDENTITY)))
    return replace(layers, resource=(*layers.resource, _only(owner, Kind.RESOURCE)))


@cache
def _only(owner: str, kind: Kind) -> CompiledPolicy:
    condition = {"StringNotEquals": {"aws:ResourceAccount": owner}, "Null": {"aws:ResourceAccount": "false"}}
    who = {"Principal": "*"} if kind is Kind.RESOURCE else {}
    deny = {"Effect": "Deny", **who, "Action": "*", "Resource": "*", "Condition": condition}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [deny]}, kind, name="resources of others"))
