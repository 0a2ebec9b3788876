"""Placeholders in cases: `{{ account }}` or a parameter; of a list such as `{{ buckets }}`, each entry in turn."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from policygen.errors import PolicygenError, did_you_mean

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)(?:\.(\w+))?\s*\}\}")


def filled(value: Any, known: Mapping[str, Any]) -> Iterator[Any]:
    """The value with all placeholders replaced, once for each combination of the entries of the lists that it names.

    `known` has the value of each parameter; `{{ rules.name }}` is a field of a record. A parameter without a value, or
    with an empty list, gives nothing. Raises PolicygenError for a name that is not known.
    """
    names = dict.fromkeys(name for text in _texts(value) for name, _ in _PLACEHOLDER.findall(text))
    choices = [_choices(name, known) for name in names]
    for combination in product(*choices):
        yield _fill(value, dict(zip(names, combination, strict=True)))


def concrete(value: Any, region: str, account: str) -> Any:
    """The value with an example for each ARN that is a pattern: `role/deploy-x` for `role/deploy-*`."""
    if isinstance(value, list):
        return [concrete(item, region, account) for item in value]
    if isinstance(value, dict):
        return {key: concrete(item, region, account) for key, item in value.items()}
    parts = value.split(":", 5) if isinstance(value, str) else []
    if len(parts) < 6 or parts[0] != "arn":
        return value
    examples = {3: region, 4: account}
    parts = [examples.get(index, part) if part == "*" else part for index, part in enumerate(parts)]
    return ":".join(parts).replace("*", "x").replace("?", "x")


def _choices(name: str, known: Mapping[str, Any]) -> list[Any]:
    if name not in known:
        raise PolicygenError(f"`{{{{ {name} }}}}` is not a placeholder for cases{did_you_mean(name, known)}")
    value = known[name]
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)


def _fill(value: Any, chosen: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: _text(chosen[found[1]], found[1], found[2]), value)
    if isinstance(value, list):
        return [_fill(item, chosen) for item in value]
    if isinstance(value, dict):
        return {_fill(key, chosen): _fill(item, chosen) for key, item in value.items()}
    return value


def _text(value: Any, name: str, field: str | None) -> str:
    if field and not (isinstance(value, dict) and field in value):
        raise PolicygenError(f"`{{{{ {name}.{field} }}}}`: `{name}` has no field `{field}`")
    found = value[field] if field else value
    if isinstance(found, dict | list):
        raise PolicygenError(
            f"`{{{{ {name} }}}}` is a record; name a field, as in `{{{{ {name}.{next(iter(found), 'x')} }}}}`"
        )
    return str(found).lower() if isinstance(found, bool) else str(found)
