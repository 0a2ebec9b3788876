"""Which users should be in which groups: members of common groups and categories, and declared members."""

from collections.abc import Mapping, Set
from typing import NamedTuple

from policygen.deploy.desired import Desired
from policygen.deploy.state import GroupState, State
from policygen.errors import PolicygenError, did_you_mean
from policygen.policy.pattern import matches

Join = tuple[str, str]
"""The name of a group, and the name of a user in lower case."""


class Memberships(NamedTuple):
    """Who should be in the groups, and who is; users and the keys of `wanted` are in lower case."""

    wanted: Mapping[str, Set[str]]
    joins: list[Join]
    undeclared: list[Join]
    """Who is in a group without being declared a member."""
    remarks: list[str]


def memberships(desired: Desired, state: State) -> Memberships:
    """Who should be in the groups, with remarks about what someone has to decide.

    Raises PolicygenError for a declared member who does not exist, and for an exempt user whose name looks misspelled.
    """
    exempt, remarks = _exempt(desired, state)
    declared = {
        group.name: {_user(desired, state, name, f"a member of {group.name}") for name in group.members}
        for group in desired.groups
    }
    wanted = {group.name: set(declared[group.name]) for group in desired.groups}
    for user in state.users:
        if user in exempt:
            continue
        for group in desired.groups:
            if group.common:
                wanted[group.name].add(user)
        for category in _categories(desired, state, user, declared, remarks):
            wanted[category].add(user)
    joins, undeclared = [], []
    for group in desired.groups:
        existing = state.group(group.name) or GroupState(group.name, group.path, {})
        present = set(existing.members)
        joins += [(existing.name, user) for user in sorted(wanted[group.name] - present)]
        undeclared += [(existing.name, user) for user in sorted(present - wanted[group.name])]
    return Memberships({name.lower(): users for name, users in wanted.items()}, joins, undeclared, remarks)


def _categories(
    desired: Desired, state: State, user: str, declared: Mapping[str, Set[str]], remarks: list[str]
) -> list[str]:
    """The category that a user should be in; those that the user is in if someone has to decide."""
    categories = [group for group in desired.groups if group.is_category]
    if not categories:
        return []
    name = state.users[user].name
    present = [group.name for group in categories if group.name.lower() in state.users[user].groups]
    foreign = [group for group in present if user not in desired.owned.group(group).members]
    named = [group.name for group in categories if user in declared[group.name]]
    matching = [group.name for group in categories if any(matches(p.lower(), user) for p in group.category)]
    default = [group.name for group in categories if group.default_category]
    wanted = named or matching or default
    if len({*wanted, *foreign}) == 1 and wanted:
        return wanted
    if not wanted:
        if len(present) != 1:
            remarks.append(
                f"user {name} is not in any category and does not match any pattern; add them to the members of one"
            )
    elif len(wanted) > 1 and not present:
        remarks.append(f"user {name} matches the categories {' and '.join(wanted)}; add them to the members of one")
    else:
        remarks.append(
            f"user {name} is in the categories {' and '.join(present)}, and should be only in {' or '.join(wanted)}"
        )
    return present


def _exempt(desired: Desired, state: State) -> tuple[set[str], list[str]]:
    """The exempt users; not every account has all of them."""
    missing = [name for name in desired.exempt if name.lower() not in state.users]
    for name in missing:
        if did_you_mean(name, _names(state)):
            _user(desired, state, name, "exempt")
    remarks = [f"user {name}, who is exempt, does not exist in this account" for name in missing]
    return {name.lower() for name in desired.exempt}, remarks


def _names(state: State) -> list[str]:
    return [user.name for user in state.users.values()]


def _user(desired: Desired, state: State, name: str, what: str) -> str:
    if name.lower() not in state.users:
        hint = did_you_mean(name, _names(state))
        raise PolicygenError(f"account {desired.account} has no user `{name}`, who should be {what}{hint}")
    return name.lower()
