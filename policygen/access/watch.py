"""Watch for some actions: which entries of a policy stand for them, by name or by a wildcard."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from policygen.access.judged import Judged
from policygen.policy.model import Element, Policy, Statement
from policygen.policy.pattern import is_wild, stands_for


class Watch:
    """Some actions, named as AWS writes them."""

    def __init__(self, actions: Iterable[str]) -> None:
        self.named = {action.lower(): action for action in actions}
        """Lower case → as AWS writes it."""
        self._of_service: dict[str, list[str]] = {}
        for name in self.named:
            self._of_service.setdefault(name.partition(":")[0], []).append(name)
        self.meant = Judged(self._meant)
        """Action entry in lower case → the actions that it stands for."""

    def statements(self, policy: Policy) -> Iterator[tuple[Statement, list[tuple[Element, tuple[str, ...]]]]]:
        """The statements whose `Action` stands for any of the actions; each such entry with those it stands for."""
        names = self.named.keys() & policy.action_names
        names.update(filter(self.meant.__getitem__, _wild_names(policy)))
        for statement in policy.statements if names else ():
            if not names.isdisjoint(statement.action_names):
                found = [index for index, name in enumerate(statement.action_names) if name in names]
                entries = statement.picked("Action", found)
                yield statement, [(entry, self.meant[entry.value.lower()]) for entry in entries]

    def _meant(self, name: str) -> tuple[str, ...]:
        if not is_wild(name):
            return (self.named[name],) if name in self.named else ()
        service = name.partition(":")[0]
        names = self.named if is_wild(service) else self._of_service.get(service, ())
        return tuple(self.named[name] for name in filter(stands_for(name), names))


@lru_cache(maxsize=4)  # several rules ask for the same policy in turn
def _wild_names(policy: Policy) -> list[str]:
    return list(filter(is_wild, policy.action_names))
