"""Which users should join which groups: common groups, categories, declared members. No one is ever removed."""

from policygen.deploy.desired import Desired, DesiredGroup
from policygen.deploy.state import GroupState, State
from policygen.errors import PolicygenError, did_you_mean
from policygen.policy.pattern import matches

Join = tuple[str, str]
"""The name of a group, and the name of a user in lower case."""


def memberships(desired: Desired, state: State) -> tuple[list[Join], list[str]]:
    """Which users should join which groups, and remarks about what is not as declared and is left unchanged.

    Raises PolicygenError for a declared member who does not exist, and for an exempt user whose name looks misspelled.
    """
    exempt, remarks = _exempt(desired, state)
    declared = {
        group.name: {_user(desired, state, name, f"a member of {group.name}") for name in group.members}
        for group in desired.groups
    }
    joins: list[Join] = []
    wanted = {group.name: set(declared[group.name]) for group in desired.groups}
    for user in state.users:
        if user in exempt:
            continue
        for group in desired.groups:
            if group.common:
                wanted[group.name].add(user)
        category = _category(desired, state, user, declared, remarks)
        if category:
            wanted[category].add(user)
    for group in desired.groups:
        existing = state.group(group.name) or GroupState(group.name, group.path, {})
        present = set(existing.members)
        joins += [(existing.name, user) for user in sorted(wanted[group.name] - present)]
        remarks += _strangers(group, existing.name, present - wanted[group.name], state)
    return joins, remarks


def _category(
    desired: Desired, state: State, user: str, declared: dict[str, set[str]], remarks: list[str]
) -> str | None:
    """The category that a user should be in; None if there is none, or if someone has to decide."""
    categories = [group for group in desired.groups if group.is_category]
    if not categories:
        return None
    name = state.users[user].name
    present = [group.name for group in categories if group.name.lower() in state.users[user].groups]
    named = [group.name for group in categories if user in declared[group.name]]
    matching = [group.name for group in categories if any(matches(p.lower(), user) for p in group.category)]
    default = [group.name for group in categories if group.default_category]
    wanted = named or matching or default
    if len(set(wanted) | set(present)) == 1 and wanted:
        return wanted[0]
    if not wanted:
        if len(present) != 1:
            remarks.append(
                f"user {name} is not in any category and does not match any pattern; add them to the members of one"
            )
    elif len(wanted) > 1 and not present:
        remarks.append(f"user {name} matches the categories {' and '.join(wanted)}; add them to the members of one")
    elif len(set(wanted) | set(present)) > 1:
        remarks.append(
            f"user {name} is in the categories {' and '.join(present)}, and should be only in {' or '.join(wanted)}"
        )
    return None


def _strangers(group: DesiredGroup, name: str, strangers: set[str], state: State) -> list[str]:
    if group.common or group.is_category or not group.members or not strangers:
        return []
    names = ", ".join(sorted(state.users[user].name for user in strangers))
    return [f"group {name} has members who are not declared: {names}"]


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
