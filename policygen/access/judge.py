"""Whether policies allow a user or role any of what is asked: each distinct set of policies is judged once."""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

from policygen.access.asked import Asked
from policygen.access.ordinary import in_account, is_asked, ordinary
from policygen.access.owned import owned_by
from policygen.access.specialised import Known, Specialised, keys_of
from policygen.access.subject import Subject, is_personal
from policygen.evaluate import CompiledPolicy, Layers, Outcome, Request, compile_policy, decide
from policygen.evaluate.compare import Comparison, Verdict, granted
from policygen.evaluate.match import Context
from policygen.evaluate.service_rules import outside_organization_policies
from policygen.policy.model import Policy
from policygen.reference.resources import is_arn, is_everything, touched
from policygen.reference.services import data_date, find_action

_TRIED = 6
"""How many sets of condition keys to try."""
_NOT_ITS_OWN = "a request that is allowed was found, but not one that this principal makes"


class Judged(NamedTuple):
    """Whether a request can be allowed: one that is, or why that is not known."""

    verdict: Verdict
    witness: Request | None = None
    reason: str = ""


def usual_contexts() -> list[Context]:
    """The condition keys of ordinary requests: none in particular, and those of a session with MFA."""
    return [{}, {"aws:multifactorauthpresent": "true"}]


class Judge:
    """Judges policies about one question, and remembers what it judged."""

    def __init__(self, asked: Asked, owner: str = "", contexts: list[Context] | None = None) -> None:
        """`owner` is the account of resources whose ARNs do not name one, "" if that is not known.

        `contexts` are the condition keys of requests that were allowed, to try first; new ones are added.
        """
        self.asked, self.owner = asked, owner
        self._contexts = usual_contexts() if contexts is None else contexts
        self._judged: dict[object, Judged] = {}
        self._specialised = Specialised()
        self._personal: dict[int, frozenset[str]] = {}

    def judge(self, subject: Subject, layers: Layers) -> Judged:
        """Whether the policies allow a subject any of what is asked; `decide` allows the witness."""
        known = subject.known(self._personal_keys(layers))
        alike = _key(subject, layers)
        own = alike, tuple(sorted(known.items(), key=repr))
        if own in self._judged and not self._judged[own].witness:
            return self._judged[own]
        shown = self._judged[alike].witness if alike in self._judged else None
        if request := self._tried(subject, layers, known, shown):
            return self._remembered(alike, request)
        judged = self._search(subject, layers, known)
        if judged.witness:
            self._contexts.append(judged.witness.context)
            return self._remembered(alike, judged.witness)
        self._judged[own] = judged
        return judged

    def _remembered(self, alike: object, request: Request) -> Judged:
        self._judged[alike] = Judged(Verdict.FOUND, request)
        return self._judged[alike]

    def _tried(self, subject: Subject, layers: Layers, known: Known, shown: Request | None) -> Request | None:
        """A request that is allowed, among those of others with equal policies and ordinary ones."""
        if shown and (request := self._made_by(subject, layers, known, shown)):
            return request
        for action, resource in ordinary(self.asked, layers, subject.principal.account, subject.keys):
            for context in self._contexts[-_TRIED:]:
                earlier = Request(subject.principal, action, context=context)
                request = subject.makes(earlier, resource, known, self.owner)
                if decide(request, layers).outcome is Outcome.ALLOW:
                    return request
        return None

    def _search(self, subject: Subject, layers: Layers, known: Known) -> Judged:
        special = self._specialised.layers(layers, known) if known else layers
        if _plainly_nothing(subject, special):
            return Judged(Verdict.NONE)
        if not _any_allow(special.identity):
            special = replace(special, identity=(*special.identity, _allow_nothing()))
        if _is_not_taken(self.asked, special):
            return Judged(Verdict.UNKNOWN, reason=_not_taken())
        special = owned_by(self.owner, self.asked, special)
        found = granted(special, self.asked.actions, self.asked.resources, principal=subject.principal)
        if found.verdict is not Verdict.FOUND or not found.witness:
            return Judged(found.verdict, reason=reason_of(found))
        if request := self._made_by(subject, layers, known, found.witness):
            return Judged(Verdict.FOUND, request)
        decision = decide(subject.makes(found.witness, found.witness.resource, known, self.owner), layers)
        return Judged(Verdict.UNKNOWN, reason=decision.reason if decision.outcome is Outcome.UNKNOWN else _NOT_ITS_OWN)

    def _made_by(self, subject: Subject, layers: Layers, known: Known, shown: Request) -> Request | None:
        """A request of somebody else, made by a subject; None if that is not allowed."""
        for resource in dict.fromkeys((in_account(shown.resource, subject.principal.account), shown.resource)):
            request = subject.makes(shown, resource, known, self.owner)
            if is_asked(self.asked, resource) and decide(request, layers).outcome is Outcome.ALLOW:
                return request
        return None

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
    return _not_taken() if found.shown else found.reason


def _not_taken() -> str:
    return f"allowed only on resources that the action does not take, as far as AWS's data of {data_date()} knows"


def _is_not_taken(asked: Asked, layers: Layers) -> bool:
    """Whether one Allow is all there is, and plainly allows actions only on resources that they do not take."""
    statements = [statement.statement for policy in layers.identity for statement in policy.statements]
    actions = [find_action(action) for action in asked.actions]
    if (
        asked.resources != ("*",)
        or not layers.identity_alone
        or len(statements) != 1
        or not statements[0].resource_texts
        or None in actions
    ):
        return False
    return not any(
        "${" in text or is_everything(text) or not is_arn(text) or types & touched(action.service, text)
        for action in filter(None, actions)
        for types in [frozenset(name.lower() for name in action.resource_types)]
        for text in statements[0].resource_texts
    )


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


def _key(subject: Subject, layers: Layers) -> object:
    """Equal for subjects whose requests are decided alike, unless condition keys tell them apart."""
    who = subject.principal
    naming = tuple(s.naming(who) for policy in layers.resource or () for s in policy.statements if s.naming)
    outside = tuple(outside_organization_policies(who, kind) for kind in ("scp", "rcp"))
    statements = frozenset((name, *map(id, policy.statements)) for name, policy in layers.named())
    return who.type, who.account, outside, naming, statements, layers.resource is None, len(layers.scps)
