"""`policygen list`: list the recipes of the catalog."""

import json
from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from policygen.cli import options
from policygen.errors import some
from policygen.policy.model import Kind

if TYPE_CHECKING:
    from policygen.recipe.catalog import Recipe

_NEAREST = 5
"""How many recipes `--like` shows."""

KINDS = (*(kind.value for kind in Kind), "managed")


@click.command()
@click.argument("words", nargs=-1, metavar="[WORD…]")
@click.option("--service", metavar="PREFIX", help="Only recipes that name actions of this service, such as s3.")
@click.option("--for", "whom", type=click.Choice(["user", "role", "ou"]), help="Only recipes for one of these.")
@click.option("--allows", metavar="ACTION", help="Only recipes that allow this action, as they come.")
@click.option("--denies", metavar="ACTION", help="Only recipes that deny this action explicitly, as they come.")
@click.option("--like", metavar="POLICY", help="The recipes that are nearest to this policy file, and what differs.")
@click.option("--tag", "tags", multiple=True, help="Only recipes with this tag; repeat to require several.")
@click.option("--type", "kind", type=click.Choice(KINDS), help="Only recipes of this kind.")
@options.catalogs
@options.output_format("text", "json")
def command(
    words: tuple[str, ...],
    service: str | None,
    whom: str | None,
    allows: str | None,
    denies: str | None,
    like: str | None,
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
    if allows or denies:
        recipes = _deciding(recipes, allows, denies)
    if like:
        _show_nearest(recipes, like)
        return
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
                "version": r.version,
                "digest": r.digest,
            }
            for r in recipes
        ]
        click.echo(json.dumps({"version": 1, "recipes": rows}, indent=2))
    elif recipes:
        from policygen.report.table import table

        click.echo(table(("RECIPE", "KIND", "WHAT IT DOES"), [(r.name, r.kind, r.title) for r in recipes]))
    else:
        click.echo(f"no recipe matches{guess(catalog, words)}", err=True)


def _deciding(recipes: "list[Recipe]", allows: str | None, denies: str | None) -> "list[Recipe]":
    """The recipes that allow and deny these actions; those for which it is not known are named on stderr."""
    from policygen.evaluate.compare import Verdict
    from policygen.evaluate.known import check_action
    from policygen.recipe import decides

    found, open_ = [], []
    for action in filter(None, (allows, denies)):
        check_action(action)
    for recipe in recipes:
        verdicts = [decides.allows(recipe, allows)] if allows else []
        verdicts += [decides.denies(recipe, denies)] if denies else []
        if all(verdict is Verdict.FOUND for verdict in verdicts):
            found.append(recipe)
        elif Verdict.NONE not in verdicts:
            open_.append(recipe.name)
    if open_:
        click.echo(f"not known for {some(open_, len(open_))}", err=True)
    return found


def _show_nearest(recipes: "list[Recipe]", like: str) -> None:
    from policygen.loader.policies import read_policy
    from policygen.recipe.decides import nearest
    from policygen.report.table import table

    near = nearest(read_policy(like), recipes)[:_NEAREST]
    rows = [(one.recipe.name, f"{one.likeness:.0%}", _names(one.missing), _names(one.added)) for one in near]
    if rows:
        click.echo(table(("RECIPE", "ALIKE", "ONLY IN YOUR POLICY", "ONLY IN THE RECIPE"), rows))
    else:
        click.echo("no recipe names an action of this policy", err=True)


def _names(actions: Collection[str]) -> str:
    return some(sorted(actions)).replace("`", "") if actions else "-"
