"""The rules about policies: the modules that contain them, in the order of the documentation."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from policygen.lint.rule import REGISTRY, Rule

MODULES = (
    "external_access.federated",
    "external_access.public",
    "access_analyzer.actions",
    "access_analyzer.addresses",
    "access_analyzer.attachment",
    "access_analyzer.document",
    "access_analyzer.keys",
    "access_analyzer.null",
    "access_analyzer.operators",
    "access_analyzer.organizations",
    "access_analyzer.permissive",
    "access_analyzer.principals",
    "access_analyzer.resources",
    "access_analyzer.roles",
    "access_analyzer.sizes",
    "access_analyzer.stores",
    "access_analyzer.tags",
    "access_analyzer.trust",
    "access_analyzer.values",
    "access_analyzer.variables",
    "credentials.mfa_deny",
    "credentials.network",
    "credentials.own_user",
    "credentials.self_service",
    "escalation.paths",
    "placeholder",
    "quotas",
    "rejected.actions",
    "rejected.characters",
    "rejected.conditions",
    "rejected.limits",
    "rejected.principals",
    "retired",
    "wildcards.every_resource",
    "wildcards.dead",
    "wildcards.negated",
)


@cache
def registry() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of MODULES."""
    for module in MODULES:
        import_module(f"policygen.lint.{module}")
    return REGISTRY
