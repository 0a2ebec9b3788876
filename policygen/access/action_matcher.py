"""Find the Action entries of a policy that match any of a set of actions, by name or by wildcard."""

from collections.abc import Iterable, Iterator

from policygen.policy.model import Element, Policy, Statement, once_per_policy
from policygen.policy.pattern import is_wild, matcher


class ActionMatcher:
    """A set of actions, spelled as AWS spells them."""

    def __init__(self, actions: Iterable[str]) -> None:
        self.named = {action.lower(): action for action in actions}
        """Lower case → as AWS spells it."""
        self._of_service: dict[str, list[str]] = {}
        for name in self.named:
            self._of_service.setdefault(name.partition(":")[0], []).append(name)

    def statements(self, policy: Policy) -> Iterator[tuple[Statement, list[tuple[Element, tuple[str, ...]]]]]:
        """The statements whose `Action` matches any of the actions; each matching entry with its actions."""
        names = (self.named.keys() & policy.action_names) | _wild_names(policy)
        matched = {name: actions for name in names if (actions := self.matched(name))}
        for statement in policy.statements:
            if not matched.keys().isdisjoint(statement.action_names):
                entries = zip(statement.actions, statement.action_names, strict=True)
                yield statement, [(entry, matched[name]) for entry, name in entries if name in matched]

    def matched(self, name: str) -> tuple[str, ...]:
        """The actions that an entry, given in lower case, matches."""
        if not is_wild(name):
            return (self.named[name],) if name in self.named else ()
        service = name.partition(":")[0]
        names = self.named if is_wild(service) else self._of_service.get(service, ())
        return tuple(self.named[name] for name in filter(matcher(name), names)) if names else ()


@once_per_policy
def _wild_names(policy: Policy) -> set[str]:
    return set(filter(is_wild, policy.action_names))
