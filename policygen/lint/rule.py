"""What a rule is: a function over a policy whose docstring holds its documentation and its examples."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policygen.finding import Severity
from policygen.policy.model import Kind, Policy
from policygen.policy.source import Source

Objections = Iterator[tuple[str, str]]
"""(JSON Pointer inside the document, message) for each place that a rule objects to."""

Check = Callable[[Policy], Objections]
"""What a rule is as a function."""


class OfKey(str):
    """A JSON Pointer that means the key that leads there, not the value."""

    __slots__ = ()


class OfActions(str):
    """A message that speaks of a set of actions, by name or as patterns; a larger set is another finding."""

    actions: tuple[str, ...]

    def __new__(cls, message: str, actions: Iterable[str]) -> "OfActions":
        """A message, and the actions in any order."""
        self = super().__new__(cls, message)
        self.actions = tuple(sorted(set(actions)))
        return self


_REPEATED = re.compile(r"x\{(\d+)\}")
_EXAMPLE = re.compile(r"^(Fires on|Quiet on)(?: \((\w+)\))?:[ \t]*", re.MULTILINE)
_ORDINARY: dict[Kind, dict[str, Any]] = {
    Kind.IDENTITY: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    Kind.RCP: {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"},
    Kind.RESOURCE: {
        "Effect": "Allow",
        "Principal": {"AWS": "123456789012"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::app/*",
    },
    Kind.TRUST: {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    },
}
"""What `…` means at the start of an example: the elements of a statement that the rule does not depend on."""
_REGISTRY: "dict[str, Rule]" = {}


@dataclass(frozen=True)
class Example:
    """A policy on which a rule must fire, or must not; `x{99}` in its text stands for 99 times the letter."""

    fires: bool
    text: str
    kind: Kind

    @property
    def policy(self) -> Policy:
        """The example as a policy; a single statement is wrapped into a document."""
        text = _REPEATED.sub(lambda repeated: "x" * int(repeated[1]), self.text)
        document: Any = Source(text, "example").data
        if "Statement" not in document and "Version" not in document:
            document = {"Version": "2012-10-17", "Statement": [document]}
        return Policy(document, self.kind)


@dataclass(frozen=True, eq=False)
class Rule:
    """A registered rule."""

    id: str
    severity: Severity
    group: str
    kinds: frozenset[Kind]
    check: Check
    decisive: bool = False
    """Whether what other rules say of the same place only follows from what this one says, and is left out."""

    @cached_property
    def summary(self) -> str:
        """The first line of the documentation: what is wrong, in one sentence."""
        return self.documentation.partition("\n")[0]

    @cached_property
    def documentation(self) -> str:
        """The text before the examples: summary, "Why it matters", "Instead"."""
        return _EXAMPLE.split(_docstring(self.check), maxsplit=1)[0].strip()

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The examples of the docstring, in order."""
        parts = _EXAMPLE.split(_docstring(self.check))[1:]
        return tuple(
            _example(verdict == "Fires on", text.strip(), Kind(kind or min(self.kinds, key=list(Kind).index)))
            for verdict, kind, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        )


def _example(fires: bool, text: str, kind: Kind) -> Example:
    """An example with the elements that `…` means written out."""
    if text.startswith("{…,"):
        given = json.loads("{" + text.removeprefix("{…,"))
        rest = _ORDINARY.get(kind, _ORDINARY[Kind.IDENTITY])
        statement = {name: value for name, value in rest.items() if f"Not{name}" not in given} | given
        text = json.dumps(statement, ensure_ascii=False).replace(', "Condition"', ',\n "Condition"')
    return Example(fires, text, kind)


def _docstring(check: Check) -> str:
    from inspect import cleandoc

    return cleandoc(check.__doc__ or "")


def rule(
    id: str,  # noqa: A002
    severity: Severity,
    *,
    group: str,
    kinds: tuple[Kind, ...] = tuple(Kind),
    decisive: bool = False,
) -> Callable[[Check], Check]:
    """Register a function as a rule of a group, for the kinds of policy that it has something to say about.

    Where a `decisive` rule objects to a place, no other rule is heard about that place.
    """

    def register(check: Check) -> Check:
        if id in _REGISTRY:
            raise ValueError(f"two rules are called {id}")
        _REGISTRY[id] = Rule(id, severity, group, frozenset(kinds), check, decisive)
        return check

    return register


def registry() -> dict[str, Rule]:
    """Every rule by its id, in the order of the modules that define them."""
    from policygen.lint import rules  # noqa: F401  (importing the modules registers their rules)

    return _REGISTRY
