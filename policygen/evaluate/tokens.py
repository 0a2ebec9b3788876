"""Whether a trust policy lets in a stranger's token: one that an identity provider gives to another of its tenants.

A provider that is not known to have many tenants may be the account's own, or one where anybody can sign in: of its
tokens nothing is certain.
"""

from collections.abc import Iterator
from itertools import islice, product

from policygen.evaluate import principal as principals
from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement
from policygen.evaluate.match import Value
from policygen.evaluate.principal import Naming, Principal, PrincipalType
from policygen.evaluate.request import Request
from policygen.evaluate.strangers import NAME, filled
from policygen.evaluate.values import ACCOUNT
from policygen.policy.model import Condition, Kind
from policygen.policy.pattern import is_wild
from policygen.reference.callers import IdentityProvider, identity_provider
from policygen.reference.identity_providers import vouched_for

_ACTION = "sts:AssumeRoleWithWebIdentity"
STUFFING = (NAME, f"{NAME}/{NAME}", f"{NAME}:{NAME}", f"{NAME}/{NAME}:ref:refs/heads/main", "")
"""What a stranger's `sub` may have where a pattern has a wildcard."""
_TRIES = 200
_EXACT = ("stringequals", "stringequalsignorecase", "stringlike")


def providers(statement: CompiledStatement) -> list[str]:
    """The identity providers that an Allow names."""
    body = statement.statement.body.get("Principal")
    named = body.get("Federated", []) if statement.allows and isinstance(body, dict) else []
    return [named] if isinstance(named, str) else list(named)


def is_for_anyones_tokens(policy: CompiledPolicy, statement: CompiledStatement) -> bool:
    """Whether a trust policy's statement is about a call that needs a token, and about everyone."""
    if policy.policy.kind is not Kind.TRUST or not statement.naming:
        return False
    someone = Principal(PrincipalType.FEDERATED, "")
    calls = [Request(someone, call) for call in vouched_for()]
    asked = (entry.statement for call in calls for entry in policy.entries(call.service) if entry.matches(call))
    return statement in asked and statement.naming(someone) is not Naming.NOT


def others_subjects(listed: list[str], known: IdentityProvider) -> Iterator[str]:
    """Values of `sub` in the tokens of other tenants that may match what conditions list."""
    yield known.example
    for text in listed:
        if is_wild(text):
            yield from (subject for subject in filled(text, STUFFING) if known.is_tenant(subject, NAME))


def strangers_tokens(statement: CompiledStatement, provider: str) -> Iterator[Request]:
    """Requests to assume a role with a stranger's token; none for a provider that is not known to have many tenants."""
    who = principals.parse(provider)
    known = identity_provider(who.claims.rstrip(":"))
    if known is None or known.single:
        return
    by_key: dict[str, list[str]] = {f"{who.claims}sub": [], f"{who.claims}aud": []}
    for condition in statement.conditions:
        by_key.setdefault(condition.key.lower(), []).extend(str(element.value) for element in condition.values)
    options: list[list[Value | None]] = []
    for key, listed in by_key.items():
        claim = key.removeprefix(who.claims)
        if key == f"{who.claims}sub":
            options.append([*dict.fromkeys(others_subjects(listed, known))])
        elif claim in known.free or not key.startswith(who.claims):
            options.append([*dict.fromkeys(text for value in listed for text in filled(value, (NAME, "")))] or [NAME])
        else:
            options.append([NAME])
    for chosen in islice(product(*options), _TRIES):
        context = {key: value for key, value in zip(by_key, chosen, strict=True) if value is not None}
        role = f"arn:aws:iam::{ACCOUNT}:role/role"
        yield Request(who, _ACTION, role, context, resource_account=ACCOUNT)


def admits_no_stranger(statement: CompiledStatement, provider: str) -> bool:
    """Whether it is certain that every token which matches belongs to somebody whom the statement names.

    So it is for a SAML provider, which is an organization's own, for a cluster, and if `sub` is compared with texts
    in which the tenant has no wildcards.
    """
    who = principals.parse(provider)
    if who.claims == "saml:":
        return True
    known = identity_provider(who.claims.rstrip(":"))
    if known is None:
        return False
    return known.single or any(
        condition.key.lower() == f"{who.claims}sub" and _names_tenants(condition, known)
        for condition in statement.conditions
    )


def _names_tenants(condition: Condition, known: IdentityProvider) -> bool:
    exact = condition.operator.lower() in _EXACT and not (condition.qualifier or condition.if_exists)
    return exact and all(known.names_tenant(str(element.value)) for element in condition.values)
