"""Whom the policy of a resource lets in from outside the accounts read: accounts, services, providers, everyone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from policygen.access.judge import reason_of
from policygen.access.owned import owned_by
from policygen.access.stack import Stacks
from policygen.access.targets import Target
from policygen.access.way import Way, way
from policygen.errors import PolicygenError
from policygen.evaluate import (
    CompiledPolicy,
    CompiledStatement,
    Layers,
    Outcome,
    Principal,
    PrincipalType,
    Request,
    allow_all,
    decide,
)
from policygen.evaluate import principal as principals
from policygen.evaluate.compare import Verdict, granted
from policygen.evaluate.request import owner_in
from policygen.policy import arn
from policygen.policy.principals import NamedPrincipal
from policygen.policy.principals import principals as entries_of

_STRANGER = "999999999999"
"""An account that no policy of AWS's examples names."""
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}", re.ASCII)
_TYPES = {"Service": "service", "Federated": "provider"}


@dataclass(frozen=True)
class Outsider:
    """A principal that a resource's policy names and that is not in any of the accounts that were read."""

    name: str
    """As the policy names it: an ARN, an account id, a service, an identity provider, or `*` for everyone."""
    type: str
    """`account`, `principal`, `service`, `provider`, `everyone` (with AWS credentials) or `anonymous` (without)."""


Found = tuple[Outsider, tuple[tuple[Way, Request], ...], tuple[str, ...]]
"""An outsider, its ways with a request each, and why it is not known whether it can if there is none."""


def outsiders(
    target: Target, read: Sequence[Stacks], rcps: tuple[tuple[CompiledPolicy, ...], ...], owner: str
) -> Iterator[Found]:
    """The outsiders that can do what a target is about, or perhaps can, if their own account lets them.

    `owner` is the account of a resource whose ARN does not name one, "" if that is not known.
    """
    for policy in target.resource or ():
        for statement in policy.statements:
            if statement.allows and target.asked.concerns(statement):
                for entry in _entries(statement):
                    yield from _judged(target, read, rcps, owner, statement, entry)


def _entries(statement: CompiledStatement) -> Iterator[NamedPrincipal]:
    if "NotPrincipal" in statement.statement.body:
        yield NamedPrincipal("", "*", f"{statement.pointer}/NotPrincipal")
    yield from entries_of(statement.statement)


def _judged(
    target: Target,
    read: Sequence[Stacks],
    rcps: tuple[tuple[CompiledPolicy, ...], ...],
    owner: str,
    statement: CompiledStatement,
    entry: NamedPrincipal,
) -> Iterator[Found]:
    layers = Layers((allow_all(),), rcps=rcps, resource=_with_one_allow(target.resource or (), statement))
    for outsider, principal, unknown in _outsiders(entry, read, of_role=bool(target.roles)):
        if principal is None:
            yield outsider, (), (unknown,)
            continue
        judged = granted(
            owned_by(owner, target.asked, layers), target.asked.actions, target.asked.resources, principal=principal
        )
        if judged.verdict is Verdict.FOUND and (shown := judged.witness):
            request = replace(shown, resource_account=owner_in(shown.resource, principal.account) or owner)
            decision = decide(request, layers)
            if decision.outcome is Outcome.ALLOW:
                found = replace(way(target.asked, statement, None, layers), roles=target.roles)
                yield outsider, ((found, request),), ()
            else:
                yield outsider, (), (decision.reason,)
        elif judged.verdict is Verdict.UNKNOWN:
            yield outsider, (), (reason_of(judged),)


def _with_one_allow(policies: tuple[CompiledPolicy, ...], allow: CompiledStatement) -> tuple[CompiledPolicy, ...]:
    """The policies without all other Allow statements."""
    return tuple(policy.only([s for s in policy.statements if s is allow or not s.allows]) for policy in policies)


def _outsiders(
    entry: NamedPrincipal, read: Sequence[Stacks], *, of_role: bool
) -> Iterator[tuple[Outsider, Principal | None, str]]:
    """The outsiders that an entry names, a principal that each can be, or else why that is not known.

    Principals of the accounts that were read are not outsiders. Only callers with credentials assume a role.
    """
    name = entry.value
    if name == "*" and entry.key in ("", "AWS"):
        yield Outsider("*", "everyone"), principals.parse(f"arn:aws:iam::{_STRANGER}:user/someone"), ""
        if not of_role:
            yield Outsider("*", "anonymous"), principals.parse("*"), ""
        return
    outsider = Outsider(name, _TYPES.get(entry.key, "principal"))
    if _UNIQUE_ID.fullmatch(name):
        yield outsider, None, f"`{name}` is the unique id of a user or role, perhaps of a deleted one"
        return
    try:
        principal = principals.parse(name)
    except PolicygenError:
        yield outsider, None, f"what `{name}` can do is not known here"
        return
    account = next((stacks for stacks in read if entry.key == "AWS" and stacks.account.id == principal.account), None)
    if principal.type is PrincipalType.ROOT and not account:
        someone = principals.parse(f"arn:{principal.partition}:iam::{principal.account}:user/someone")
        yield Outsider(principal.account, "account"), someone, ""
    elif not account:
        yield outsider, principal, ""
    elif principal.type is not PrincipalType.ROOT and not _is_in(account, name):
        yield outsider, None, f"the snapshot does not contain `{name}`"


def _is_in(stacks: Stacks, name: str) -> bool:
    """Whether a user or role of an account has an ARN, or a session of such a role."""
    parts = arn.parse(name)
    kind, _, rest = parts.resource.partition("/") if parts else ("", "", "")
    if kind == "assumed-role":
        return stacks.account.role(rest.partition("/")[0]) is not None
    entities = (stacks.account.user(rest.rpartition("/")[2]), stacks.account.role(rest.rpartition("/")[2]))
    return any(entity is not None and entity.arn == name for entity in entities)
