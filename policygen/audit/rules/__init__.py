"""The rules about accounts: one module per topic."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from policygen.audit.rule import REGISTRY, TOPICS, Rule


@cache
def registry() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of TOPICS."""
    for topic in TOPICS:
        import_module(f"policygen.audit.rules.{topic.replace('-', '_')}")
    return REGISTRY
