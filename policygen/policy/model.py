"""A policy as rules and the evaluator read it: scalars and lists made one, every part with its JSON Pointer."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from sys import intern
from typing import Any, NamedTuple

from policygen.policy.canonical import size
from policygen.policy.source import Source, Span

_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?", re.IGNORECASE)


class Kind(str, Enum):
    """Where a policy is meant to live, which decides what IAM lets it say."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SCP = "scp"
    RCP = "rcp"
    RESOURCE = "resource"
    TRUST = "trust"

    def __str__(self) -> str:
        return self.value


class Element(NamedTuple):
    """A value and the JSON Pointer of where it stands in the policy document."""

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


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement. Lists hold what is there, whatever its JSON type: rules on types come before rules on meaning."""

    body: dict[str, Any]
    pointer: str
    """`/Statement/0`, or `/Statement` where the document has one bare statement object."""

    @property
    def sid(self) -> str:
        """The Sid, "" where there is none."""
        sid = self.body.get("Sid", "")
        return sid if isinstance(sid, str) else ""

    @property
    def effect(self) -> str:
        """`Allow`, `Deny`, or whatever else stands there as text."""
        effect = self.body.get("Effect", "")
        return effect if isinstance(effect, str) else ""

    @property
    def allows(self) -> bool:
        """Whether the effect is Allow."""
        return self.body.get("Effect") == "Allow"

    def elements(self, name: str) -> tuple[Element, ...]:
        """The text entries of `Action`, `NotAction`, `Resource` or `NotResource`, each with its pointer."""
        return tuple(_elements(self.body.get(name), f"{self.pointer}/{name}"))

    def picked(self, name: str, indexes: Iterable[int]) -> list[Element]:
        """Some of what `elements` gives: making all of it to look at a few takes long in the largest statements."""
        value, place = self.body[name], f"{self.pointer}/{name}"
        if isinstance(value, str):
            return [Element(value, place) for _ in indexes]
        if len(value) > len(self.action_names if name == "Action" else self.not_action_names):  # not all of it is text
            elements = self.elements(name)
            return [elements[index] for index in indexes]
        return [Element(value[index], f"{place}/{index}") for index in indexes]

    @cached_property
    def action_names(self) -> tuple[str, ...]:
        """The entries of `Action` in lower case, without their places."""
        return _lower(self.body.get("Action"))

    @cached_property
    def not_action_names(self) -> tuple[str, ...]:
        """The entries of `NotAction` in lower case."""
        return _lower(self.body.get("NotAction"))

    @cached_property
    def actions(self) -> tuple[Element, ...]:
        """The entries of `Action`."""
        return self.elements("Action")

    @cached_property
    def not_actions(self) -> tuple[Element, ...]:
        """The entries of `NotAction`."""
        return self.elements("NotAction")

    @cached_property
    def resources(self) -> tuple[Element, ...]:
        """The entries of `Resource`."""
        return self.elements("Resource")

    @cached_property
    def not_resources(self) -> tuple[Element, ...]:
        """The entries of `NotResource`."""
        return self.elements("NotResource")

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every key of every operator, in the author's order."""
        return tuple(_conditions(self.body.get("Condition"), f"{self.pointer}/Condition"))


@dataclass(frozen=True, eq=False)
class Policy:
    """One policy document and where it came from."""

    document: dict[str, Any]
    kind: Kind = Kind.IDENTITY
    source: Source | None = None
    base: str = ""
    """The JSON Pointer of the document inside its source, for files that hold more than the document."""
    name: str = ""
    """Who holds the policy, where the source tells: `group/Admins/inline`."""

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
        """What stands in `Action` and `NotAction` anywhere, in lower case."""
        return frozenset().union(*(names for s in self.statements for names in (s.action_names, s.not_action_names)))

    @cached_property
    def vocabulary(self) -> str:
        """The names of all elements, operators and condition keys of the statements, in lower case, in one text."""
        words: set[str] = set()
        for statement in self.statements:
            words.update(statement.body)
            block = statement.body.get("Condition")
            for operator, keys in block.items() if isinstance(block, dict) else ():
                words.add(operator)
                words.update(keys if isinstance(keys, dict) else ())
        return "\n".join(words).lower()

    @cached_property
    def size(self) -> int:
        """The number of characters that count against IAM's quotas (`canonical.size`)."""
        return size(self.document)

    def span(self, pointer: str) -> Span | None:
        """Where the value under a pointer of the document stands in the source; None where there is no source."""
        return self.source.span(self.base + pointer) if self.source else None


def escape(token: str) -> str:
    """A key as a token of a JSON Pointer (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


def _elements(value: Any, pointer: str) -> Iterator[Element]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, str):
                yield Element(item, f"{pointer}/{index}")
    elif isinstance(value, str):
        yield Element(value, pointer)


def _lower(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        texts = value if {*map(type, value)} <= {str} else [item for item in value if isinstance(item, str)]
        return tuple(map(intern, map(str.lower, texts)))  # for the many that will look them up
    return (value.lower(),) if isinstance(value, str) else ()


def _conditions(block: Any, pointer: str) -> Iterator[Condition]:
    if not isinstance(block, dict):
        return
    for text, keys in block.items():
        operator = _operator(text)
        if not isinstance(keys, dict) or not operator:
            continue
        for key, value in keys.items():
            place = f"{pointer}/{escape(text)}/{escape(key)}"
            values = value if isinstance(value, list) else [value]
            listed = isinstance(value, list)
            elements = tuple(Element(v, f"{place}/{i}" if listed else place) for i, v in enumerate(values))
            yield Condition(*operator, key, elements, place, text)


@lru_cache(maxsize=1024)
def _operator(text: str) -> tuple[str, str, bool] | None:
    """Operator, set prefix, whether `IfExists` follows."""
    match = _OPERATOR.fullmatch(text)
    return (match[2], match[1] or "", match[3] is not None) if match else None
