"""ARN formats by the service in the ARN, which is not always the service that lists the resource."""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import NamedTuple

from policygen.policy.arn import Arn, parse
from policygen.policy.pattern import head
from policygen.reference.services import placeholders_as_wildcards, resource_types, who_mentions


class Format(NamedTuple):
    """One ARN format."""

    written: str
    """As AWS writes it: `arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}`."""
    pattern: Arn
    """The format with a `*` for each placeholder."""
    start: str
    """The start of the resource part, up to the first placeholder."""


@cache
def formats_of(service: str) -> tuple[Format, ...]:
    """The formats that a service lists for its own ARNs; if it lists none, those that any service lists for them."""
    own = tuple(known for known in _listed_by(service) if known.pattern.service == service)
    return own or formats_anywhere(service)


@cache
def formats_anywhere(service: str) -> tuple[Format, ...]:
    """The formats that any service lists for the ARNs of a service.

    Some services in ARNs, such as `profile`, are not the prefix of any action.
    """
    listed = (known for lister in who_mentions(service) for known in _listed_by(lister))
    return tuple({known.written: known for known in listed if known.pattern.service == service}.values())


def _listed_by(service: str) -> Iterator[Format]:
    for written in chain.from_iterable(resource_types(service).values()):
        arn = parse(placeholders_as_wildcards(written))
        if arn:
            yield Format(written, arn, head(arn.resource))
