"""What an audit rule is: a function over a snapshot whose docstring holds its documentation and its examples."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policygen.account.model import Account
from policygen.audit.result import Verdict
from policygen.finding import Severity

Check = Callable[..., Iterator[Verdict]]
"""Takes a Subject, and parameters as keywords with defaults; yields a verdict for every entity that it looked at."""

RULESETS: Mapping[str, str] = {
    "strategy": "What the user management strategy asks for.",
    "scout2": "What Scout2 and ScoutSuite look for in IAM.",
    "cis": "Section 2 of the CIS AWS Foundations Benchmark v6.0.",
}

TOPICS: Mapping[str, str] = {
    "users": "User policies",
    "membership": "Membership",
    "common-groups": "Common groups",
    "admins": "Administrators",
    "escalation": "Escalation",
    "credentials": "Credentials",
    "stolen-keys": "Stolen keys",
    "root": "Root user",
    "password-policy": "Password policy",
    "groups": "Groups",
    "policies": "Policies",
    "roles": "Roles",
}
"""The modules of rules, by their names in menus and headings."""

_EXAMPLE = re.compile(r"^(Fires on|Quiet on|Unknown on):[ \t]*", re.MULTILINE)
_REGISTRY: "dict[str, Rule]" = {}


@dataclass(frozen=True)
class Example:
    """A small account on which a rule must fail, pass or not know (`verdict`: `Fires on`, …)."""

    verdict: str
    text: str

    @property
    def data(self) -> dict[str, Any]:
        """What `policygen.audit.example` makes an account of."""
        data: dict[str, Any] = json.loads(self.text)
        return data


@dataclass(frozen=True)
class Rule:
    """A registered rule. `marks` names the fact of an entity that it is about, `cis` the control of the benchmark."""

    id: str
    severity: Severity
    check: Check
    needs: tuple[str, ...]
    rulesets: frozenset[str]
    default: bool
    marks: str
    cis: str

    @cached_property
    def group(self) -> str:
        """The topic: the module that the rule stands in."""
        return self.check.__module__.rpartition(".")[2].replace("_", "-")

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters with their defaults: whole numbers, or tuples of texts."""
        given = inspect.signature(self.check).parameters.values()
        return {parameter.name: parameter.default for parameter in given if parameter.kind is parameter.KEYWORD_ONLY}

    @cached_property
    def summary(self) -> str:
        """The first line of the documentation: what is wrong, in one sentence."""
        return self.documentation.partition("\n")[0]

    @cached_property
    def documentation(self) -> str:
        """The text before the examples: summary, "Why it matters", "Instead"."""
        return _EXAMPLE.split(inspect.cleandoc(self.check.__doc__ or ""), maxsplit=1)[0].strip()

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The examples of the docstring, in order."""
        parts = _EXAMPLE.split(inspect.cleandoc(self.check.__doc__ or ""))[1:]
        return tuple(Example(verdict, text.strip()) for verdict, text in zip(parts[::2], parts[1::2], strict=True))

    def missing(self, account: Account) -> str:
        """The first part of the snapshot that the rule needs and that was not read; "" where all are there."""
        needs = (need.split("|") for need in self.needs)
        return next((either[0] for either in needs if not account.parts.intersection(either)), "")


def rule(
    id: str,  # noqa: A002
    severity: Severity,
    *,
    needs: tuple[str, ...],
    rulesets: tuple[str, ...] = (),
    default: bool = True,
    marks: str = "",
    cis: str = "",
) -> Callable[[Check], Check]:
    """Register a function as a rule that reads the parts `needs` of a snapshot (`a|b`: either will do).

    `default` says whether it runs where the owner chose nothing.
    """

    def register(check: Check) -> Check:
        if id in _REGISTRY:
            raise ValueError(f"two rules are called {id}")
        sets = frozenset(rulesets) | ({"cis"} if cis else frozenset())
        _REGISTRY[id] = Rule(id, severity, check, needs, sets, default, marks, cis)
        return check

    return register


def registry() -> dict[str, Rule]:
    """Every rule by its id, in the order of the modules that define them."""
    from policygen.audit import rules  # noqa: F401  (importing the modules registers their rules)

    return _REGISTRY


def topics() -> dict[str, list[Rule]]:
    """Every rule by its topic, in the order of TOPICS."""
    found: dict[str, list[Rule]] = {topic: [] for topic in TOPICS}
    for one in registry().values():
        found[one.group].append(one)
    return found
