"""One rule: a check, and its documentation and examples from one docstring."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from policygen.finding import Severity

FIRES, QUIET, UNKNOWN = "Fires on", "Quiet on", "Unknown on"
"""The labels of examples in a docstring: what the rule says about them."""

_EXAMPLE = re.compile(rf"^({FIRES}|{QUIET}|{UNKNOWN})(?: \((\w+)\))?:[ \t]*", re.MULTILINE)


class RuleFailedError(Exception):
    """A rule raised an exception, which is a bug in the rule."""


@dataclass(frozen=True)
class Example:
    """A policy or an account as JSON, and what the rule says about it: FIRES, QUIET or UNKNOWN."""

    verdict: str
    text: str
    kind: str = ""
    """The kind of policy; "" for an account."""

    @property
    def data(self) -> Any:
        """The JSON as Python values."""
        return json.loads(self.text)

    @property
    def fires(self) -> bool:
        """Whether the rule finds something in it."""
        return self.verdict == FIRES


class About(Protocol):
    """What only rules about policies (`lint.rule`) or only rules about accounts (`audit.rule`) have."""

    def example(self, verdict: str, text: str, kind: str) -> Example:
        """The example from a docstring; `kind` is the word in parentheses after its label, "" if there is none."""


Subject = TypeVar("Subject", bound=About)


@dataclass(frozen=True, eq=False)
class Rule(Generic[Subject]):
    """A rule. Settings can name it by its id, its group, or a ruleset that it belongs to."""

    id: str
    severity: Severity
    group: str
    check: Callable[..., Iterator[Any]]
    """Takes the subject, and the rule's parameters as keywords."""
    about: Subject
    docstring: str
    rulesets: frozenset[str] = frozenset()
    default: bool = True
    """Whether it runs if the settings do not select any rules."""

    @cached_property
    def summary(self) -> str:
        """The first line of the documentation: what is wrong, in one sentence."""
        return self.documentation.partition("\n")[0]

    @cached_property
    def documentation(self) -> str:
        """The text before the examples: summary, "Why it matters", "Instead"."""
        return self._parts[0].strip()

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The examples, in order."""
        parts = self._parts
        found = zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
        return tuple(self.about.example(verdict, text.strip(), kind or "") for verdict, kind, text in found)

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters of the check with their defaults: whole numbers, or tuples of texts."""
        from inspect import signature

        given = signature(self.check).parameters.values()
        return {parameter.name: parameter.default for parameter in given if parameter.kind is parameter.KEYWORD_ONLY}

    @cached_property
    def _parts(self) -> list[str]:
        from inspect import cleandoc

        return _EXAMPLE.split(cleandoc(self.docstring))

    def run(self, subject: Any, place: str, **parameters: Any) -> Iterator[Any]:
        """What the check yields for a subject; raises RuleFailedError, naming the rule and the place, if it raises."""
        try:
            yield from self.check(subject, **parameters)
        except Exception as error:
            raise self.failed(place, error) from error

    def failed(self, place: str, error: Exception) -> RuleFailedError:
        """The error to raise when the check raises on a subject."""
        return RuleFailedError(f"rule {self.id} failed on {place}: {error!r}")


def add(rule: Rule[Subject], registry: dict[str, Rule[Subject]]) -> None:
    """Add a rule to a registry; raises ValueError if its id is taken."""
    if rule.id in registry:
        raise ValueError(f"two rules are called {rule.id}")
    registry[rule.id] = rule
