"""A policy as the rules and the evaluator read it: a scalar is a list of one, and every part has its JSON Pointer."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
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
    """What a policy is attached to, which decides what IAM accepts in it."""

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
    """`ForAllValues` or `ForAnyValue` as the author wrote it, or ""."""
    if_exists: bool
    key: str
    values: tuple[Element, ...]
    pointer: str
    """The place of the values: `/Statement/0/Condition/StringEquals/aws:username`."""
    text: str
    """Qualifier, operator and suffix as written."""


class Statement:
    """One statement. Values of the wrong JSON type are left out, since the rule `schema` reports them."""

    def __init__(self, body: dict[str, Any], pointer: str) -> None:
        self.body = body
        self.pointer = pointer
        """`/Statement/0`, or `/Statement` if `Statement` is an object and not a list."""
        sid, effect = body.get("Sid"), body.get("Effect")
        self.sid = sid if isinstance(sid, str) else ""
        self.effect = effect if isinstance(effect, str) else ""
        """`Allow`, `Deny`, or any other text."""
        self.allows = effect == "Allow"
        self.action_names = _names(body.get("Action"))
        """The entries of `Action` in lower case, without pointers."""
        self.not_action_names = _names(body.get("NotAction"))
        self.resource_texts = _texts(body.get("Resource"))
        """The entries of `Resource`, without pointers."""
        self.not_resource_texts = _texts(body.get("NotResource"))
        self.conditions = tuple(_conditions(body.get("Condition"), pointer))
        """Every key of every operator, in the author's order."""
        self._elements: dict[str, tuple[Element, ...]] = {}

    def elements(self, name: str) -> tuple[Element, ...]:
        """The text entries of `Action`, `NotAction`, `Resource` or `NotResource`, each with its pointer."""
        if name not in self._elements:
            found = entries(self.body.get(name), f"{self.pointer}/{name}")
            self._elements[name] = tuple(entry for entry in found if isinstance(entry.value, str))
        return self._elements[name]

    def picked(self, name: str, indexes: Iterable[int]) -> list[Element]:
        """The `elements` with the given indexes."""
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
    """The JSON Pointer of the document inside its source, for files that contain more than the document."""
    name: str = ""
    """What the policy is attached to, if the source says so: `group/Admins/inline`."""
    account: str = ""
    """The account that the policy belongs to, if the source says so."""
    previews: Previews = NONE
    """Services and actions to accept although AWS's data does not list them."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """JSON Pointer in the document → in the source's data, for values that are in a different place there."""
    unknown: frozenset[str] = frozenset()
    """The JSON Pointers of the values that are known only when the policy's template is deployed."""
    memo: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)
    """The results of `once_per_policy`, freed together with the policy."""

    @property
    def file(self) -> str:
        """The name of the source, "" if there is none."""
        return self.source.file if self.source else ""

    @property
    def version(self) -> str:
        """The language version, which defaults to 2008-10-17 (IAM User Guide, "Version")."""
        version = self.document.get("Version", "2008-10-17")
        return version if isinstance(version, str) else ""

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The statements that are JSON objects; the rule `schema` reports the others."""
        found = entries(self.document.get("Statement"), "/Statement")
        return tuple(Statement(*entry) for entry in found if isinstance(entry.value, dict))

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
        """The place in the source of the value at a pointer; None without a source."""
        return self.source.span(self.origin(pointer)) if self.source else None

    def key_span(self, pointer: str) -> Span | None:
        """The place in the source of the key of the value at a pointer; None without a source."""
        return self.source.key_span(self.origin(pointer)) if self.source else None

    def origin(self, pointer: str) -> str:
        """The JSON Pointer in the source's data of the value at a pointer in the document."""
        rest = ""
        while self.moved and pointer and pointer not in self.moved:
            pointer, _, last = pointer.rpartition("/")
            rest = f"/{last}{rest}"
        return self.moved.get(pointer, self.base + pointer) + rest


def once_per_policy(compute: Callable[[Policy], _Result]) -> Callable[[Policy], _Result]:
    """Decorate a function of a policy to run once for each policy; the result is kept with the policy."""

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


def entries(value: Any, pointer: str) -> list[Element]:
    """The entries of a list, or the one value that is not in a list, each with its pointer."""
    if isinstance(value, list):
        return [Element(item, f"{pointer}/{index}") for index, item in enumerate(value)]
    return [Element(value, pointer)]


def _names(value: Any) -> tuple[str, ...]:
    return tuple(map(intern, map(str.lower, _texts(value))))  # the same few names are looked up over and over


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
            yield Condition(*operator, key, tuple(entries(value, place)), place, text)


@lru_cache(maxsize=1024)
def _operator(text: str) -> tuple[str, str, bool] | None:
    """The operator, its qualifier, and whether it ends in `IfExists`."""
    match = _OPERATOR.fullmatch(text)
    return (match[2], match[1] or "", match[3] is not None) if match else None
