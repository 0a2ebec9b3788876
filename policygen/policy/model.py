"""A policy as rules and the evaluator read it: scalars and lists made one, every part with its JSON Pointer."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache, wraps
from sys import intern
from typing import Any, NamedTuple, TypeVar

from policygen.policy.canonical import size
from policygen.policy.previews import NONE, Previews
from policygen.policy.source import Source, Span

_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?", re.IGNORECASE)
_Result = TypeVar("_Result")


class Kind(StrEnum):
    """What a policy is attached to, which decides what IAM lets it say."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SCP = "scp"
    RCP = "rcp"
    RESOURCE = "resource"
    TRUST = "trust"


class Element(NamedTuple):
    """A value and the JSON Pointer of its place in the policy document."""

    value: Any
    pointer: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator: `{"<qualifier>:<operator><IfExists>": {"<key>": values}}`."""

    operator: str
    """The operator alone as the author wrote it: `StringEquals`."""
    qualifier: str
    """`ForAllValues`, `ForAnyValue` as the author wrote it, or ""."""
    if_exists: bool
    key: str
    values: tuple[Element, ...]
    pointer: str
    """Of the values: `/Statement/0/Condition/StringEquals/aws:username`."""
    text: str
    """Qualifier, operator and suffix as written."""


class Statement:
    """One statement. Lists hold what is there, whatever its JSON type: rules on types come before rules on meaning."""

    def __init__(self, body: dict[str, Any], pointer: str) -> None:
        self.body = body
        self.pointer = pointer
        """`/Statement/0`, or `/Statement` where the document has one bare statement object."""
        sid, effect = body.get("Sid"), body.get("Effect")
        self.sid = sid if isinstance(sid, str) else ""
        self.effect = effect if isinstance(effect, str) else ""
        """`Allow`, `Deny`, or any other text."""
        self.allows = effect == "Allow"
        self.action_names = _names(body.get("Action"))
        """The entries of `Action` in lower case, without their places."""
        self.not_action_names = _names(body.get("NotAction"))
        self.resource_texts = _texts(body.get("Resource"))
        """The entries of `Resource`, without their places."""
        self.not_resource_texts = _texts(body.get("NotResource"))
        self.conditions = tuple(_conditions(body.get("Condition"), pointer))
        """Every key of every operator, in the author's order."""
        self._elements: dict[str, tuple[Element, ...]] = {}

    def elements(self, name: str) -> tuple[Element, ...]:
        """The text entries of `Action`, `NotAction`, `Resource` or `NotResource`, each with its pointer."""
        if name not in self._elements:
            value, place = self.body.get(name), f"{self.pointer}/{name}"
            if isinstance(value, list):
                found = [Element(item, f"{place}/{at}") for at, item in enumerate(value) if isinstance(item, str)]
            else:
                found = [Element(value, place)] if isinstance(value, str) else []
            self._elements[name] = tuple(found)
        return self._elements[name]

    def picked(self, name: str, indexes: Iterable[int]) -> list[Element]:
        """Those of `elements` with the given indexes."""
        elements = self.elements(name)
        return [elements[index] for index in indexes]

    @property
    def actions(self) -> tuple[Element, ...]:
        """The entries of `Action`."""
        return self.elements("Action")

    @property
    def not_actions(self) -> tuple[Element, ...]:
        """The entries of `NotAction`."""
        return self.elements("NotAction")

    @property
    def resources(self) -> tuple[Element, ...]:
        """The entries of `Resource`."""
        return self.elements("Resource")

    @property
    def not_resources(self) -> tuple[Element, ...]:
        """The entries of `NotResource`."""
        return self.elements("NotResource")


@dataclass(frozen=True, eq=False)
class Policy:
    """One policy document and where it came from."""

    document: dict[str, Any]
    kind: Kind = Kind.IDENTITY
    source: Source | None = None
    base: str = ""
    """The JSON Pointer of the document inside its source, for files that hold more than the document."""
    name: str = ""
    """What the policy is attached to, where the source says: `group/Admins/inline`."""
    account: str = ""
    """The account that the policy belongs to, where the source tells."""
    previews: Previews = NONE
    """What exists for this policy although AWS's data does not list it."""
    memo: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)
    """What was computed once for this policy (`once_per_policy`); it dies with the policy."""

    @property
    def file(self) -> str:
        """The name of the source, "" where there is none."""
        return self.source.file if self.source else ""

    @property
    def version(self) -> str:
        """The language version; a document without one means 2008-10-17 (IAM User Guide, "Version")."""
        version = self.document.get("Version", "2008-10-17")
        return version if isinstance(version, str) else ""

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The statements that are JSON objects; others are for the rules on types to report."""
        body = self.document.get("Statement")
        if isinstance(body, dict):
            return (Statement(body, "/Statement"),)
        if not isinstance(body, list):
            return ()
        return tuple(Statement(s, f"/Statement/{i}") for i, s in enumerate(body) if isinstance(s, dict))

    @cached_property
    def action_names(self) -> frozenset[str]:
        """The entries of every `Action` and `NotAction`, in lower case."""
        return frozenset().union(*(names for s in self.statements for names in (s.action_names, s.not_action_names)))

    @cached_property
    def resource_texts(self) -> frozenset[str]:
        """The entries of every `Resource` and `NotResource`."""
        return frozenset().union(
            *(texts for s in self.statements for texts in (s.resource_texts, s.not_resource_texts))
        )

    @cached_property
    def size(self) -> int:
        """The number of characters that count against IAM's quotas (`canonical.size`)."""
        return size(self.document)

    def span(self, pointer: str) -> Span | None:
        """The place in the source of the value under a pointer; None without a source."""
        return self.source.span(self.base + pointer) if self.source else None

    def key_span(self, pointer: str) -> Span | None:
        """As `span`, of the key that leads to the value."""
        return self.source.key_span(self.base + pointer) if self.source else None


def once_per_policy(compute: Callable[[Policy], _Result]) -> Callable[[Policy], _Result]:
    """Compute something of a policy when it is first asked for, and keep it with the policy."""

    @wraps(compute)
    def remembered(policy: Policy) -> _Result:
        if compute not in policy.memo:
            policy.memo[compute] = compute(policy)
        result: _Result = policy.memo[compute]
        return result

    return remembered


def escape(token: str) -> str:
    """A key as a token of a JSON Pointer (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


def _names(value: Any) -> tuple[str, ...]:
    return tuple(map(intern, map(str.lower, _texts(value))))  # the same few, for the many that will look them up


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(value if {*map(type, value)} <= {str} else [item for item in value if isinstance(item, str)])
    return (value,) if isinstance(value, str) else ()


def _conditions(block: Any, statement: str) -> Iterator[Condition]:
    if not isinstance(block, dict):
        return
    for text, keys in block.items():
        operator = _operator(text)
        if not isinstance(keys, dict) or not operator:
            continue
        for key, value in keys.items():
            place = f"{statement}/Condition/{escape(text)}/{escape(key)}"
            values = value if isinstance(value, list) else [value]
            listed = isinstance(value, list)
            elements = tuple(Element(v, f"{place}/{i}" if listed else place) for i, v in enumerate(values))
            yield Condition(*operator, key, elements, place, text)


@lru_cache(maxsize=1024)
def _operator(text: str) -> tuple[str, str, bool] | None:
    """Operator, set prefix, whether `IfExists` follows."""
    match = _OPERATOR.fullmatch(text)
    return (match[2], match[1] or "", match[3] is not None) if match else None
