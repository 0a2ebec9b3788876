"""`policygen test`: run the cases of recipes, and find the mutants that they miss."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.cli import FOUND, OK, completion, options
from policygen.policy.model import Kind

if TYPE_CHECKING:
    from policygen.policy.previews import Previews
    from policygen.recipe.catalog import Recipe
    from policygen.recipe.prove import Proof


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME…|POLICY.json]", shell_complete=completion.recipe)
@click.option("--mutate", is_flag=True, help="Also show the mutants of each policy that no case catches.")
@click.option("--suggest", is_flag=True, help="With --mutate: also print the case that would catch each of them.")
@click.option("--cases", metavar="FILE", type=click.Path(path_type=Path), help="The cases of the policy file.")
@options.kind
@options.catalogs
@options.output_format("text", "json", "junit")
def command(
    names: tuple[str, ...],
    mutate: bool,
    suggest: bool,
    cases: Path | None,
    kind: Kind | None,
    catalogs: tuple[str, ...],
    output_format: str,
) -> int:
    """Run the cases of all recipes, of those named, or, with --cases, of a policy file."""
    from policygen.lint.configuration import find_settings
    from policygen.loader.policies import read_policy
    from policygen.recipe.catalog import find_recipe, load_catalog
    from policygen.recipe.prove import prove
    from policygen.recipe.read_cases import policy_groups
    from policygen.report import proofs

    if suggest and not mutate:
        raise click.UsageError("--suggest needs --mutate")
    previews = find_settings().previews
    if cases:
        if len(names) != 1:
            raise click.UsageError("--cases needs exactly one policy file")
        groups = policy_groups(read_policy(names[0], kind), cases, previews)
        proved = [prove(names[0], groups, mutate=mutate)]
    else:
        recipes = [find_recipe(name, *catalogs) for name in names] or list(load_catalog(*catalogs).values())
        proved = [_prove(recipe, mutate, previews) for recipe in recipes]
    click.echo(proofs.render(proved, output_format, suggest=suggest), nl=False)
    return OK if all(proof.ok for proof in proved) else FOUND


def _prove(recipe: "Recipe", mutate: bool, previews: "Previews") -> "Proof":
    from policygen.recipe.catalog import verify
    from policygen.recipe.prove import check_acceptances, prove
    from policygen.recipe.read_cases import recipe_groups

    verify(recipe)
    groups = recipe_groups(recipe, previews)
    check_acceptances(recipe, groups)
    return prove(recipe.name, groups, mutate=mutate, of_aws=recipe.kind == "managed")
