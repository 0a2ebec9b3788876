"""The options of commands that take files, folders, recipes, places of a manifest and entities of a snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from policygen.cli import options
from policygen.policy.model import Kind

if TYPE_CHECKING:
    from policygen.manifest.sides import Sources
    from policygen.recipe.catalog import Recipe

ACCOUNT = "123456789012"
"""The account of recipes where none is given: the one in AWS's examples."""


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
        from policygen.manifest.sides import Sources, recipe_of

        settings = find_settings()
        recipes = [recipe for text in texts if (recipe := recipe_of(text, self.parameters.catalogs))]
        known = {parameter.name for recipe in recipes for parameter in recipe.parameters}

        def values(recipe: "Recipe", own: Sequence[str]) -> Mapping[str, Any]:
            foreign = known - {parameter.name for parameter in recipe.parameters}
            given = replace(self.parameters, settings=(*self.parameters.settings, *own))
            return options.complete(recipe, {"account": ACCOUNT} | given.of(recipe, without=foreign))

        return Sources(
            kind_of=lambda file: self.kind or settings.kind_of(file),
            values=values,
            catalogs=self.parameters.catalogs,
            manifest=self.manifest,
            boundary=read_policies(self.boundary, Kind.BOUNDARY) if self.boundary else (),
            scps=[read_policies(path, Kind.SCP) for path in self.scps],
        )


source_options: options.Decorator = options.together(
    options.kind,
    options.parameters,
    options.manifest,
    options.boundary,
    options.scps,
    options.gather("source", SourceOptions),
)
"""The options as `SourceOptions`."""
