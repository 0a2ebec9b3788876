"""What the owner of the account wants it to look like: the common groups, the categories, what groups carry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from policygen.policy.pattern import matches


@dataclass(frozen=True, slots=True)
class Category:
    """A category group; its patterns, with the wildcards of IAM, say which user names belong to it."""

    group: str
    patterns: tuple[str, ...] = ()

    def wants(self, user: str) -> bool:
        """Whether one of the patterns matches a user's name; IAM compares names without case."""
        return any(matches(pattern.lower(), user.lower()) for pattern in self.patterns)


def categories(pairs: Iterable[tuple[str, str]]) -> tuple[Category, ...]:
    """Categories of pairs of group and pattern, "" for none; several patterns of one group make one category."""
    patterns: dict[str, tuple[str, tuple[str, ...]]] = {}
    for group, pattern in pairs:
        name, known = patterns.get(group.lower(), (group, ()))
        patterns[group.lower()] = (name, (*known, pattern) if pattern else known)
    return tuple(Category(name, found) for name, found in patterns.values())


@dataclass(frozen=True, slots=True)
class Carried:
    """A policy that a group should carry: a recipe's document, or the ARN of a managed policy."""

    recipe: str
    document: Mapping[str, object] | None = None
    arn: str = ""


@dataclass(frozen=True, slots=True)
class Strategy:
    """The strategy of one account.

    `carried` says what each group should carry, by its name in lower case; `exempt` are the users, in lower case, who
    belong in no common group and no category.
    """

    common_groups: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    exempt: frozenset[str] = frozenset()
    carried: Mapping[str, tuple[Carried, ...]] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        """The common groups, then those of the categories."""
        return (*self.common_groups, *(category.group for category in self.categories))

    def category(self, user: str) -> Category | None:
        """The first category whose pattern matches a user's name."""
        return next((category for category in self.categories if category.wants(user)), None)
