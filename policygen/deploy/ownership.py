"""What policygen owns in a state of an account: what is declared, and what an earlier run put there."""

from collections.abc import Callable, Iterable, Mapping, Set

from policygen.account.model import Document
from policygen.deploy.desired import Desired, DesiredGroup
from policygen.deploy.members import memberships
from policygen.deploy.plan import Plan
from policygen.deploy.record import Owned, OwnedGroup
from policygen.deploy.state import GroupState, State, meaning
from policygen.policy.meaning import same


def owning(plan: Plan) -> Callable[[State], Owned]:
    """What policygen owns in a state during a plan: all that is as declared, and what it owned before and is left.

    A group that was not observed was created by policygen.
    """
    members = memberships(plan.desired, plan.after()).wanted
    return lambda state: _owned_in(state, plan.desired, members, plan.observed)


def still_owned(owned: Owned) -> Callable[[State], Owned]:
    """What policygen still owns in a state of what it owned."""
    return lambda state: _owned_in(state, Desired("", "", (), owned=owned), {}, state)


def _owned_in(state: State, desired: Desired, members: Mapping[str, Set[str]], before: State) -> Owned:
    wanted = {group.name.lower(): group for group in desired.groups}
    groups = {}
    for key, existing in sorted(state.groups.items()):
        group, earlier = wanted.get(key), desired.owned.group(existing.name)
        created = earlier.created or key not in before.groups
        groups[existing.name] = _of_group(existing, group, earlier, members.get(key, frozenset()), created=created)
    own = {arn: meaning(document) for arn, document in desired.managed.items() if _is(state.document(arn), document)}
    kept = {arn: written for arn, written in desired.owned.policies.items() if arn in state.policies}
    return Owned({name: group for name, group in groups.items() if group != OwnedGroup()}, kept | own)


def _of_group(
    existing: GroupState, group: DesiredGroup | None, earlier: OwnedGroup, members: Iterable[str], *, created: bool
) -> OwnedGroup:
    inline = {name: written for name, written in earlier.inline.items() if name in existing.inline}
    declared = group.policies if group else ()
    for policy in declared:
        if (
            policy.arn is None
            and policy.document is not None
            and _is(existing.inline.get(policy.name), policy.document)
        ):
            inline[policy.name] = meaning(policy.document)
    arns = {*earlier.attached, *(policy.arn for policy in declared if policy.arn)}
    present = {*earlier.members, *members}
    return OwnedGroup(
        created,
        dict(sorted(inline.items())),
        tuple(arn for arn in existing.attached if arn in arns),
        tuple(member for member in existing.members if member in present),
    )


def either(one: Owned, other: Owned) -> Owned:
    """What is owned in one of two states: until a call has been answered, the account may be in either."""
    groups = {
        name: OwnedGroup(
            one.group(name).created or other.group(name).created,
            {**one.group(name).inline, **other.group(name).inline},
            tuple(sorted({*one.group(name).attached, *other.group(name).attached})),
            tuple(sorted({*one.group(name).members, *other.group(name).members})),
        )
        for name in sorted({*one.groups, *other.groups})
    }
    return Owned(groups, {**one.policies, **other.policies})


def _is(document: Document | None, declared: Document) -> bool:
    return document is not None and same(document, declared)
