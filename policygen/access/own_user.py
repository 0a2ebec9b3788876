"""ARNs of the caller's own user: `user/${aws:username}`."""

import re
from functools import lru_cache

from policygen.policy.arn import segments
from policygen.policy.model import Element, Statement

USERNAME = re.compile(r"\$\{aws:username\s*(,[^}]*)?\}", re.IGNORECASE)
"""The policy variable, with or without a default value."""


@lru_cache(maxsize=8192)
def own_user(resource: str) -> str | None:
    """What follows `user/` in the ARN of the caller's own user, with `@` for the name; None for other ARNs."""
    parts = segments(resource)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("user/"):
        return None
    path, found = USERNAME.subn("@", parts[5].removeprefix("user/"))
    return path if found else None


def own_users(statement: Statement) -> list[Element]:
    """The Resource entries for the caller's own user."""
    own = [at for at, text in enumerate(statement.resource_texts) if "${" in text and own_user(text) is not None]
    return statement.picked("Resource", own) if own else []
