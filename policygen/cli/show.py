"""`policygen show`: show what to know about a recipe before using it."""

import json

import click

from policygen.cli import FOUND, OK, options
from policygen.cli.render import show_findings


@click.command()
@options.recipe
@options.parameters
@options.output_format("text", "json")
def command(name: str, parameters: options.Parameters, output_format: str) -> int:
    """Show the recipe NAME: parameters, statements in plain English, size compared with IAM's quotas, sources.

    Required parameters that are not set take their first example. Findings go to stderr.
    """
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.page import data, example, page

    recipe = find_recipe(name, *parameters.catalogs)
    rendered = example(recipe, parameters.of(recipe))
    if output_format == "json":
        click.echo(json.dumps({"version": 1, "recipe": data(rendered)}, indent=2, default=str))
    else:
        from policygen.report.markdown_page import show

        click.echo(show(page(rendered)), nl=False)
    show_findings(rendered)
    return OK if rendered.ok else FOUND
