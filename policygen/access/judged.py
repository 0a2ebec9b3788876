"""Judge each action and each resource once: the same few thousand stand in all policies, a hundred times over."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Generic, TypeVar

from policygen.policy.model import Element, Policy
from policygen.reference.services import find_action

alike = lru_cache(maxsize=2048)
"""For what is to be said of whole lists of entries: the same stand in many policies, and in all versions of one."""

_MOST = 25_000
_Verdict = TypeVar("_Verdict")


class Judged(dict[str, _Verdict], Generic[_Verdict]):
    """Text of an entry, action names in lower case → what a function says of it, asked when it is first looked up.

    A dict, since a lookup is cheaper than a call and most entries are of no interest to most rules.
    """

    def __init__(self, judge: Callable[[str], _Verdict]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, name: str) -> _Verdict:
        if len(self) > _MOST:
            self.clear()
        verdict = self[name] = self._judge(name)
        return verdict


def odd_actions(policy: Policy, wanted: Judged[bool]) -> Iterator[Element]:
    """Every entry of every `Action` and `NotAction` that is no plain action of AWS's and is wanted by its name."""
    names = {name for name in _odd_names(policy) if wanted[name]}
    for statement in policy.statements if names else ():
        for element, given in (("Action", statement.action_names), ("NotAction", statement.not_action_names)):
            if not names.isdisjoint(given):
                yield from statement.picked(element, [index for index, name in enumerate(given) if name in names])


def resources_where(policy: Policy, wanted: Callable[[str], object]) -> Iterator[Element]:
    """Every entry of every `Resource` and `NotResource` whose text is wanted."""
    for statement in policy.statements if any(map(wanted, policy.resource_texts)) else ():
        for element, given in (("Resource", statement.resource_texts), ("NotResource", statement.not_resource_texts)):
            found = [index for index, text in enumerate(given) if wanted(text)]
            if found:
                yield from statement.picked(element, found)


@lru_cache(maxsize=4)  # several rules ask for the same policy in turn
def _odd_names(policy: Policy) -> list[str]:
    return list(filter(_is_odd.__getitem__, policy.action_names))


@Judged
def _is_odd(name: str) -> bool:
    return find_action(name) is None
