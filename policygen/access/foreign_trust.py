"""Who outside an account its roles trust: other accounts, repositories and others with tokens, and anyone.

People of the company's own SAML provider and workloads of the account's own clusters are not outsiders.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from policygen.access.denies import applies_to
from policygen.access.plain_english import conditions_in_words
from policygen.policy.arn import parse
from policygen.policy.model import Policy, Statement
from policygen.policy.principals import named

ANYONE = "anyone"
_WEB = "sts:AssumeRoleWithWebIdentity"
_GITHUB = "token.actions.githubusercontent.com"
_INSIDE = "oidc.eks."
"""How the host of the provider of an EKS cluster begins, whose tokens are for pods."""
_TELLING = ("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn")
"""The condition keys that say whom a trust in everybody means."""


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody outside an account whom a role trusts: in words, and the account id if it is an account."""

    name: str
    statement: Statement
    account: str = ""

    def __str__(self) -> str:
        conditions = conditions_in_words(self.statement)
        return f"{self.name}{f', if {conditions}' if conditions else ''}"


def outsiders(trust: Policy, account: str | None) -> Iterator[Outsider]:
    """The outsiders whom a role's trust policy names, for a role of an account."""
    for statement in trust.statements:
        if statement.allows and applies_to(statement, "sts:AssumeRole"):
            yield from _of_aws(statement, account)
        if statement.allows and applies_to(statement, _WEB):
            yield from _of_providers(statement)


def _of_aws(statement: Statement, account: str | None) -> Iterator[Outsider]:
    entries = ["*"] if "NotPrincipal" in statement.body else dict.fromkeys(named(statement, "AWS"))
    for entry in entries:
        arn = parse(entry)
        owner = arn.account if arn else entry
        if owner == "*":
            yield from _of_everybody(statement, account)
        elif owner != account and owner.isdigit():
            yield Outsider(
                f"account `{owner}`" if arn is None or arn.resource == "root" else f"`{entry}`", statement, owner
            )


def _of_everybody(statement: Statement, account: str | None) -> Iterator[Outsider]:
    telling = {
        condition.key.lower(): [str(value.value) for value in condition.values]
        for condition in statement.conditions
        if condition.key.lower() in _TELLING and not condition.if_exists and "not" not in condition.operator.lower()
    }
    owners = telling.get("aws:principalaccount") or [
        arn.account for text in telling.get("aws:principalarn", ()) if (arn := parse(text))
    ]
    for owner in owners:
        if owner != account:
            yield Outsider(f"account `{owner}`" if owner.isdigit() else ANYONE, statement, owner)
    if owners:
        return
    organizations = telling.get("aws:principalorgid") or telling.get("aws:principalorgpaths")
    who = f"any account of organization {_list(organizations)}" if organizations else ANYONE
    yield Outsider(who, statement)


def _of_providers(statement: Statement) -> Iterator[Outsider]:
    for entry in dict.fromkeys(named(statement, "Federated")):
        host = entry.partition(":oidc-provider/")[2] or entry
        if host.startswith(_INSIDE) or ":saml-provider/" in entry:
            continue
        subjects = [
            str(value.value)
            for condition in statement.conditions
            if condition.key.lower() == f"{host.lower()}:sub" and "not" not in condition.operator.lower()
            for value in condition.values
        ]
        if host == _GITHUB:
            yield Outsider(f"{_list(subjects)} on GitHub" if subjects else "any repository on GitHub", statement)
        else:
            yield Outsider(f"{_list(subjects) if subjects else ANYONE} with a token from `{host}`", statement)


def _list(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
