"""What AWS's access levels and key lists do not tell: sensitive actions, condition keys that limit what is reached."""

from collections.abc import Mapping
from functools import cache

from policygen.policy.pattern import matches
from policygen.reference.data import load


@cache
def sensitive_actions() -> Mapping[str, str]:
    """Action → `roles`, `credentials` or `permissions`, for those whose access level hides it."""
    data = load("sensitive_actions")
    return {action: kind for kind in ("roles", "credentials", "permissions") for action in data[kind]}


@cache
def key_scopes(key: str) -> bool:
    """Whether a condition on this key (lower case) narrows down what is reached, not only who reaches it and when."""
    data = load("condition_scope")
    if key.startswith("aws:"):
        return any(matches(pattern, key) for pattern in data["global_scopes"])
    return key not in data["circumstances"]
