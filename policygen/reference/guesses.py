"""Suggestions for names that AWS does not have: an API operation or product of that name, or else similar spellings."""

from collections.abc import Iterator, Mapping
from functools import cache

from policygen.errors import did_you_mean
from policygen.policy.pattern import is_wild, matches
from policygen.reference.data import load
from policygen.reference.services import actions, services

_SEPARATORS = str.maketrans("", "", "-_ ")


def guess_action(action: str) -> str:
    """The end of a message about an action that does not exist: "; did you mean `s3:GetObject`?", or "".

    For the name of an API operation, it says which actions allow the operation.
    """
    service, _, name = action.partition(":")
    service = service.lower()
    if service not in services():
        return guess_service(service)
    if allowing := _allowing(f"{service}:{name.lower()}"):
        return f"; the API operation of this name is allowed by {_listed(allowing, 'and')}"
    return did_you_mean(f"{service}:{name}", _similar(service, name.lower()))


def guess_service(name: str) -> str:
    """The end of a message about a service prefix that does not exist: "; did you mean `states`?", or ""."""
    known = prefixes_of(name)
    return f"; did you mean {_listed(known, 'or')}?" if known else did_you_mean(name.lower(), services())


def prefixes_of(name: str) -> tuple[str, ...]:
    """The service prefixes for a name used by an SDK, the console, the CLI or Terraform; usually one or none."""
    return tuple(load("names")["services"].get(name.lower().translate(_SEPARATORS), ()))


def _allowing(operation: str) -> tuple[str, ...]:
    exact, patterns = _operations()
    if operation in exact:
        return exact[operation]
    return next((allowing for pattern, allowing in patterns.items() if matches(pattern, operation)), ())


@cache
def _operations() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """Operation → actions, and pattern of operations → actions; all keys in lower case."""
    entries = {key.lower(): tuple(allowing) for key, allowing in load("names")["operations"].items()}
    patterns = {key: allowing for key, allowing in entries.items() if is_wild(key)}
    return {key: allowing for key, allowing in entries.items() if key not in patterns}, patterns


def _similar(service: str, name: str) -> Iterator[str]:
    """The actions that begin or end like a name: few enough to search for a typing error."""
    for known, action in actions(service).items():
        if known[:4] == name[:4] or known[-6:] == name[-6:]:
            yield str(action)


def _listed(names: tuple[str, ...], conjunction: str) -> str:
    *most, last = [f"`{name}`" for name in names]
    return f"{', '.join(most)} {conjunction} {last}" if most else last
