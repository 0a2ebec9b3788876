"""`policygen list`: list the recipes of the catalog."""

import json

import click

from policygen.cli import options
from policygen.policy.model import Kind

KINDS = (*(kind.value for kind in Kind if kind is not Kind.TRUST), "managed")


@click.command()
@click.option("--tag", "tags", multiple=True, help="Only recipes with this tag; repeat to require several.")
@click.option("--type", "kind", type=click.Choice(KINDS), help="Only recipes of this kind.")
@options.catalogs
@options.output_format("text", "json")
def command(tags: tuple[str, ...], kind: str | None, catalogs: tuple[str, ...], output_format: str) -> None:
    """List the recipes of the catalog."""
    from policygen.recipe.catalog import load_catalog

    recipes = [
        recipe
        for recipe in load_catalog(*catalogs).values()
        if set(tags) <= set(recipe.tags) and kind in (None, recipe.kind)
    ]
    if output_format == "json":
        rows = [
            {
                "name": r.name,
                "title": r.title,
                "kind": r.kind,
                "principals": r.principals,
                "tags": r.tags,
                "summary": r.summary,
            }
            for r in recipes
        ]
        click.echo(json.dumps({"version": 1, "recipes": rows}, indent=2))
    elif recipes:
        from policygen.report.table import table

        click.echo(table(("RECIPE", "KIND", "WHAT IT DOES"), [(r.name, r.kind, r.title) for r in recipes]))
    else:
        click.echo("no recipe matches", err=True)
