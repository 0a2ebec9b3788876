"""Rules about policies: what a check yields, how a rule is registered, and what its examples mean."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from policygen.finding import Severity
from policygen.policy.model import Kind, Policy
from policygen.policy.source import Source
from policygen.rule import rule as rules
from policygen.rule.rule import Example

Objections = Iterator[tuple[str, str]]
"""The JSON Pointer inside the document and the message, for each place that a rule objects to."""

Check = Callable[[Policy], Objections]
"""The function of a rule."""


class OfKey(str):
    """A JSON Pointer that means the key, not its value."""

    __slots__ = ()


class OfActions(str):
    """A message about a set of actions, by name or as patterns; a larger set is another finding."""

    actions: tuple[str, ...]

    def __new__(cls, message: str, actions: Iterable[str]) -> "OfActions":
        """A message, and the actions in any order."""
        self = super().__new__(cls, message)
        self.actions = tuple(sorted(set(actions)))
        return self


_REPEATED = re.compile(r"x\{(\d+)\}")
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
"""The elements of a statement that `…` means at the start of an example, for each kind of policy."""
REGISTRY: "dict[str, rules.Rule[AboutPolicies]]" = {}
"""The rules whose modules were imported; `lint.rules.registry` imports all of them."""


@dataclass(frozen=True)
class AboutPolicies:
    """What only rules about policies have."""

    kinds: frozenset[Kind] = frozenset(Kind)
    """The kinds of policy that it checks."""
    decisive: bool = False
    """Whether its findings replace those of other rules on the same place, which only follow from them."""
    family: str = ""
    """Of the rules of a family, only the first that objects to a statement reports it."""

    def example(self, verdict: str, text: str, kind: str) -> Example:
        """An example with `…` written out; its kind is the first that the rule checks, if none is given."""
        kind = Kind(kind) if kind else min(self.kinds, key=list(Kind).index)
        if text.startswith("{…,"):
            given = json.loads("{" + text.removeprefix("{…,"))
            rest = _ORDINARY.get(kind, _ORDINARY[Kind.IDENTITY])
            statement = {name: value for name, value in rest.items() if f"Not{name}" not in given} | given
            text = json.dumps(statement, ensure_ascii=False).replace(', "Condition"', ',\n "Condition"')
        return Example(verdict, text, kind)


Rule = rules.Rule[AboutPolicies]


def rule(
    id: str,  # noqa: A002
    severity: Severity,
    *,
    group: str,
    kinds: tuple[Kind, ...] = tuple(Kind),
    decisive: bool = False,
    family: str = "",
) -> Callable[[Check], Check]:
    """Register a function as a rule of a group, for the kinds of policy that it checks.

    If a `decisive` rule objects to a place, the findings of other rules about that place are left out. The rules of a
    `family`, registered from the worst to the mildest, make one finding for each statement.
    """

    def register(check: Check) -> Check:
        about = AboutPolicies(frozenset(kinds), decisive, family)
        rules.add(rules.Rule(id, severity, group, check, about, check.__doc__ or ""), REGISTRY)
        return check

    return register


def policy_of(example: Example) -> Policy:
    """The policy of an example; a single statement is put into a document, and `x{99}` means 99 times the letter."""
    text = _REPEATED.sub(lambda repeated: "x" * int(repeated[1]), example.text)
    document: Any = Source(text, "example").data
    if "Statement" not in document and "Version" not in document:
        document = {"Version": "2012-10-17", "Statement": [document]}
    return Policy(document, Kind(example.kind))
