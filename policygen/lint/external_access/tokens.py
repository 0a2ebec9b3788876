"""Ask the evaluator whose tokens and assertions a trust policy accepts; only imported if it names a provider."""

from collections.abc import Iterator
from itertools import chain, product
from typing import NamedTuple

from policygen.access.denies import applies_to
from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement
from policygen.evaluate.match import Value
from policygen.evaluate.principal import PrincipalType
from policygen.evaluate.strangers import NAME, Caller, candidates, filled, strangers, values_of
from policygen.evaluate.tokens import STUFFING, others_subjects
from policygen.lint.access_analyzer.trust import GITHUB, oidc_provider
from policygen.lint.external_access.passing import compiled
from policygen.lint.rule import Objections
from policygen.policy.arn import parse
from policygen.policy.model import Condition, Policy
from policygen.policy.pattern import is_wild
from policygen.policy.principals import principals
from policygen.reference.callers import IdentityProvider, identity_provider

_ACTION = "sts:assumerolewithwebidentity"
_TRIES = 2_000
"""How many tokens are tried for one statement."""


def others_tokens(policy: Policy) -> Objections:
    """Object to conditions on an OpenID Connect provider's claims that other people's tokens satisfy."""
    ready = compiled(policy)
    for statement in ready.statements:
        for entry in principals(statement.statement) if statement.allows else ():
            provider = oidc_provider(entry.value) if entry.key == "Federated" else ""
            conditions = [c for c in statement.conditions if c.key.lower().startswith(f"{provider.lower()}:")]
            known = identity_provider(provider)
            subject = [condition for condition in conditions if condition.key.lower().endswith(":sub")]
            about = bool(provider and conditions and (subject or provider != GITHUB))
            if about and _lets_in(ready, statement, _Provider(entry.value, provider.lower(), known)):
                who = known.who if known else f"every user of `{provider}`"
                place = (subject or conditions)[0]
                pointer = place.values[0].pointer if place.values else place.pointer
                yield pointer, f"{who} can assume the role; compare `{provider}:sub` with your own subjects"


class _Provider(NamedTuple):
    """An identity provider that a statement trusts."""

    named: str
    """As the statement names it: an ARN, or the name of a provider that AWS has built in."""
    name: str
    """The prefix of the condition keys of its claims, in lower case."""
    known: IdentityProvider | None


def _lets_in(ready: CompiledPolicy, statement: CompiledStatement, provider: _Provider) -> bool:
    """Whether the statement allows, and no other one denies, a token that the provider issues to somebody else.

    If there are too many tokens to try them all, the answer is yes.
    """
    denies = [rule for rule in ready.statements if _denies_tokens(rule, provider)]
    by_key: dict[str, list[Condition]] = {}
    for condition in chain(statement.conditions, *(rule.conditions for rule in denies)):
        by_key.setdefault(condition.key.lower(), []).append(condition)
    for caller in strangers([ready], signed_only=False):
        if caller.type is PrincipalType.ANONYMOUS:
            found = {key: _passing(statement, key, conditions, provider, caller) for key, conditions in by_key.items()}
            for number, values in enumerate(product(*found.values())):
                token = {key: value for key, value in zip(found, values, strict=True) if value is not None}
                if number == _TRIES or not any(all(test(token) for test in rule.tests) for rule in denies):
                    return True
    return False


def _denies_tokens(rule: CompiledStatement, provider: _Provider) -> bool:
    """Whether a statement, if its conditions match, denies anyone with a token of a provider assuming the role."""
    body = rule.statement.body
    if rule.allows or "NotPrincipal" in body or not applies_to(rule.statement, _ACTION):
        return False  # how NotPrincipal applies to sessions with a token is not documented
    federated = {entry.value for entry in principals(rule.statement) if entry.key == "Federated"}
    return provider.named in federated or body.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})


def _passing(
    statement: CompiledStatement, key: str, conditions: list[Condition], provider: _Provider, caller: Caller
) -> list[Value | None]:
    """The values of a key, of somebody else's token or the request with it, for which the statement's tests pass."""
    pairs = zip(statement.conditions, statement.tests, strict=True)
    tests = [test for condition, test in pairs if condition.key.lower() == key]
    if not key.startswith(f"{provider.name}:"):
        found = [provider.named] if key == "aws:federatedprovider" else candidates(key, tuple(conditions), caller)
    else:
        found = [*dict.fromkeys(_claims(key, conditions, provider))]
    return [value for value in found if all(test({} if value is None else {key: value}) for test in tests)]


def _claims(key: str, conditions: list[Condition], provider: _Provider) -> Iterator[Value | None]:
    """The values that a claim can have in somebody else's token."""
    claim, known = key.removeprefix(f"{provider.name}:"), provider.known
    if known and claim in known.free:
        yield from values_of(conditions)
        return
    listed = [str(element.value) for condition in conditions for element in condition.values]
    if known and claim == "sub":
        yield from others_subjects(listed, known)
    else:
        several = [(NAME,)] if any(condition.qualifier for condition in conditions) else []
        yield from (NAME, None, *several)
        if known:
            wild = chain.from_iterable(filled(text, STUFFING) for text in listed if is_wild(text))
            yield from (text for text in wild if NAME in text.partition("/")[0])


def unaddressed_assertions(policy: Policy) -> Objections:
    """Object to trusting a SAML provider for assertions with any audience."""
    for statement in compiled(policy).statements:
        for entry in principals(statement.statement) if statement.allows else ():
            arn = parse(entry.value) if entry.key == "Federated" else None
            if arn and arn.resource.startswith("saml-provider/") and not _compares_saml(statement):
                yield (
                    entry.pointer,
                    f"assertions of `{entry.value}` for any application are accepted; compare `SAML:aud`",
                )


def _compares_saml(statement: CompiledStatement) -> bool:
    """Whether the conditions refuse an assertion with arbitrary values."""
    pairs = [p for p in zip(statement.conditions, statement.tests, strict=True) if p[0].key.lower().startswith("saml:")]
    keys = {condition.key.lower() for condition, _ in pairs}
    return any(
        not any(
            all(test({} if value is None else {key: value}) for c, test in pairs if c.key.lower() == key)
            for value in (NAME, (NAME,), None)
        )
        for key in keys
    )
