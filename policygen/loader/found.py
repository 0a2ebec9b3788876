"""A policy document that a reader of some format found: what it says, where it is, and what is known of its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policygen.policy.model import Kind


@dataclass(frozen=True, slots=True)
class Found:
    """A document; a text is a document as AWS's API gives it, URL-encoded, or JSON in a string."""

    document: Any
    pointer: str
    """JSON Pointer to the document in the file's data."""
    name: str = ""
    """Who it belongs to, as far as the file tells: `role/app/trust`."""
    kind: Kind | None = None
    """What its place makes of it; None where the document has to show it."""
    account: str = ""
    moved: Mapping[str, str] = field(default_factory=dict)
    """JSON Pointer in the document → in the file's data, for what is in another place there."""
    block: str = ""
    """The Terraform block that it is written in, if nothing in its file uses that; other files may."""
