"""Whether policies allow a user or role any of what is asked: each distinct set of policies is judged once."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from policygen.access.asked import Asked
from policygen.access.owned import owned_by
from policygen.access.specialised import Known, Specialised, keys_of, put
from policygen.access.subject import Subject, is_personal
from policygen.evaluate import CompiledPolicy, Layers, Outcome, Request, compile_policy, decide
from policygen.evaluate.compare import Comparison, Verdict, granted
from policygen.evaluate.service_rules import outside_organization_policies
from policygen.evaluate.values import filled
from policygen.policy.arn import arn_matches, segments
from policygen.policy.model import Policy
from policygen.reference.services import data_date

_NOT_ITS_OWN = "a request that is allowed was found, but not one that this principal makes"


class Judged(NamedTuple):
    """Whether a request can be allowed: one that is, or why that is not known."""

    verdict: Verdict
    witness: Request | None = None
    reason: str = ""


class Judge:
    """Judges policies about one question, and remembers what it judged."""

    def __init__(self, asked: Asked, owner: str = "") -> None:
        """`owner` is the account of resources whose ARNs do not name one, "" if that is not known."""
        self.asked, self.owner = asked, owner
        self._judged: dict[object, Judged] = {}
        self._specialised = Specialised()
        self._personal: dict[int, frozenset[str]] = {}

    def judge(self, subject: Subject, layers: Layers) -> Judged:
        """Whether the policies allow a subject any of what is asked; `decide` allows the witness."""
        known = subject.known(self._personal_keys(layers))
        alike = _key(subject, layers)
        own = alike, tuple(sorted(known.items(), key=repr))
        allows = frozenset(id(s) for policy in layers.identity for s in policy.statements if s.allows)
        for key in (alike, own, allows):
            shown = self._judged[key].witness if key in self._judged else None
            if shown and (request := self._made_by(subject, layers, known, shown)):
                return Judged(Verdict.FOUND, request)
        if own not in self._judged or self._judged[own].witness:
            self._judged[own] = self._search(subject, layers, known)
            if self._judged[own].witness:
                self._judged[alike] = self._judged[allows] = self._judged[own]
        return self._judged[own]

    def _search(self, subject: Subject, layers: Layers, known: Known) -> Judged:
        special = self._specialised.layers(layers, known) if known else layers
        if _plainly_nothing(subject, special):
            return Judged(Verdict.NONE)
        if not _any_allow(special.identity):
            special = replace(special, identity=(*special.identity, _allow_nothing()))
        special = owned_by(self.owner, self.asked, special)
        found = granted(special, self.asked.actions, self.asked.resources, principal=subject.principal)
        if found.verdict is not Verdict.FOUND or not found.witness:
            return Judged(found.verdict, reason=reason_of(found))
        if request := self._made_by(subject, layers, known, found.witness):
            return Judged(Verdict.FOUND, request)
        decision = decide(subject.makes(found.witness, found.witness.resource, known, self.owner), layers)
        return Judged(Verdict.UNKNOWN, reason=decision.reason if decision.outcome is Outcome.UNKNOWN else _NOT_ITS_OWN)

    def _made_by(self, subject: Subject, layers: Layers, known: Known, shown: Request) -> Request | None:
        """The request of somebody with similar policies, made by a subject; None if that is not allowed."""
        for resource in self._resources(subject, layers, shown.resource):
            request = subject.makes(shown, resource, known, self.owner)
            if decide(request, layers).outcome is Outcome.ALLOW:
                return request
        return None

    def _resources(self, subject: Subject, layers: Layers, shown: str) -> Iterator[str]:
        """Resources to try: the one shown, in the subject's account, and what Allows name by policy variables."""
        yield from dict.fromkeys(filter(self._is_asked, (in_account(shown, subject.principal.account), shown)))
        for _, policy in layers.named():
            for statement in policy.statements:
                for text in statement.statement.resource_texts if statement.allows else ():
                    own = put(text, subject.keys) if "${" in text else None
                    if own and "${" not in own and self._is_asked(example := filled(own)):
                        yield example

    def _is_asked(self, resource: str) -> bool:
        return any(asked == "*" or arn_matches(asked, resource) for asked in self.asked.resources)

    def _personal_keys(self, layers: Layers) -> list[str]:
        """The condition keys and policy variables that differ between principals."""
        found: set[str] = set()
        for _, policy in layers.named():
            for statement in policy.statements:
                if id(statement) not in self._personal:
                    self._personal[id(statement)] = frozenset(filter(is_personal, keys_of(statement)))
                found |= self._personal[id(statement)]
        return sorted(found)


def reason_of(found: Comparison) -> str:
    """Why it is not known, in words that are equal for all actions on resources of types that they do not take."""
    if not found.shown:
        return found.reason
    return f"allowed only on resources that the action does not take, as far as AWS's data of {data_date()} knows"


def _plainly_nothing(subject: Subject, layers: Layers) -> bool:
    """Whether a layer that has to allow requests does not allow any.

    The search would read policies that only limit on top of one that allows everything.
    """
    if not all(map(_any_allow, layers.scps)) and not outside_organization_policies(subject.principal, "scp"):
        return True
    own = [layers.identity, *([(layers.boundary,)] if layers.boundary else [])]
    return layers.resource is None and not all(map(_any_allow, own))


@cache
def _allow_nothing() -> CompiledPolicy:
    """A policy without an effect, beside which the search does not add one that allows everything."""
    allow = {"Effect": "Allow", "Action": "policygen:Nothing", "Resource": "*"}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}))


def _any_allow(policies: tuple[CompiledPolicy, ...]) -> bool:
    return any(statement.allows for policy in policies for statement in policy.statements)


def in_account(resource: str, account: str) -> str:
    """The ARN with its account, if it has one, replaced."""
    parts = segments(resource)
    return ":".join((*parts[:4], account, parts[5])) if len(parts) == 6 and parts[4].isdigit() else resource


def _key(subject: Subject, layers: Layers) -> object:
    """Equal for subjects whose requests are decided alike, unless condition keys tell them apart."""
    who = subject.principal
    naming = tuple(s.naming(who) for policy in layers.resource or () for s in policy.statements if s.naming)
    outside = tuple(outside_organization_policies(who, kind) for kind in ("scp", "rcp"))
    statements = frozenset((name, *map(id, policy.statements)) for name, policy in layers.named())
    return who.type, who.account, outside, naming, statements, layers.resource is None, len(layers.scps)
