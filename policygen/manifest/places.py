"""The places of a manifest that policies are for: groups, roles, boundaries, the organization and its OUs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policygen.policy.model import escape

Parameters = Mapping[str, Mapping[str, Any]]
"""Recipe → parameters."""

_PERMISSIONS = ("identity", "managed")


@dataclass(frozen=True)
class Instance:
    """One policy of a place: a recipe, under its own name or another, with parameters of its own."""

    name: str
    recipe: str
    kinds: tuple[str, ...]
    """The kinds of recipe that can be here."""
    pointer: str
    """Where the manifest names it."""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """An IAM group: its accounts, recipes, parameters by recipe, and members.

    `policies` are recipes under names, each with parameters. `category` are patterns of user names; each user belongs
    to one category, or else to the default one. An `exclusive` group may have no other policies and members.
    """

    name: str
    accounts: tuple[str, ...]
    recipes: tuple[str, ...] = ()
    policies: Parameters = field(default_factory=dict)
    parameters: Parameters = field(default_factory=dict)
    attach: tuple[str, ...] = ()
    managed: bool = False
    path: str = "/"
    members: tuple[str, ...] = ()
    common: bool = False
    category: tuple[str, ...] = ()
    default_category: bool = False
    exclusive: bool = False

    noun = "group"
    principal = "user"

    @property
    def pointer(self) -> str:
        """Where the manifest declares it."""
        return f"/groups/{escape(self.name)}"

    @property
    def words(self) -> str:
        """What messages call it."""
        return f"group `{self.name}`"

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """Its policies."""
        return tuple(_instances(self.pointer, "recipes", self.recipes, _PERMISSIONS, self.policies, _PERMISSIONS))


@dataclass(frozen=True)
class Role:
    """An IAM role: who can assume it, its policies, and its permissions boundary, by name or by ARN.

    An `exclusive` role may have no other policies.
    """

    name: str
    accounts: tuple[str, ...]
    trust: str
    recipes: tuple[str, ...] = ()
    policies: Parameters = field(default_factory=dict)
    parameters: Parameters = field(default_factory=dict)
    attach: tuple[str, ...] = ()
    managed: bool = False
    path: str = "/"
    boundary: str = ""
    max_session_hours: int = 1
    exclusive: bool = False

    noun = "role"
    principal = "role"

    @property
    def pointer(self) -> str:
        """Where the manifest declares it."""
        return f"/roles/{escape(self.name)}"

    @property
    def words(self) -> str:
        """What messages call it."""
        return f"role `{self.name}`"

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """Its trust policy, then its policies."""
        own = _instances(self.pointer, "recipes", self.recipes, _PERMISSIONS, self.policies, _PERMISSIONS)
        return (Instance(self.trust, self.trust, ("trust",), f"{self.pointer}/trust"), *own)


@dataclass(frozen=True)
class Boundary:
    """A permissions boundary: a customer managed policy that roles name."""

    name: str
    accounts: tuple[str, ...]
    recipe: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    noun = "boundary"
    principal = ""

    @property
    def pointer(self) -> str:
        """Where the manifest declares it."""
        return f"/boundaries/{escape(self.name)}"

    @property
    def words(self) -> str:
        """What messages call it."""
        return f"boundary `{self.name}`"

    @property
    def instances(self) -> tuple[Instance, ...]:
        """Its policy."""
        return (Instance(self.name, self.recipe, ("boundary",), self.pointer, self.parameters),)


@dataclass(frozen=True)
class Unit:
    """The root of the organization (whose name is ""), or an organizational unit; `id` is what policies target."""

    name: str
    id: str
    partition: str
    scps: tuple[str, ...] = ()
    rcps: tuple[str, ...] = ()
    policies: Parameters = field(default_factory=dict)
    parameters: Parameters = field(default_factory=dict)

    accounts = ()
    noun = "target of the organization"
    principal = ""

    @property
    def pointer(self) -> str:
        """Where the manifest declares it."""
        return f"/ous/{escape(self.name)}" if self.name else "/organization"

    @property
    def words(self) -> str:
        """What messages call it."""
        return f"OU `{self.name}`" if self.name else "the organization"

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """Its SCPs and RCPs."""
        named = _instances(self.pointer, "scps", self.scps, ("scp",), self.policies, ("scp", "rcp"))
        return (*named, *_instances(self.pointer, "rcps", self.rcps, ("rcp",), {}, ()))


Place = Group | Role | Boundary | Unit


def _instances(
    pointer: str,
    key: str,
    recipes: tuple[str, ...],
    kinds: tuple[str, ...],
    policies: Parameters,
    kinds_of_policies: tuple[str, ...],
) -> Iterator[Instance]:
    for recipe in recipes:
        yield Instance(recipe, recipe, kinds, f"{pointer}/{key}")
    for name, table in policies.items():
        where = f"{pointer}/policies/{escape(name)}"
        yield Instance(name, table["recipe"], kinds_of_policies, where, table.get("parameters", {}))
