"""Whose tokens and assertions pass a trust policy, as the evaluator says; loaded for policies that name a provider."""

import re
from collections.abc import Iterator
from itertools import chain

from policygen.evaluate.compiled import CompiledStatement
from policygen.evaluate.match import Value
from policygen.evaluate.strangers import NAME, filled, values_of
from policygen.lint.access.passing import compiled
from policygen.lint.access_analyzer.principals import principals
from policygen.lint.access_analyzer.trust import GITHUB, oidc_provider
from policygen.lint.rule import Objections
from policygen.policy.arn import parse
from policygen.policy.model import Condition, Policy
from policygen.policy.pattern import is_wild
from policygen.reference.callers import IdentityProvider, identity_provider

_STUFFING = (NAME, f"{NAME}/{NAME}", f"{NAME}:{NAME}", f"{NAME}/{NAME}:ref:refs/heads/main", "")


def others_tokens(policy: Policy) -> Objections:
    """Where a provider of OpenID Connect lets in people who are not one's own, though its claims are compared."""
    for statement in compiled(policy).statements:
        for entry in principals(statement.statement) if statement.allows else ():
            provider = oidc_provider(entry.value) if entry.key == "Federated" else ""
            conditions = [c for c in statement.conditions if c.key.lower().startswith(f"{provider.lower()}:")]
            known = identity_provider(provider)
            subject = [condition for condition in conditions if condition.key.lower().endswith(":sub")]
            if provider and conditions and (subject or provider != GITHUB) and _lets_in(statement, provider, known):
                who = known.who if known else f"everybody whom `{provider}` knows"
                place = (subject or conditions)[0]
                pointer = place.values[0].pointer if place.values else place.pointer
                yield pointer, f"{who} can assume the role; compare `{provider}:sub` with what is your own"


def _lets_in(statement: CompiledStatement, provider: str, known: IdentityProvider | None) -> bool:
    """Whether some token that the provider issues to somebody else passes; each claim is compared by itself."""
    claims = {condition.key.lower() for condition in statement.conditions}
    return all(_claim_passes(statement, claim, provider.lower(), known) for claim in claims)


def _claim_passes(statement: CompiledStatement, key: str, provider: str, known: IdentityProvider | None) -> bool:
    pairs = [p for p in zip(statement.conditions, statement.tests, strict=True) if p[0].key.lower() == key]
    candidates = _candidates(key, [condition for condition, _ in pairs], provider, known)
    return any(all(test({} if value is None else {key: value}) for _, test in pairs) for value in candidates)


def _candidates(
    key: str, conditions: list[Condition], provider: str, known: IdentityProvider | None
) -> Iterator[Value | None]:
    """What somebody else's token can say for a claim."""
    claim = key.removeprefix(f"{provider}:")
    if claim == key or (known and claim in known.free):
        yield from values_of(conditions)
        return
    listed = [str(element.value) for condition in conditions for element in condition.values]
    wild = chain.from_iterable(filled(text, _STUFFING) for text in listed if is_wild(text))
    if known and claim == "sub":
        yield from (text for text in (known.example, *wild) if _is_other(text, known))
    else:
        yield from (NAME, (NAME,), None)
        if known:
            yield from (text for text in wild if NAME in text.partition("/")[0])


def _is_other(subject: str, known: IdentityProvider) -> bool:
    """Whether a `sub` has the form of the provider's and belongs to a tenant of any name."""
    match = re.fullmatch(known.subject, subject)
    return match is not None and NAME in match["tenant"]


def unaddressed_assertions(policy: Policy) -> Objections:
    """Where a SAML provider is trusted for assertions whoever they are made out to."""
    for statement in compiled(policy).statements:
        for entry in principals(statement.statement) if statement.allows else ():
            arn = parse(entry.value) if entry.key == "Federated" else None
            if arn and arn.resource.startswith("saml-provider/") and not _compares_saml(statement):
                yield entry.pointer, f"assertions of `{entry.value}` for any application will do; compare `SAML:aud`"


def _compares_saml(statement: CompiledStatement) -> bool:
    """Whether an assertion of which nothing is as it should be is held off."""
    pairs = [p for p in zip(statement.conditions, statement.tests, strict=True) if p[0].key.lower().startswith("saml:")]
    keys = {condition.key.lower() for condition, _ in pairs}
    return any(
        not any(
            all(test({} if value is None else {key: value}) for c, test in pairs if c.key.lower() == key)
            for value in (NAME, (NAME,), None)
        )
        for key in keys
    )
