"""`policygen list`: list the recipes of the catalog."""

import json

import click

from policygen.cli import options
from policygen.policy.model import Kind

KINDS = (*(kind.value for kind in Kind if kind is not Kind.TRUST), "managed")


@click.command()
@click.argument("words", nargs=-1, metavar="[WORD…]")
@click.option("--service", metavar="PREFIX", help="Only recipes that name actions of this service, such as s3.")
@click.option("--for", "whom", type=click.Choice(["user", "role", "ou"]), help="Only recipes for one of these.")
@click.option("--tag", "tags", multiple=True, help="Only recipes with this tag; repeat to require several.")
@click.option("--type", "kind", type=click.Choice(KINDS), help="Only recipes of this kind.")
@options.catalogs
@options.output_format("text", "json")
def command(
    words: tuple[str, ...],
    service: str | None,
    whom: str | None,
    tags: tuple[str, ...],
    kind: str | None,
    catalogs: tuple[str, ...],
    output_format: str,
) -> None:
    """List the recipes of the catalog, or those that contain every WORD.

    Words are looked for in names, titles, summaries, tags, controls, services and the names of what recipes replace.
    """
    from policygen.recipe.catalog import load_catalog
    from policygen.recipe.find import find, guess, is_for, services_of

    catalog = load_catalog(*catalogs).values()
    recipes = [
        recipe
        for recipe in find(catalog, words)
        if set(tags) <= set(recipe.tags)
        and kind in (None, recipe.kind)
        and (service is None or service in services_of(recipe))
        and (whom is None or is_for(recipe, whom))
    ]
    if output_format == "json":
        rows = [
            {
                "name": r.name,
                "title": r.title,
                "kind": r.kind,
                "principals": r.principals,
                "tags": r.tags,
                "controls": r.controls,
                "summary": r.summary,
            }
            for r in recipes
        ]
        click.echo(json.dumps({"version": 1, "recipes": rows}, indent=2))
    elif recipes:
        from policygen.report.table import table

        click.echo(table(("RECIPE", "KIND", "WHAT IT DOES"), [(r.name, r.kind, r.title) for r in recipes]))
    else:
        click.echo(f"no recipe matches{guess(catalog, words)}", err=True)
