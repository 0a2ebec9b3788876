"""The catalog: folders of recipes, those that ship with policygen, a user's own and those of others."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.policy.schema import check_toml
from policygen.recipe import template
from policygen.recipe.catalogs import catalog_folder
from policygen.recipe.files import read_inside, read_toml
from policygen.recipe.fragments import with_fragments
from policygen.recipe.lists import NamedList, expanded, find_list
from policygen.recipe.parameter import Parameter
from policygen.recipe.parameters import common, declaration_faults, faults, needs_of
from policygen.rule.accept import Acceptance
from policygen.shipped import folder
from policygen.toml import TomlSource

FILES = ("recipe.toml", template.FILE, "cases.toml")
"""The files of a recipe, except its generated page."""
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Recipe:
    """One recipe: its `recipe.toml`, and the text of its template with fragments in place."""

    name: str
    folder: Path
    source: TomlSource
    template: str

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The tables of `recipe.toml`."""
        return self.source.data

    @property
    def title(self) -> str:
        """A few words, for lists."""
        return str(self.metadata["title"])

    @property
    def summary(self) -> str:
        """What the policy does, in one or two sentences."""
        return str(self.metadata["summary"])

    @property
    def kind(self) -> str:
        """`identity`, `boundary`, `scp`, `rcp`, `resource`, `trust`, or `managed` for an AWS managed policy."""
        return str(self.metadata["kind"])

    @property
    def principals(self) -> tuple[str, ...]:
        """The principals that the policy works for: `user`, `role`."""
        return tuple(self.metadata["principals"])

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to find it by."""
        return tuple(self.metadata.get("tags", ()))

    @property
    def controls(self) -> tuple[str, ...]:
        """The controls of standards that it helps to meet."""
        return tuple(self.metadata.get("controls", ()))

    @property
    def version(self) -> int:
        """Its number; 1 for a recipe whose policy never changed."""
        return int(self.metadata.get("version", 1))

    @property
    def acceptances(self) -> tuple[Acceptance, ...]:
        """The findings about the policy that the recipe accepts, each with a reason."""
        return tuple(Acceptance.of(entry) for entry in self.metadata.get("accept", ()))

    @property
    def own_parameters(self) -> tuple[Parameter, ...]:
        """The parameters that it declares."""
        return tuple(Parameter(name, schema) for name, schema in self.metadata.get("parameters", {}).items())

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """`account` and `partition`, which every recipe knows, `region` if it uses one, then its own parameters."""
        own = self.own_parameters
        return (*common(own, template.names(self.template, str(self.folder / template.FILE))), *own)

    @property
    def digest(self) -> str:
        """The SHA-256 of its files, by which a review can be tied to a recipe."""
        digest = sha256()
        for name in FILES:
            if (self.folder / name).exists():
                text = (self.template if name == template.FILE else read_inside(self.folder, name)).encode()
                digest.update(f"{name} {len(text)}\n".encode() + text)
        return f"sha256:{digest.hexdigest()}"

    def find_list(self, name: str) -> NamedList:
        """A list of its catalog, or one that ships with policygen; raises PolicygenError if there is none."""
        return find_list(name, self.folder.parent)

    def with_lists(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters with the entries of lists in place of their names, in those given and in its own defaults."""
        values = expanded(dict(given), self.find_list)
        for parameter in self.own_parameters:
            default = expanded(parameter.default, self.find_list)
            if parameter.name not in values and default != parameter.default:
                values[parameter.name] = default
        return dict(values)


def load_catalog(*directories: str | Path) -> dict[str, Recipe]:
    """The recipes that ship with policygen and those in the directories, by name.

    Raises PolicygenError for a folder that does not exist, a broken recipe, or two recipes with the same name.
    """
    return {name: _load(path) for name, path in sorted(_folders(directories).items())}


def recipe_names(*directories: str | Path) -> list[str]:
    """The names of these recipes, without reading them; raises PolicygenError for wrong folders and names."""
    return sorted(_folders(directories))


def find_recipe(name: str, *directories: str | Path) -> Recipe:
    """One recipe by name, without reading the others; raises PolicygenError if there is none, or two."""
    folders = _folders(directories)
    if name not in folders:
        hint = did_you_mean(name, folders) or "; `policygen list` shows them all"
        raise PolicygenError(f"there is no recipe `{name}`{hint}")
    return _load(folders[name])


def _folders(directories: Iterable[str | Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for directory in (folder("recipes"), *map(catalog_folder, directories)):
        for path in sorted(directory.iterdir()):
            if not (path / "recipe.toml").exists():
                continue
            if not NAME.fullmatch(path.name):
                raise PolicygenError(f"{path}: a recipe's name is lower-case words with hyphens between them")
            if path.name in found and not path.samefile(found[path.name]):
                raise PolicygenError(f"{path}: there already is a recipe `{path.name}` in {found[path.name].parent}")
            found[path.name] = path
    return found


def _load(path: Path) -> Recipe:
    source = read_toml(path, "recipe.toml")
    if path.parent != folder("recipes"):  # the tests check our own, so users do not wait for it
        check_toml(source, "recipe")
        check_declarations(source)
    text = with_fragments(read_inside(path, template.FILE), str(path / template.FILE), path.parent)
    return Recipe(path.name, path, source, text)


def check_declarations(source: TomlSource) -> None:
    """Raise PolicygenError, with `file:line`, for a parameter whose declaration nothing can match."""
    own = [Parameter(name, schema) for name, schema in source.data.get("parameters", {}).items()]
    for name, sentence in declaration_faults(own):
        raise source.error(f"/parameters/{name}", f"parameter `{name}` {sentence}")


def verify(recipe: Recipe) -> None:
    """Check what rendering does not: that all parameters are used, and that defaults and examples match their schema.

    Raises PolicygenError with `file:line`.
    """
    latest = max((change["version"] for change in recipe.metadata.get("changed", ())), default=1)
    if latest != recipe.version:
        raise recipe.source.error(
            "/version", f"`version` is {recipe.version}, and the latest of `[[changed]]` is {latest}"
        )
    used = template.names(recipe.template, str(recipe.folder / template.FILE))
    needed = {name for parameter in recipe.own_parameters for name in needs_of(parameter.schema)}
    for parameter in recipe.own_parameters:
        pointer, subject = f"/parameters/{parameter.name}", f"parameter `{parameter.name}`"
        if parameter.name not in used | needed:
            raise recipe.source.error(pointer, f"{subject} is declared, but the template does not use it")
        defaults = [parameter.default] if "default" in parameter.schema else []
        for value in expanded((*defaults, *parameter.schema.get("examples", ())), recipe.find_list):
            for sentence in faults([parameter], {parameter.name: value}):
                raise recipe.source.error(pointer, sentence)
