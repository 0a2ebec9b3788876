"""The entries of a policy that many rules check, listed once per policy."""

from functools import cache

from policygen.policy.model import Element, Policy, once_per_policy
from policygen.reference.services import find_action


@once_per_policy
def odd_actions(policy: Policy) -> list[Element]:
    """Every entry of `Action` and `NotAction` that is not the plain name of an action in AWS's data."""
    odd = {name for name in policy.action_names if not _is_plain(name)}
    return [
        entry
        for statement in (policy.statements if odd else ())
        for element, names in (("Action", statement.action_names), ("NotAction", statement.not_action_names))
        if not odd.isdisjoint(names)
        for entry in statement.picked(element, [index for index, name in enumerate(names) if name in odd])
    ]


@once_per_policy
def each_resource(policy: Policy) -> list[Element]:
    """Every entry of `Resource` and `NotResource`."""
    return [entry for statement in policy.statements for entry in (*statement.resources, *statement.not_resources)]


@cache
def _is_plain(action: str) -> bool:
    return find_action(action) is not None
