"""policygen.toml as data: accounts, groups and their recipes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policygen.configuration import FILE, read_configuration
from policygen.errors import PolicygenError, did_you_mean
from policygen.policy.model import escape
from policygen.policy.schema import check_toml
from policygen.recipe.formats import problem
from policygen.toml import TomlSource

DEFAULT_OUTPUT = "policies/{account}/{group}/{recipe}.json"


@dataclass(frozen=True)
class Account:
    """An AWS account: its name in the manifest, and its parameters by recipe."""

    name: str
    id: str
    partition: str = "aws"
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    profile: str | None = None
    role: str | None = None
    region: str | None = None
    external_id: str | None = None
    session_name: str | None = None
    mfa_serial: str | None = None


@dataclass(frozen=True)
class Group:
    """An IAM group: its accounts, recipes, parameters by recipe, and members.

    `category` are patterns of user names; each user belongs to one category, or else to the default one. An `exclusive`
    group may have no other policies and members.
    """

    name: str
    accounts: tuple[str, ...]
    recipes: tuple[str, ...] = ()
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    attach: tuple[str, ...] = ()
    managed: bool = False
    path: str = "/"
    members: tuple[str, ...] = ()
    common: bool = False
    category: tuple[str, ...] = ()
    default_category: bool = False
    exclusive: bool = False


@dataclass(frozen=True)
class Manifest:
    """A manifest and the folder that contains it; its paths are relative to that folder."""

    source: TomlSource
    folder: Path
    output: str
    catalogs: tuple[Path, ...]
    accounts: tuple[Account, ...]
    groups: tuple[Group, ...]
    parameters: Mapping[str, Mapping[str, Any]]
    exempt: tuple[str, ...] = ()

    def wanted(self) -> Iterator[tuple[Account, Group, str, dict[str, Any]]]:
        """Each policy of the manifest: account, group, recipe, parameters.

        Parameters of the group override those of the account, which override those of the manifest.
        """
        for account in self.accounts:
            for group in self.groups:
                if account.name not in group.accounts:
                    continue
                for recipe in group.recipes:
                    layers = (self.parameters, account.parameters, group.parameters)
                    merged = {key: value for layer in layers for key, value in layer.get(recipe, {}).items()}
                    yield account, group, recipe, merged | {"account": account.id, "partition": account.partition}


def load_manifest(path: str | Path = FILE) -> Manifest:
    """Read a manifest; raises PolicygenError with `file:line` for anything that is wrong with it."""
    path = Path(path)
    if not path.exists():
        hint = "`policygen init` writes one, `--manifest FILE` names another"
        raise PolicygenError(f"{path}: the manifest does not exist; {hint}")
    source = read_configuration(path, str(path))
    data = source.data
    _check(source, data)
    accounts = tuple(Account(name, **table) for name, table in data["accounts"].items())
    everywhere = {"accounts": tuple(data["accounts"])}
    groups = tuple(Group(name, **everywhere | _fields(table)) for name, table in data["groups"].items())
    folder = path.parent
    for catalog in data.get("catalogs", ()):
        if not (folder / catalog).is_dir():
            raise source.error("/catalogs", f"the catalog folder `{catalog}` does not exist")
    return Manifest(
        source,
        folder,
        data.get("output", DEFAULT_OUTPUT),
        tuple(folder / catalog for catalog in data.get("catalogs", ())),
        accounts,
        groups,
        data.get("parameters", {}),
        tuple(data.get("exempt", ())),
    )


def _fields(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table as the fields of a frozen dataclass; the schema allows no other keys."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def _check(source: TomlSource, data: Mapping[str, Any]) -> None:
    check_toml(source, "policygen")
    for name, account in data["accounts"].items():
        for key, kind in (("id", "account-id"), ("partition", "partition")):
            if fault := problem(kind, account.get(key, "aws")):
                raise source.error(f"/accounts/{name}/{key}", f"{key} `{account[key]}` {fault}")
    for name, group in data["groups"].items():
        if fault := problem("iam-name", name):
            raise source.error(f"/groups/{escape(name)}", f"group `{name}` {fault}")
        if fault := problem("iam-path", group.get("path", "/")):
            raise source.error(f"/groups/{name}/path", f"path `{group['path']}` {fault}")
        for account in group.get("accounts", ()):
            if account not in data["accounts"]:
                raise source.error(
                    f"/groups/{escape(name)}/accounts",
                    f"there is no account `{account}`{did_you_mean(account, data['accounts'])}",
                )
    _check_groups(source, data)
    _check_parameters(source, data)


def _check_groups(source: TomlSource, data: Mapping[str, Any]) -> None:
    """Check that names differ by more than case, which IAM ignores, and that at most one category is the default."""
    seen: dict[str, str] = {}
    default = ""
    for name, group in data["groups"].items():
        if name.lower() in seen:
            raise source.error(f"/groups/{name}", f"groups `{seen[name.lower()]}` and `{name}` are the same to IAM")
        seen[name.lower()] = name
        if group.get("default_category"):
            if default:
                raise source.error(f"/groups/{name}", f"`{default}` already is the default category")
            default = name


def _check_parameters(source: TomlSource, data: Mapping[str, Any]) -> None:
    """Check that parameters are for recipes in use: others are mistakes, mostly misspellings."""
    carried = {recipe for group in data["groups"].values() for recipe in group.get("recipes", ())}
    tables = {"": data} | {f"/accounts/{name}": entry for name, entry in data["accounts"].items()}
    tables |= {f"/groups/{escape(name)}": entry for name, entry in data["groups"].items()}
    for pointer, table in tables.items():
        used = set(table.get("recipes", ())) if pointer.startswith("/groups/") else carried
        for recipe in table.get("parameters", {}):
            if recipe not in used:
                raise source.error(
                    f"{pointer}/parameters/{recipe}",
                    f"parameters for `{recipe}`, which is not among the recipes here{did_you_mean(recipe, used)}",
                )
