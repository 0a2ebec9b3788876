"""How two stacks of policies are compared: as they are, and with policies added where they only limit."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain

from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement, compile_policy
from policygen.evaluate.decide import Decision, decide
from policygen.evaluate.layers import Layers, Policies, allow_all, trusting
from policygen.evaluate.request import Request
from policygen.policy.model import Kind, Policy


@dataclass(frozen=True)
class Reading:
    """One way to compare two stacks."""

    sides: tuple[Layers, Layers]
    """The old and the new stack, including the policies that were added."""
    notes: tuple[str, ...] = ()
    """What the stacks are compared on top of, and why."""
    on_allow_all: bool = False
    """Whether an identity policy that allows everything was added."""
    trusting: bool = True
    """Whether no policy of the resource is given: then it leaves every decision to the account of the caller."""
    only_roles: bool = False
    """Whether the resource is a role: all policies of the resource are trust policies."""
    _trusted: dict[tuple[int, str, str], Layers] = field(init=False, default_factory=dict, compare=False)

    @property
    def note(self) -> str:
        """The notes in one line, "" if nothing was added."""
        return "; ".join(self.notes)

    @property
    def names_principals(self) -> bool:
        """Whether any of the policies name principals, so that the search goes over principals."""
        return not self.trusting or any(side.rcps for side in self.sides)

    @property
    def roots(self) -> bool:
        """Whether requests of root users count: no policies of users and roles take part."""
        return self.on_allow_all and not any(side.boundary or side.session for side in self.sides)

    def layers(self, side: int, request: Request) -> Layers:
        """The stack of a side for a request; resources without a policy trust the account of the caller."""
        layers, who = self.sides[side], request.principal
        if not self.trusting:
            return layers
        key = side, who.account, who.partition
        if key not in self._trusted:
            resource = (*(layers.resource or ()), _trusting(who.account, who.partition))
            self._trusted[key] = replace(layers, resource=resource)
        return self._trusted[key]

    def only(self, asked: CompiledPolicy) -> "Reading":
        """The new stack beside one that allows nothing; `asked` denies all that is not asked about."""
        layers = self.sides[1]
        return replace(self, sides=(Layers(resource=()), replace(layers, resource=(*(layers.resource or ()), asked))))

    def decide(self, request: Request) -> tuple[Decision, Decision]:
        """The decisions of the old and of the new stack."""
        return decide(request, self.layers(0, request)), decide(request, self.layers(1, request))


def incomparable(old: Layers, new: Layers) -> str:
    """Why stacks cannot be compared; "" if they can."""
    policies = [policy for side in (old, new) for _, policy in side.named()]
    if any(policy.policy.unknown for policy in policies):
        return "one of the policies has values that are known only at deployment"
    if refused := next((reason for policy in policies for reason in policy.refused), ""):
        return refused
    if unread := (*old.unread, *new.unread):
        return unread[0]
    if any(statement.short for policy in policies for statement in policy.statements):
        return "an entry of a Resource lacks segments of an ARN"
    kinds = [{policy.policy.kind for _, policy in side.named()} for side in (old, new)]
    if all(len(found) == 1 for found in kinds) and kinds[0] != kinds[1]:
        return f"policies of different kinds are not compared: {', '.join(sorted(kinds[0] | kinds[1]))}"
    return ""


def plain(old: Layers, new: Layers) -> Reading:
    """The stacks by themselves; those without identity policies on top of one that allows everything."""
    return _on_top(_reading(old, new)) if _only_limits(old, new) else _reading(old, new)


def _reading(old: Layers, new: Layers) -> Reading:
    """The stacks as they are; a side that is not given a policy of the resource is one without."""
    listed = [policy for side in (old, new) for policy in side.resource or ()]
    if not listed:
        return Reading((old, new))
    old, new = (replace(side, resource=side.resource or ()) for side in (old, new))
    only_roles = all(policy.policy.kind is Kind.TRUST for policy in listed)
    return Reading((old, new), trusting=False, only_roles=only_roles)


def readings(old: Layers, new: Layers) -> list[Reading] | str:
    """The readings under each of which there must be no new access, or why the stacks cannot be compared."""
    if why := incomparable(old, new) or _wrong_rcps(old, new):
        return why
    found = [_reading(old, new)]
    for complete in (_identities, _boundaries, _scps, _rcps):
        found = list(chain.from_iterable(map(complete, found)))
    return found


_EVERYTHING = "an identity policy that allows everything"


def _identities(reading: Reading) -> Iterator[Reading]:
    """Policies that only deny are compared on top of one that allows everything."""
    old, new = (side.identity for side in reading.sides)
    on_top = _on_top(reading)
    if not (old or new) and any(side.resource for side in reading.sides):
        if not reading.only_roles:
            yield replace(
                reading, notes=("compared for callers without policies of their own, and on top of " + _EVERYTHING,)
            )
        yield on_top
    elif _only_limits(*reading.sides) or (_denies_only((*old, *new)) and not (_allows(old) or _allows(new))):
        yield on_top
    elif _denies_only(old) or _denies_only(new):
        one, other = ("OLD", "NEW") if _denies_only(old) else ("NEW", "OLD")
        both = f"{one} only denies and {other} allows: compared by themselves, and on top of {_EVERYTHING}"
        yield replace(reading, notes=(both,))
        yield replace(on_top, notes=(both,))
    else:
        yield reading


def _only_limits(*sides: Layers) -> bool:
    return not any(side.identity or side.resource for side in sides) and any(
        side.boundary or side.session or side.scps or side.rcps for side in sides
    )


def _on_top(reading: Reading) -> Reading:
    old, new = (replace(side, identity=(*side.identity, _allow_all())) for side in reading.sides)
    return replace(reading, sides=(old, new), notes=(f"compared on top of {_EVERYTHING}",), on_allow_all=True)


def _boundaries(reading: Reading) -> Iterator[Reading]:
    """A boundary without an Allow allows nothing, which is rarely meant."""
    silent = [
        name
        for name, side in zip(("OLD", "NEW"), reading.sides, strict=True)
        if side.boundary and not _allows((side.boundary,))
    ]
    verb = "allow" if len(silent) == 2 else "allows"
    note = f"{' and '.join(silent)} {verb} nothing: a boundary without an Allow"
    yield replace(reading, notes=(*reading.notes, note)) if silent else reading


def _scps(reading: Reading) -> Iterator[Reading]:
    """SCPs that only deny are combined with `FullAWSAccess`, which AWS attaches to each level."""
    old, new = (side.scps for side in reading.sides)
    together = "together with the SCP FullAWSAccess"
    silent = [[not _allows(level) for level in levels] for levels in (old, new)]
    if not any(chain(*silent)):
        yield reading
        return
    mixed = any(a is not b for a, b in zip(*silent, strict=False))
    if not mixed:
        yield replace(_beside(reading, silent), notes=(*reading.notes, together))
        return
    one, other = ("NEW", "OLD") if any(silent[1]) else ("OLD", "NEW")
    note = f"{one} only denies and gets the SCP FullAWSAccess, {other} is compared both with and without it"
    for added in (silent, [[True] * len(levels) for levels in silent]):
        yield replace(_beside(reading, added), notes=(*reading.notes, note))


def _beside(reading: Reading, added: list[list[bool]]) -> Reading:
    """The reading with `FullAWSAccess` added to some levels of SCPs on each side."""
    old, new = (
        replace(
            side, scps=tuple((*lvl, _full_access()) if add else lvl for lvl, add in zip(side.scps, adds, strict=True))
        )
        for side, adds in zip(reading.sides, added, strict=True)
    )
    return replace(reading, sides=(old, new))


def _rcps(reading: Reading) -> Iterator[Reading]:
    """The evaluator takes `RCPFullAWSAccess` for granted, the only RCP that allows, which cannot be detached."""
    note = "together with the RCP RCPFullAWSAccess"
    if any(side.rcps for side in reading.sides):
        reading = replace(reading, notes=(*reading.notes, note))
        if not any(side.resource for side in reading.sides):
            old, new = (replace(side, resource=(_public(),)) for side in reading.sides)
            reading = replace(reading, sides=(old, new), trusting=False)
    yield reading


def _wrong_rcps(*sides: Layers) -> str:
    """Why the RCPs cannot be attached. Source: Organizations User Guide, "RCP syntax" (2026-11)."""
    full = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    levels = chain.from_iterable(side.rcps for side in sides)
    for statement in (statement for level in levels for policy in level for statement in policy.statements):
        if statement.statement.body.get("Principal") != "*":
            return "the only principal that an RCP can name is `*`"
        if statement.allows and _meant(statement) != full:
            return "the only RCP that can allow anything is AWS's RCPFullAWSAccess"
    return ""


def _meant(statement: CompiledStatement) -> dict[str, object]:
    return {name: value for name, value in statement.statement.body.items() if name != "Sid"}


def _allows(policies: Policies) -> bool:
    return any(statement.allows for policy in policies for statement in policy.statements)


def _denies_only(policies: Policies) -> bool:
    return not _allows(policies) and any(policy.statements for policy in policies)


@cache
def _allow_all() -> CompiledPolicy:
    return allow_all()


@cache
def _public() -> CompiledPolicy:
    """A policy of a resource that allows everyone everything."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}, Kind.RESOURCE, name="public"))


@cache
def _full_access() -> CompiledPolicy:
    """AWS's SCP that allows everything, which a new organization has at every level."""
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}, Kind.SCP, name="FullAWSAccess"))


@cache
def _trusting(account: str, partition: str) -> CompiledPolicy:
    return trusting(account, partition)
