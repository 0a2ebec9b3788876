"""The options of commands that take files, folders, recipes, places of a manifest and entities of a snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policygen.cli import options
from policygen.policy.model import Kind

if TYPE_CHECKING:
    from policygen.manifest.sides import Sources
    from policygen.recipe.catalog import Recipe


@dataclass(frozen=True)
class SourceOptions:
    """The options."""

    kind: Kind | None
    parameters: options.Parameters
    manifest: str
    boundary: str | None
    scps: tuple[str, ...]

    def sources(self, texts: Iterable[str]) -> "Sources":
        """Where policies are read from; `texts` are what was named on the command line."""
        from policygen.lint.configuration import find_settings
        from policygen.loader.policies import read_policies
        from policygen.manifest.sides import Sources

        settings = find_settings()
        return Sources(
            kind_of=lambda file: self.kind or settings.kind_of(file),
            recipes=self._recipes([text for text in texts if text.startswith("recipe:")]),
            manifest=self.manifest,
            boundary=read_policies(self.boundary, Kind.BOUNDARY) if self.boundary else (),
            scps=[read_policies(path, Kind.SCP) for path in self.scps],
        )

    def _recipes(self, texts: Sequence[str]) -> "dict[str, tuple[Recipe, Mapping[str, Any]]]":
        """`recipe:NAME,KEY=VALUE` → the recipe and its parameters; an option is for every recipe that has it."""
        from policygen.recipe.catalog import find_recipe

        named = {text: text.removeprefix("recipe:").split(",") for text in texts}
        recipes = {
            text: (find_recipe(name, *self.parameters.catalogs), settings) for text, (name, *settings) in named.items()
        }
        values = self.parameters.of_each(recipes)
        return {text: (recipe, options.complete(recipe, values[text])) for text, (recipe, _) in recipes.items()}


source_options: options.Decorator = options.together(
    options.kind,
    options.parameters,
    options.manifest,
    options.boundary,
    options.scps,
    options.gather("source", SourceOptions),
)
"""The options as `SourceOptions`."""
