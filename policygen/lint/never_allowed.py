"""The check of a rule about what no policy may allow: some actions on some resources, unless a condition is met.

The comparer decides whether a policy allows such a request. The Allow statements are asked one by one, each with the
policy's Denies: that is exact, since Allows only add up, and it tells which statement it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from policygen.evaluate import CompiledPolicy, Layers, Verdict, compile_policy, differences, granted
from policygen.lint.rule import Objections, OfActions
from policygen.policy.model import Kind, Policy, Statement
from policygen.policy.pattern import intersects
from policygen.reference.resources import is_everything
from policygen.reference.services import find_action

KINDS = frozenset((Kind.IDENTITY, Kind.RESOURCE, Kind.TRUST))
"""The kinds of policies that allow something; boundaries, SCPs and RCPs only limit."""
_EVERYBODY = ("*", {"AWS": "*"})
_MOST = 30
"""The most statements of one policy that are searched, each for up to a few seconds."""


class Broken(NamedTuple):
    """A statement that allows what is never allowed, or may do so."""

    statement: Statement
    request: str = ""
    """A request that it allows; "" if that is not known."""
    actions: tuple[str, ...] = ()
    """All actions of such requests that AWS's data lists."""
    doubt: str = ""
    """Why it is not known."""


@dataclass(frozen=True, eq=False)
class NeverAllowed:
    """The check; calling it with a policy yields the statements that break the rule, or may."""

    message: str
    """What the rule says, in the words of its author."""
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    unless: Mapping[str, Any] | None = None
    """A condition as in a policy, under which the actions may be allowed."""

    def __call__(self, policy: Policy) -> Objections:
        """What the rule says about a policy."""
        first, space, others = self.message.removesuffix(".").partition(" ")
        said = (first.lower() if first.isalpha() and first.istitle() else first) + space + others
        for statement, request, actions, doubt in self.broken(policy):
            what = f"{request} is allowed" if request else f"whether this statement allows it is unknown: {doubt}"
            yield _place(statement), OfActions(f"{said}; {what}", actions)

    def broken(self, policy: Policy) -> Iterator[Broken]:
        """The statements of a policy that break the rule, and those of which that is not known."""
        denies, others = _denies(policy)
        about = [statement for statement in policy.statements if statement.allows and self._may_be_about(statement)]
        for number, statement in enumerate(about):
            if number == _MOST:
                yield Broken(statement, doubt=f"more than {_MOST} statements of the policy are about these actions")
                return
            found = self._judge(policy, statement, denies)
            if found and found.request and others:
                found = self._judge_principals(policy, statement, "a Deny of the policy may take it back")
            if found:
                yield found

    def _may_be_about(self, statement: Statement) -> bool:
        names = statement.action_names
        return not names or any(intersects(name, action.lower()) for name in names for action in self.actions)

    def _judge(self, policy: Policy, statement: Statement, denies: list[dict[str, Any]]) -> Broken | None:
        body = _known(policy, statement)
        if not body:
            return None  # nothing judges what is known only at deployment, and every report counts it
        if _is_about_itself(policy, statement) and not any(map(is_everything, self.resources)):
            return Broken(statement, doubt="the resource that the policy is attached to is not known here")
        asked = {"Version": policy.version, "Statement": [_of_anyone(body), *denies, *self._not_asked]}
        found = [*differences(self._allowed, Layers(identity=(compile_policy(Policy(asked)),)))]
        gained = [one for one in found if one.verdict is Verdict.FOUND]
        if gained and (witness := gained[0].witness):
            actions = tuple(action for one in gained for action in one.actions if find_action(action))
            return Broken(statement, f"`{witness.action}` on `{witness.resource}`", actions)
        if found:
            return Broken(statement, doubt=found[0].reason)
        if _is_about_others(policy, statement):
            return self._judge_principals(policy, statement, "its callers are neither users nor roles")
        return None

    def _judge_principals(self, policy: Policy, statement: Statement, doubt: str) -> Broken | None:
        """The judgement of a statement of a resource's policy by a search over the principals that the policy names."""
        denies = [other for other in policy.statements if other.effect == "Deny"]
        if policy.kind is Kind.IDENTITY or self.unless or any(_unknown(policy, deny) for deny in denies):
            return Broken(statement, doubt=doubt)
        asked = {"Version": policy.version, "Statement": [_known(policy, statement), *(deny.body for deny in denies)]}
        stack = Layers(resource=(compile_policy(Policy(asked, policy.kind)),))
        found = granted(stack, self.actions, self.resources)
        if found.verdict is Verdict.FOUND and (witness := found.witness):
            return Broken(statement, f"`{witness.action}` on `{witness.resource}`", found.actions)
        return Broken(statement, doubt=found.reason) if found.verdict is Verdict.UNKNOWN else None

    @property
    def _not_asked(self) -> list[dict[str, Any]]:
        """Denies of everything that the rule is not about."""
        return [
            {"Effect": "Deny", "NotAction": list(self.actions), "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "NotResource": list(self.resources)},
        ]

    @property
    def _allowed(self) -> Layers:
        return Layers(identity=(self.exception,)) if self.unless else Layers()

    @property
    def exception(self) -> CompiledPolicy:
        """A policy that allows what `unless` lets policies allow."""
        allow = {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}
        statement = {**allow, "Condition": self.unless or {}}
        return compile_policy(Policy({"Version": "2012-10-17", "Statement": [statement]}))


def _place(statement: Statement) -> str:
    element = next((name for name in ("Action", "NotAction") if name in statement.body), "")
    return f"{statement.pointer}/{element}".removesuffix("/")


def _denies(policy: Policy) -> tuple[list[dict[str, Any]], bool]:
    """The Denies that apply to everybody, and whether there are others."""
    every = [statement for statement in policy.statements if statement.effect == "Deny"]
    plain = [
        statement
        for statement in every
        if not _unknown(policy, statement)
        and (policy.kind is Kind.IDENTITY or statement.body.get("Principal") in _EVERYBODY)
    ]
    return [_of_anyone(statement.body) for statement in plain], len(plain) < len(every)


def _unknown(policy: Policy, statement: Statement) -> set[str]:
    """The pointers inside a statement of what is known only at deployment."""
    start = f"{statement.pointer}/"
    return {pointer.removeprefix(start) for pointer in policy.unknown if pointer.startswith(start)}


def _known(policy: Policy, statement: Statement) -> dict[str, Any]:
    """A statement without the actions and resources that are unknown; empty if nothing certain is left."""
    unknown, body = _unknown(policy, statement), dict(statement.body)
    if not unknown:
        return body
    for name in ("Action", "Resource"):
        items = body.get(name)
        if isinstance(items, list):
            body[name] = [item for index, item in enumerate(items) if f"{name}/{index}" not in unknown]
            unknown -= {f"{name}/{index}" for index in range(len(items))}
    return body if not unknown and [] not in body.values() else {}


def _of_anyone(given: dict[str, Any]) -> dict[str, Any]:
    """A statement as one of an identity policy, for everybody; in a policy of a resource it may name no resource."""
    body = {name: value for name, value in given.items() if name not in ("Sid", "Principal", "NotPrincipal")}
    named = {"Principal", "NotPrincipal"} & given.keys() and not {"Resource", "NotResource"} & given.keys()
    return {**body, "Resource": "*"} if named else body


def _is_about_itself(policy: Policy, statement: Statement) -> bool:
    """Whether a statement of a resource's policy is about that resource, which the policy does not name."""
    listed = "NotResource" in statement.body or statement.resource_texts
    return policy.kind is not Kind.IDENTITY and (not listed or any(map(is_everything, statement.resource_texts)))


def _is_about_others(policy: Policy, statement: Statement) -> bool:
    """Whether a statement may be about callers that are neither users nor roles: those of providers, and services."""
    if policy.kind is Kind.IDENTITY:
        return False
    principal = statement.body.get("Principal")
    keys = [condition.key.lower() for condition in statement.conditions]
    return (isinstance(principal, dict) and "Federated" in principal) or any(
        key.startswith("aws:principal") and "service" in key for key in keys
    )
