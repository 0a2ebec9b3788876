"""policygen.toml as data: the accounts, the organization, and the places in them that policies are for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policygen.configuration import FILE, read_configuration
from policygen.errors import PolicygenError
from policygen.manifest.check import check
from policygen.manifest.places import Boundary, Group, Instance, Place, Role, Unit
from policygen.recipe.catalogs import is_reference
from policygen.recipe.render import Rendered
from policygen.toml import TomlSource

DEFAULT_OUTPUT = "policies/{account}/{group}/{recipe}.json"


@dataclass(frozen=True)
class Account:
    """An AWS account: its name in the manifest, its parameters by recipe, and its values."""

    name: str
    id: str
    partition: str = "aws"
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    profile: str | None = None
    role: str | None = None
    region: str | None = None
    external_id: str | None = None
    session_name: str | None = None
    mfa_serial: str | None = None

    @property
    def placeholders(self) -> dict[str, str]:
        """What values and parameters may have put in."""
        return {"account.id": self.id, "account.name": self.name}


@dataclass(frozen=True)
class Wanted:
    """One policy of the manifest: the account (None for the organization), the place, and what to render."""

    account: Account | None
    place: Place
    instance: Instance
    parameters: Mapping[str, Any]
    """Those given for the recipe; the group's override the account's, which override the manifest's."""
    values: Mapping[str, Any]
    """What is offered to a recipe that has a parameter of that name."""


@dataclass(frozen=True)
class Carried:
    """One policy of a place, rendered, and the file that its findings name; no account for the organization."""

    account: Account | None
    place: Place
    instance: Instance
    rendered: Rendered
    file: str


@dataclass(frozen=True)
class Manifest:
    """A manifest and the folder that contains it; its paths are relative to that folder."""

    source: TomlSource
    folder: Path
    output: str
    catalogs: tuple[str | Path, ...]
    """Folders, and catalogs of others as `recipe.catalogs` reads them."""
    accounts: tuple[Account, ...]
    groups: tuple[Group, ...]
    parameters: Mapping[str, Mapping[str, Any]]
    exempt: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    roles: tuple[Role, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    units: tuple[Unit, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """Everything that policies are for."""
        return (*self.groups, *self.roles, *self.boundaries, *self.units)

    @property
    def holders(self) -> tuple[Group | Role, ...]:
        """What policies can be attached to."""
        return (*self.groups, *self.roles)

    def wanted(self) -> Iterator[Wanted]:
        """Each policy of the manifest: account by account, then the organization."""
        for account in (*self.accounts, None):
            for place in self.places:
                if (account is None) == isinstance(place, Unit) and (account is None or account.name in place.accounts):
                    yield from (self._wanted(account, place, instance) for instance in place.instances)

    def _wanted(self, account: Account | None, place: Place, instance: Instance) -> Wanted:
        own = {} if isinstance(place, Boundary) else place.parameters
        layers = [self.parameters, account.parameters if account else {}, own]
        merged = {key: value for layer in layers for key, value in layer.get(instance.recipe, {}).items()}
        if isinstance(place, Unit):
            ids = {"partition": place.partition}
        else:
            ids = {"account": account.id, "partition": account.partition} if account else {}
        values = {**self.values, **(account.values if account else {})}
        return Wanted(account, place, instance, {**merged, **instance.parameters, **ids}, values)


def load_manifest(path: str | Path = FILE) -> Manifest:
    """Read a manifest; raises PolicygenError with `file:line` for anything that is wrong with it."""
    path = Path(path)
    if not path.exists():
        hint = "`policygen init` writes one, `--manifest FILE` names another"
        raise PolicygenError(f"{path}: the manifest does not exist; {hint}")
    source = read_configuration(path, str(path))
    check(source)
    data, folder = source.data, path.parent
    for catalog in data.get("catalogs", ()):
        if not is_reference(catalog) and not (folder / catalog).is_dir():
            raise source.error("/catalogs", f"the catalog folder `{catalog}` does not exist")
    everywhere = {"accounts": tuple(data.get("accounts", ()))}
    organization = data.get("organization", {})
    return Manifest(
        source,
        folder,
        data.get("output", DEFAULT_OUTPUT),
        tuple(catalog if is_reference(catalog) else folder / catalog for catalog in data.get("catalogs", ())),
        tuple(Account(name, **table) for name, table in data.get("accounts", {}).items()),
        tuple(Group(name, **everywhere | _fields(table)) for name, table in data.get("groups", {}).items()),
        data.get("parameters", {}),
        tuple(data.get("exempt", ())),
        ({"org_id": organization["id"]} if "id" in organization else {}) | data.get("values", {}),
        tuple(Role(name, **everywhere | _fields(table)) for name, table in data.get("roles", {}).items()),
        tuple(Boundary(name, **everywhere | _fields(table)) for name, table in data.get("boundaries", {}).items()),
        tuple(_units(organization, data.get("ous", {}))),
    )


def _units(organization: Mapping[str, Any], ous: Mapping[str, Any]) -> Iterator[Unit]:
    partition = organization.get("partition", "aws")
    if own := {key: value for key, value in organization.items() if key not in ("id", "root", "partition")}:
        yield Unit("", organization["root"], partition, **_fields(own))
    for name, table in ous.items():
        yield Unit(name, partition=partition, **_fields(table))


def _fields(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table as the fields of a frozen dataclass; the schema allows no other keys."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
