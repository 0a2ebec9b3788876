"""Values of a manifest: offered by name to every recipe, with the account's own id and name put in."""

import re
from typing import Any

from policygen.errors import PolicygenError, did_you_mean

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def filled(value: Any, known: dict[str, str]) -> Any:
    """The value with `{{ account.id }}` and `{{ account.name }}` replaced in all its texts.

    `known` are what may be put in, by name; nothing for the organization. Raises PolicygenError for any other name.
    """
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: _known(found[1], known), value)
    if isinstance(value, list | tuple):
        return [filled(item, known) for item in value]
    return {key: filled(item, known) for key, item in value.items()} if isinstance(value, dict) else value


def _known(name: str, known: dict[str, str]) -> str:
    if name in known:
        return known[name]
    if not known:
        raise PolicygenError(f"`{{{{ {name} }}}}` cannot be replaced here; the organization is not an account")
    hint = did_you_mean(name, known) or f"; there are {', '.join(f'`{each}`' for each in known)}"
    raise PolicygenError(f"`{{{{ {name} }}}}` is not a placeholder{hint}")
