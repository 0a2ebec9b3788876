"""The principals that statements can distinguish: one of each class, and the condition keys that follow from it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from policygen.errors import PolicygenError
from policygen.evaluate import principal as principals
from policygen.evaluate import service_rules
from policygen.evaluate.candidates import Rule, keys_in, variables_of
from policygen.evaluate.match import Pattern, Value, arn_pattern
from policygen.evaluate.principal import Naming, Principal, PrincipalType
from policygen.evaluate.representatives import TooManyError, arns
from policygen.evaluate.strangers import Caller, candidates
from policygen.evaluate.values import ACCOUNT, PRINCIPALS, filled, values
from policygen.policy.model import Condition
from policygen.reference.callers import told_by

SIGNED = (PrincipalType.USER, PrincipalType.ROLE, PrincipalType.ROOT, PrincipalType.FEDERATED_USER)
"""The principals that have AWS credentials."""
_ARN, _ACCOUNT, _NAME, _TYPE = "aws:principalarn", "aws:principalaccount", "aws:username", "aws:principaltype"
_SERVICE, _IS_SERVICE = "aws:principalservicename", "aws:principalisawsservice"
_OF_SIGNED = ("aws:principal", "aws:user", "aws:multifactor", "aws:token", "aws:sourceidentity", "aws:federated")
"""How the keys start that requests without AWS credentials have only if `Principal.keys` says so."""
_FOLLOWING = (_ARN, _ACCOUNT, _NAME, _TYPE, _SERVICE, _IS_SERVICE)
_FEW = 6


def principals_of(rules: Sequence[Rule], within: Sequence[str], *, roots: bool) -> tuple[list[Principal], bool]:
    """One principal of each class that the rules distinguish, and whether these are all classes.

    `within` are the partitions; `roots` says whether root users make requests too.
    """
    found, exact = _signed(rules, within)
    every = [*found, *_services(rules), *_providers(rules), Principal(PrincipalType.ANONYMOUS, "*")]
    mentioned = frozenset(_accounts_of_resources(rules))
    unique: dict[object, Principal] = {}
    for who in every:
        if who.type is not PrincipalType.ROOT or roots:
            unique.setdefault(_class(rules, who, mentioned), who)
    return list(unique.values()), exact


def following(who: Principal, keys: Iterable[str]) -> dict[str, Value | None]:
    """The values of those of the keys (lower case) that follow from the principal, None for absent ones."""
    return dict(chain.from_iterable(_following(who, key) for key in keys))


def _following(who: Principal, key: str) -> Iterator[tuple[str, Value | None]]:
    if key in who.keys:
        yield key, who.keys[key]
    elif (
        key in _FOLLOWING
        or (told_by(key).startswith("source_") and who.type is not PrincipalType.SERVICE)
        or (who.type not in SIGNED and key.startswith(_OF_SIGNED) and told_by(key) != "service_name")
        or (is_claim(key) and who.type not in SIGNED and not (who.claims and key.startswith(who.claims)))
    ):
        yield key, None


def is_claim(key: str) -> bool:
    """Whether a condition key (lower case) is a claim in an identity provider's token."""
    provider = key.rpartition(":")[0]
    return "." in provider or provider == "saml"


def names(rule: Rule, who: Principal) -> bool:
    """Whether a rule names a principal, or may; rules of layers that do not name principals are about everyone.

    A Deny with NotPrincipal denies every principal that has a permissions boundary.
    """
    compiled = rule.statement
    anyway = not compiled.allows and "NotPrincipal" in compiled.statement.body
    return compiled.naming is None or anyway or compiled.naming(who) is not Naming.NOT


def _class(rules: Sequence[Rule], who: Principal, accounts: frozenset[str]) -> object:
    """What the rules can tell about a principal, equal for principals of one class."""
    kind = "user or role" if who.type in (PrincipalType.USER, PrincipalType.ROLE) else who.type
    named = tuple(rule.statement.naming(who) if rule.statement.naming else None for rule in rules)
    held = tuple(
        test(dict(who.keys))
        for rule in rules
        for condition, test in zip(rule.statement.conditions, rule.statement.tests, strict=True)
        if condition.key.lower() in _FOLLOWING
    )
    said = tuple(who.keys.get(name) for name in variables_of(rules) if name in _FOLLOWING)
    account = who.account if who.account in accounts else ""
    linked = service_rules.outside_organization_policies(who, "scp")
    return kind, named, held, said, account, linked, who.claims


def _signed(rules: Sequence[Rule], within: Sequence[str], account: str = "") -> tuple[list[Principal], bool]:
    """Users, role sessions, federated users and root users, with those whom the rules name.

    With `account`, there are also those of this account that the rules distinguish.
    """
    listed = list(dict.fromkeys(_entries(rules, "AWS")))
    conditions = _conditions(rules)
    patterns, exact = _patterns(rules, listed, conditions)
    patterns += [arn_pattern(f"arn:*:*::{account}:*", variables=False)] if account else []
    accounts = (ACCOUNT, account or _fresh(rules))
    usual = [f"arn:{within[0]}:iam::{owner}:{what}" for owner in accounts for what in _USUAL]
    examples = [*usual, *(entry for entry in listed if entry.count(":") >= 5)]
    formats = [arn_pattern(format_, variables=False) for format_ in PRINCIPALS]
    try:
        found = arns(patterns, partitions=within, formats=formats, examples=[usual[-2], *examples])
    except TooManyError:
        found, exact = examples, False
    parsed = [_parsed(text) for text in (*usual, *found, *listed)]
    return [who for who in parsed if who and who.type in SIGNED], exact


_USUAL = ("user/someone", "role/example", "root")


def _parsed(text: str) -> Principal | None:
    """The principal of an ARN, for a role a session; None if it names none that could make a request."""
    session = text.replace(":iam:", ":sts:", 1).replace(":role/", ":assumed-role/", 1) + "/session"
    try:
        return principals.parse(session if ":role/" in text and ":iam:" in text else text)
    except PolicygenError:
        return None


def _patterns(
    rules: Sequence[Rule], listed: Sequence[str], conditions: dict[str, list[Condition]]
) -> tuple[list[Pattern], bool]:
    """What the rules can tell about the ARN of a principal, as patterns, and whether that is all."""
    texts: list[str] = []
    exact = True
    for entry in listed:
        account = principals.account_of(entry)
        texts.append(f"arn:*:*::{account}:*" if account else entry)
    texts += [f"arn:*:*::{account}:*" for account in _accounts_of_resources(rules)]
    for condition in conditions.get(_ACCOUNT, []):
        texts += [f"arn:*:*::{element.value}:*" for element in condition.values]
    for condition in (one for one in conditions.get(_ARN, []) if one.operator.lower() != "null"):
        for value in (str(element.value) for element in condition.values):
            exact = exact and (value == "*" or value.count(":") == 5 or "${" in value)
            texts.append(value)
        exact = exact and "ignorecase" not in condition.operator.lower()
    users = [str(element.value) for condition in conditions.get(_NAME, []) for element in condition.values]
    if _NAME in variables_of(rules):
        users += _pieces(rules)
    for name in users:
        exact = exact and ("*" not in name or _ARN not in conditions)
        texts += [f"arn:*:iam::*:user/{name}", f"arn:*:iam::*:user/*/{name}"]
    patterns = [arn_pattern(text, variables=False) for text in dict.fromkeys(texts)]
    return [pattern for pattern in patterns if len(pattern) == 6], exact


def _pieces(rules: Sequence[Rule]) -> list[str]:
    """Parts of resources that a user's name can be compared with."""
    texts = [text for rule in rules for text in rule.statement.statement.resource_texts]
    return list(
        islice(dict.fromkeys(piece for text in texts for piece in text.split("/")[1:] if piece.isalnum()), _FEW)
    )


def _services(rules: Sequence[Rule]) -> Iterator[Principal]:
    conditions = _conditions(rules).get(_SERVICE, [])
    listed = [str(element.value) for condition in conditions for element in condition.values]
    for name in dict.fromkeys([*_entries(rules, "Service"), *map(filled, listed), "example.amazonaws.com"]):
        yield Principal(PrincipalType.SERVICE, name)


def _providers(rules: Sequence[Rule]) -> Iterator[Principal]:
    usual = [f"arn:aws:iam::{ACCOUNT}:{kind}/example.com" for kind in ("oidc-provider", "saml-provider")]
    for entry in dict.fromkeys([*_entries(rules, "Federated"), *usual]):
        who = _parsed(entry)
        if who and who.type is PrincipalType.FEDERATED:
            yield who


def _entries(rules: Sequence[Rule], kind: str) -> Iterator[str]:
    """What the Principal and NotPrincipal elements list of a kind."""
    for rule in rules:
        for name in ("Principal", "NotPrincipal"):
            body = rule.statement.statement.body.get(name)
            if isinstance(body, dict):
                value = body.get(kind, [])
                yield from (entry for entry in (value if isinstance(value, list) else [value]) if entry != "*")


def _conditions(rules: Sequence[Rule]) -> dict[str, list[Condition]]:
    found: dict[str, list[Condition]] = {}
    for rule in rules:
        for condition in rule.statement.conditions:
            found.setdefault(condition.key.lower(), []).append(condition)
    return found


def _accounts_of_resources(rules: Sequence[Rule]) -> Iterator[str]:
    for rule in rules:
        for text in (*rule.statement.statement.resource_texts, *rule.statement.statement.not_resource_texts):
            parts = text.split(":", 5)
            if len(parts) == 6 and len(parts[4]) == 12 and parts[4].isdigit():
                yield parts[4]


def _fresh(rules: Sequence[Rule], *others: str) -> str:
    """An account that no rule mentions, and that is none of the others."""
    text = json.dumps([*(rule.statement.statement.body for rule in rules), others])
    return next((digit * 12 for digit in "9876543210" if digit * 12 not in text), "135791357913")


def owners_of(rules: Sequence[Rule], who: Principal, *, foreign: bool = False) -> tuple[list[str], bool]:
    """The accounts that may own a resource, and whether the rules distinguish no others.

    They are that of the principal, unless it is `foreign`, those that the rules mention or match, and another one.
    """
    conditions = _conditions(rules).get("aws:resourceaccount", [])
    said, complete = values("aws:resourceaccount", conditions, root=True) if conditions else ([], True)
    other = _fresh(rules, who.account)
    listed = [who.account, *_accounts_of_resources(rules), *(str(value) for value in said), other]
    accounts = [account for account in listed if len(account) == 12 and account.isdigit()]
    return list(dict.fromkeys(account for account in accounts if not (foreign and account == who.account))), complete


def strangers_of(rules: Sequence[Rule], caller: Caller, within: Sequence[str]) -> tuple[list[Principal], bool]:
    """The principals that a stranger can be, as far as the rules distinguish them, and whether these are all."""
    if caller.type is PrincipalType.ANONYMOUS:
        return [Principal(PrincipalType.ANONYMOUS, "*")], True
    if caller.type is PrincipalType.SERVICE:
        return [Principal(PrincipalType.SERVICE, "example.amazonaws.com")], True
    listed = [str(element.value) for condition in _conditions(rules).get(_ARN, []) for element in condition.values]
    named = [_parsed(text) for text in caller.arns("principal_arn", listed) if text]
    found, exact = _signed(rules, within, caller.account)
    every = [who for who in (*named, *found) if who and who.type in SIGNED and who.account == caller.account]
    return list({_class(rules, who, frozenset()): who for who in reversed(every)}.values())[::-1], exact


def token_keys(rules: Sequence[Rule], who: Principal) -> dict[str, list[Value | None]]:
    """The values of `sub` and `aud`, of which every token of an OpenID Connect provider has one.

    Source: OpenID Connect Core 1.0, section 2, "ID Token".
    """
    if not who.claims or who.claims == "saml:":
        return {}
    found: dict[str, list[Value | None]] = {}
    for key, conditions in _conditions(rules).items():
        if key in (f"{who.claims}sub", f"{who.claims}aud"):
            every, complete = values(key, conditions, root=False)
            if complete:
                found[key] = [value for value in every if isinstance(value, str) and value]
    return found


def stranger_keys(rules: Sequence[Rule], caller: Caller) -> dict[str, list[Value | None]]:
    """The values of the keys that a stranger cannot set, as far as the rules distinguish them."""
    conditions = _conditions(rules)
    return {key: candidates(key, tuple(conditions.get(key, ())), caller) for key in keys_in(rules) if told_by(key)}
