"""How two sets of policies are compared: by their kind, and with policies added where they only limit."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement, compile_policy
from policygen.evaluate.decide import Decision, decide
from policygen.evaluate.layers import Layers, allow_all, trusting
from policygen.evaluate.request import Request
from policygen.policy.model import Kind, Policy

Policies = Sequence[CompiledPolicy]
_EVERYTHING = "an identity policy that allows everything"


class Reading(NamedTuple):
    """One way to compare: on each side, a request is allowed if one policy allows it and none denies it."""

    kind: Kind
    sides: tuple[Policies, Policies]
    """The old and the new policies, including those that were added."""
    note: str = ""
    """What they are compared on top of, "" if nothing was added."""
    on_allow_all: bool = False
    """Whether something that allows everything was added."""

    def decide(self, request: Request) -> tuple[Decision, Decision]:
        """The decisions of the old and of the new policies."""
        old, new = (decide(request, self._layers(side, request)) for side in self.sides)
        return old, new

    def _layers(self, policies: Policies, request: Request) -> Layers:
        """The policies in the layer of their kind; resources trust the account of the caller."""
        resource = (_trusting(request.principal.account, request.principal.partition),)
        if self.kind is Kind.BOUNDARY:
            return Layers((_allow_all(),), boundary=policies[0], resource=resource)
        if self.kind is Kind.SCP:
            return Layers((_allow_all(),), scps=(tuple(policies),), resource=resource)
        if self.kind is Kind.RCP:
            return Layers((_allow_all(),), rcps=(tuple(policies),), resource=resource)
        return Layers(tuple(policies), resource=resource)


def plain(old: Policies, new: Policies) -> Reading:
    """The policies by themselves, all read as the kind of the first one."""
    return Reading(next((policy.policy.kind for policy in (*old, *new)), Kind.IDENTITY), (old, new))


def incomparable(old: Policies, new: Policies) -> str:
    """Why policies cannot be compared, whatever their kind; "" if they can."""
    if any(policy.policy.unknown for policy in (*old, *new)):
        return "one of the policies has values that are known only at deployment"
    if any(policy.refused for policy in (*old, *new)):
        return "IAM would reject one of the policies"
    if any(statement.short for policy in (*old, *new) for statement in policy.statements):
        return "an entry of a Resource lacks segments of an ARN"
    return ""


def readings(old: Policies, new: Policies) -> list[Reading] | str:
    """The readings under each of which there must be no new access, or why the policies cannot be compared."""
    if why := incomparable(old, new):
        return why
    kinds = sorted({policy.policy.kind for policy in (*old, *new)})
    if len(kinds) > 1:
        return f"policies of different kinds are not compared: {', '.join(kinds)}"
    kind = kinds[0] if kinds else Kind.IDENTITY
    if kind in _READERS:
        return _READERS[kind](old, new)
    return f"policies of kind `{kind}`, which name principals, are not compared yet"


def _of_identities(old: Policies, new: Policies) -> list[Reading]:
    alone = Reading(Kind.IDENTITY, (old, new))
    on_top = Reading(Kind.IDENTITY, (_with(old), _with(new)), f"compared on top of {_EVERYTHING}", True)
    if _allows(old) and _allows(new):
        return [alone]
    if not (_allows(old) or _allows(new)):
        return [on_top]
    one, other = ("OLD", "NEW") if _denies_only(old) else ("NEW", "OLD")
    if not (_denies_only(old) or _denies_only(new)):
        return [alone]
    both = f"{one} only denies and {other} allows: compared by themselves, and on top of {_EVERYTHING}"
    return [alone._replace(note=both), on_top._replace(note=both)]


def _of_boundaries(old: Policies, new: Policies) -> list[Reading] | str:
    if len(old) != 1 or len(new) != 1:
        return "a principal has only one permissions boundary, but there are several policies"
    silent = [name for name, side in (("OLD", old), ("NEW", new)) if not _allows(side)]
    verb = "allow" if len(silent) == 2 else "allows"
    nothing = f"; {' and '.join(silent)} {verb} nothing: a boundary without an Allow" if silent else ""
    return [Reading(Kind.BOUNDARY, (old, new), f"compared on top of {_EVERYTHING}{nothing}", True)]


def _of_scps(old: Policies, new: Policies) -> list[Reading]:
    """SCPs of one level; those that only deny are combined with `FullAWSAccess`, which AWS attaches to each level."""
    base = f"compared on top of {_EVERYTHING}"
    beside = f"{base}, together with the SCP FullAWSAccess"
    every = Reading(Kind.SCP, (_with(old), _with(new)), beside, True)
    if _allows(old) and _allows(new):
        return [Reading(Kind.SCP, (old, new), base, True)]
    if not (_allows(old) or _allows(new)):
        return [every]
    one, other = ("NEW", "OLD") if _allows(old) else ("OLD", "NEW")
    sides = (old if _allows(old) else _with(old), new if _allows(new) else _with(new))
    note = f"{base}; {one} only denies and gets the SCP FullAWSAccess, {other} is compared both with and without it"
    return [Reading(Kind.SCP, sides, note, True), every._replace(note=note)]


def _of_rcps(old: Policies, new: Policies) -> list[Reading] | str:
    """RCPs together with `RCPFullAWSAccess`, the only one that allows, which cannot be detached.

    Source: Organizations User Guide, "RCP syntax" (2026-11).
    """
    for statement in (statement for policy in (*old, *new) for statement in policy.statements):
        if statement.statement.body.get("Principal") != "*":
            return "the only principal that an RCP can name is `*`"
        if statement.allows and _meant(statement) != _meant(_full_access(Kind.RCP).statements[0]):
            return "the only RCP that can allow anything is AWS's RCPFullAWSAccess"
    note = f"compared on top of {_EVERYTHING}, together with the RCP RCPFullAWSAccess"
    return [Reading(Kind.RCP, (_with(old), _with(new)), note, True)]


_READERS: dict[Kind, Callable[[Policies, Policies], list[Reading] | str]] = {
    Kind.IDENTITY: _of_identities,
    Kind.BOUNDARY: _of_boundaries,
    Kind.SCP: _of_scps,
    Kind.RCP: _of_rcps,
}


def _meant(statement: CompiledStatement) -> dict[str, object]:
    return {name: value for name, value in statement.statement.body.items() if name != "Sid"}


def _allows(policies: Policies) -> bool:
    return any(statement.allows for policy in policies for statement in policy.statements)


def _denies_only(policies: Policies) -> bool:
    return not _allows(policies) and any(policy.statements for policy in policies)


def _with(policies: Policies) -> Policies:
    """The policies and one that allows everything."""
    kind = next((policy.policy.kind for policy in policies), Kind.IDENTITY)
    return (*policies, _full_access(kind) if kind in _FULL_ACCESS else _allow_all())


@cache
def _allow_all() -> CompiledPolicy:
    return allow_all()


_FULL_ACCESS = {Kind.SCP: ("FullAWSAccess", {}), Kind.RCP: ("RCPFullAWSAccess", {"Principal": "*"})}


@cache
def _full_access(kind: Kind) -> CompiledPolicy:
    """AWS's policy that allows everything, which a new organization has at every level."""
    name, who = _FULL_ACCESS[kind]
    allow = {"Effect": "Allow", **who, "Action": "*", "Resource": "*"}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}, kind, name=name))


@cache
def _trusting(account: str, partition: str) -> CompiledPolicy:
    return trusting(account, partition)
