"""`policygen show`: one recipe, with everything to know before using it."""

import json

import click

from policygen.cli import FOUND, OK, options
from policygen.cli.render import show_findings


@click.command()
@options.recipe
@options.parameters
@options.catalog
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print.")
def command(
    name: str,
    account: str | None,
    partition: str | None,
    settings: tuple[str, ...],
    params: str | None,
    catalogs: tuple[str, ...],
    format: str,  # noqa: A002
) -> int:
    """Show the recipe NAME: parameters, statements in plain words, size against IAM's quotas, sources.

    Parameters that must be given and are not take their first example. Findings go to stderr.
    """
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.page import data, example, page

    recipe = find_recipe(name, *catalogs)
    rendered = example(recipe, options.given(recipe, account, partition, settings, params))
    if format == "json":
        click.echo(json.dumps({"version": 1, "recipe": data(rendered)}, indent=2, default=str))
    else:
        from policygen.report.markdown_page import show

        click.echo(show(page(rendered)), nl=False)
    show_findings(rendered)
    return OK if rendered.ok else FOUND
