"""The strategy for an account: its common groups, its categories, and the policies that groups should have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from policygen.policy.pattern import matches


@dataclass(frozen=True, slots=True)
class Category:
    """A category group, and the patterns of the user names that belong in it, with IAM's wildcards."""

    group: str
    patterns: tuple[str, ...] = ()

    def wants(self, user: str) -> bool:
        """Whether one of the patterns matches a user's name, ignoring case as IAM does."""
        return any(matches(pattern.lower(), user.lower()) for pattern in self.patterns)


def categories(pairs: Iterable[tuple[str, str]]) -> tuple[Category, ...]:
    """Categories from pairs of group and pattern ("" for none); the patterns of a group are combined."""
    found: dict[str, Category] = {}
    for group, pattern in pairs:
        known = found.get(group.lower(), Category(group))
        found[group.lower()] = Category(known.group, (*known.patterns, pattern) if pattern else known.patterns)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Carried:
    """A policy that a group should have: a recipe's document, or the ARN of a managed policy."""

    recipe: str
    document: Mapping[str, object] | None = None
    arn: str = ""


@dataclass(frozen=True, slots=True)
class Strategy:
    """The strategy of one account.

    `carried` has the policies that each group should have, by its name in lower case; `exempt` has the users, in lower
    case, who need not be in the common groups and in a category.
    """

    common_groups: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    exempt: frozenset[str] = frozenset()
    carried: Mapping[str, tuple[Carried, ...]] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        """The common groups, then the category groups."""
        return (*self.common_groups, *(category.group for category in self.categories))

    def category(self, user: str) -> Category | None:
        """The first category whose pattern matches a user's name."""
        return next((category for category in self.categories if category.wants(user)), None)
