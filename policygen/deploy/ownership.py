"""What policygen owns in a state of an account: what is declared, and what an earlier run put there."""

from collections.abc import Callable, Iterable, Mapping, Set

from policygen.account.model import Document
from policygen.deploy.desired import Desired, DesiredPolicy
from policygen.deploy.members import memberships
from policygen.deploy.plan import Plan
from policygen.deploy.record import Owned, OwnedGroup, OwnedRole
from policygen.deploy.state import HolderState, State, meaning
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
        earlier = desired.owned.group(existing.name)
        present = {*earlier.members, *members.get(key, ())}
        groups[existing.name] = OwnedGroup(
            earlier.created or key not in before.groups,
            *_policies(existing, wanted[key].policies if key in wanted else (), earlier),
            tuple(member for member in existing.members if member in present),
        )
    declared = {role.name.lower(): role for role in desired.roles}
    roles = {}
    for key, shown in sorted(state.roles.items()):
        role, was = declared.get(key), desired.owned.role(shown.name)
        limits = {role.boundary if role else None, was.boundary}
        roles[shown.name] = OwnedRole(
            was.created or key not in before.roles,
            *_policies(shown, role.policies if role else (), was),
            shown.boundary if shown.boundary in limits else None,
        )
    own = {arn: meaning(document) for arn, document in desired.managed.items() if _is(state.document(arn), document)}
    kept = {arn: written for arn, written in desired.owned.policies.items() if arn in state.policies}
    return Owned(
        {name: group for name, group in groups.items() if group != OwnedGroup()},
        {name: owned for name, owned in roles.items() if owned != OwnedRole()},
        kept | own,
    )


def _policies(
    existing: HolderState, declared: Iterable[DesiredPolicy], earlier: OwnedGroup | OwnedRole
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The owned inline policies of a group or role with their digests, and the ARNs of the attached ones."""
    inline = {name: written for name, written in earlier.inline.items() if name in existing.inline}
    arns = set(earlier.attached)
    for policy in declared:
        if policy.arn:
            arns.add(policy.arn)
        elif policy.document is not None and _is(existing.inline.get(policy.name), policy.document):
            inline[policy.name] = meaning(policy.document)
    return dict(sorted(inline.items())), tuple(arn for arn in existing.attached if arn in arns)


def either(one: Owned, other: Owned) -> Owned:
    """What is owned in one of two states: until a call has been answered, the account may be in either."""
    groups = {
        name: OwnedGroup(
            one.group(name).created or other.group(name).created,
            {**one.group(name).inline, **other.group(name).inline},
            _both(one.group(name).attached, other.group(name).attached),
            _both(one.group(name).members, other.group(name).members),
        )
        for name in sorted({*one.groups, *other.groups})
    }
    roles = {
        name: OwnedRole(
            one.role(name).created or other.role(name).created,
            {**one.role(name).inline, **other.role(name).inline},
            _both(one.role(name).attached, other.role(name).attached),
            other.role(name).boundary or one.role(name).boundary,
        )
        for name in sorted({*one.roles, *other.roles})
    }
    return Owned(groups, roles, {**one.policies, **other.policies})


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))


def _is(document: Document | None, declared: Document) -> bool:
    return document is not None and same(document, declared)
