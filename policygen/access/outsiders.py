"""Whom the policy of a resource lets in from outside the accounts read: accounts, services, providers, everyone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from policygen.access.stack import Stacks
from policygen.access.targets import Target
from policygen.access.way import Way, way
from policygen.errors import PolicygenError
from policygen.evaluate import CompiledPolicy, CompiledStatement, Layers, Principal, Request, allow_all
from policygen.evaluate import principal as principals
from policygen.evaluate.compare import Verdict, granted
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
    """`account`, `principal`, `service`, `provider` or `everyone`."""


Found = tuple[Outsider, tuple[tuple[Way, Request], ...], tuple[str, ...]]
"""An outsider, its ways with a request each, and why it is not known whether it can if there is none."""


def outsiders(target: Target, read: Sequence[Stacks], rcps: tuple[tuple[CompiledPolicy, ...], ...]) -> Iterator[Found]:
    """The outsiders that can do what a target is about, or perhaps can, if their own account lets them."""
    for policy in target.resource or ():
        for statement in policy.statements:
            if statement.allows and target.asked.concerns(statement):
                for entry in _entries(statement):
                    yield from _judged(target, read, rcps, statement, entry)


def _entries(statement: CompiledStatement) -> Iterator[NamedPrincipal]:
    if "NotPrincipal" in statement.statement.body:
        yield NamedPrincipal("", "*", f"{statement.pointer}/NotPrincipal")
    yield from entries_of(statement.statement)


def _judged(
    target: Target,
    read: Sequence[Stacks],
    rcps: tuple[tuple[CompiledPolicy, ...], ...],
    statement: CompiledStatement,
    entry: NamedPrincipal,
) -> Iterator[Found]:
    found = _outsider(entry, read)
    if found is None:
        return
    outsider, principal, unknown = found
    if principal is None:
        yield outsider, (), (unknown,)
        return
    layers = Layers((allow_all(),), rcps=rcps, resource=_with_one_allow(target.resource or (), statement))
    judged = granted(layers, target.asked.actions, target.asked.resources, principal=principal)
    if judged.verdict is Verdict.FOUND and judged.witness:
        found_way = way(target.asked, statement, None, layers, principal)
        yield outsider, ((replace(found_way, roles=target.roles), judged.witness),), ()
    elif judged.verdict is Verdict.UNKNOWN:
        yield outsider, (), (judged.reason,)


def _with_one_allow(policies: tuple[CompiledPolicy, ...], allow: CompiledStatement) -> tuple[CompiledPolicy, ...]:
    """The policies without all other Allow statements."""
    return tuple(policy.only([s for s in policy.statements if s is allow or not s.allows]) for policy in policies)


def _outsider(entry: NamedPrincipal, read: Sequence[Stacks]) -> tuple[Outsider, Principal | None, str] | None:
    """An outsider, one principal that it can be, or else why that is not known; None if its account was read."""
    name = entry.value
    if name == "*" and entry.key in ("", "AWS"):
        return Outsider("*", "everyone"), principals.parse(f"arn:aws:iam::{_STRANGER}:user/someone"), ""
    if _UNIQUE_ID.fullmatch(name):
        return Outsider(name, "principal"), None, f"`{name}` is the unique id of a user or role, perhaps a deleted one"
    try:
        principal = principals.parse(name)
    except PolicygenError:
        return Outsider(name, _TYPES.get(entry.key, "principal")), None, f"principals like `{name}` are not modelled"
    if principal.type is principals.PrincipalType.ROOT:
        if any(stacks.account.id == principal.account for stacks in read):
            return None
        someone = principals.parse(f"arn:{principal.partition}:iam::{principal.account}:user/someone")
        return Outsider(principal.account, "account"), someone, ""
    outsider = Outsider(name, _TYPES.get(entry.key, "principal"))
    for stacks in read:
        if entry.key == "AWS" and stacks.account.id == principal.account:
            return None if _is_in(stacks, name) else (outsider, None, f"the snapshot does not contain `{name}`")
    return outsider, principal, ""


def _is_in(stacks: Stacks, name: str) -> bool:
    """Whether a user or role of an account has an ARN, or a session of such a role."""
    parts = arn.parse(name)
    kind, _, rest = parts.resource.partition("/") if parts else ("", "", "")
    if kind == "assumed-role":
        return stacks.account.role(rest.partition("/")[0]) is not None
    entities = (stacks.account.user(rest.rpartition("/")[2]), stacks.account.role(rest.rpartition("/")[2]))
    return any(entity is not None and entity.arn == name for entity in entities)
