"""Ask the evaluator who can use a resource or assume a role; only imported for policies that name principals."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from policygen.evaluate.compiled import CompiledPolicy, compile_policy
from policygen.evaluate.principal import PrincipalType
from policygen.evaluate.strangers import Budget, Witness, admitted, everyone, strangers
from policygen.lint.external_access.endpoint import is_about_everything
from policygen.policy.model import Kind, Policy, Statement, once_per_policy
from policygen.policy.pattern import matches

_WHO = {
    PrincipalType.ANONYMOUS: "anyone, without signing in,",
    PrincipalType.ROLE: "anyone with an AWS account",
    PrincipalType.SERVICE: "an AWS service that acts for any account",
}
_ANY_ARN = "arn:*:*:*:*:*"


@once_per_policy
def compiled(policy: Policy) -> CompiledPolicy:
    """The policy, compiled for evaluation. A lone `*` under an ARN operator, which is not an ARN, matches any ARN."""
    changed = {statement.pointer: _widened(statement) for statement in policy.statements if statement.allows}
    given = policy.document.get("Statement")
    statements: Any = changed.get("/Statement", given)
    if isinstance(given, list):
        statements = [changed.get(f"/Statement/{index}", body) for index, body in enumerate(given)]
    return compile_policy(replace(policy, document={**policy.document, "Statement": statements}))


def _widened(statement: Statement) -> dict[str, Any]:
    lone = [c for c in statement.conditions if "arn" in c.operator.lower() and any(e.value == "*" for e in c.values)]
    if not lone:
        return statement.body
    changed = {operator: dict(keys) for operator, keys in statement.body["Condition"].items()}
    for condition in lone:
        changed[condition.text][condition.key] = [_ANY_ARN if e.value == "*" else e.value for e in condition.values]
    return {**statement.body, "Condition": changed}


class LetIn(NamedTuple):
    """A statement that allows strangers an action."""

    statement: Statement
    who: str
    entry: str
    """The entry of `Action` that allows it; the action itself if it is allowed by `NotAction`."""
    sure: bool
    """Whether an allowed request was found; if not, there were too many to try."""


class Named(NamedTuple):
    """An account that a statement names, directly or through one of its users or roles."""

    statement: Statement
    pointer: str
    account: str
    value: str


def strangers_let_in(policy: Policy) -> Iterator[LetIn]:
    """The statements with `Principal` that allow someone the policy does not name, each with the first one found."""
    ready, budget = compiled(policy), Budget()
    callers = list(strangers([ready], signed_only=policy.kind is Kind.TRUST))
    for allowing in (found for found in ready.statements if found.allows and "Principal" in found.statement.body):
        statement = allowing.statement
        for caller in callers:
            if caller.type is PrincipalType.SERVICE and is_about_everything(statement):
                continue  # only an endpoint policy says so, where services act on behalf of its own VPC
            witness = admitted(ready, allowing, caller, budget) if everyone(allowing, caller) else None
            if witness:
                yield LetIn(statement, _WHO[caller.type], _entry(statement, witness), witness.request is not None)
                break


def _entry(statement: Statement, witness: Witness) -> str:
    entries = (e.value for e in statement.actions if matches(e.value.lower(), witness.action.lower()))
    return next(entries, witness.action)


def let_in_as_they_are(policy: Policy, named: Iterable[Named]) -> Iterator[Named]:
    """The accounts that are allowed from any network and organization, without an external ID."""
    ready, budget = compiled(policy), Budget()
    allowing = {found.pointer: found for found in ready.statements}
    callers = list(strangers([ready], signed_only=True))
    for one in named:
        found = allowing.get(one.statement.pointer)
        is_whole = ":role/" in one.value or ":user/" in one.value
        arn = one.value if is_whole else f"arn:aws:iam::{one.account}:role/stranger"
        who = (replace(caller, account=one.account, arn=arn) for caller in callers)
        if found and any(admitted(ready, found, caller, budget, without=("sts:externalid",)) for caller in who):
            yield one
