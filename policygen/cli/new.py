"""`policygen new recipe`: scaffold a recipe."""

from pathlib import Path

import click

from policygen.cli import FOUND, OK
from policygen.cli.render import show_findings


@click.group()
def command() -> None:
    """Scaffold something new."""


@command.command()
@click.argument("name")
@click.option(
    "--catalog",
    "directory",
    default="recipes",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The catalog folder to put it in; made where it is not there.",
)
@click.option(
    "--from", "policy", metavar="FILE", help="A policy to start from, bare or as AWS gives it, or `-` for stdin."
)
@click.option("--account", metavar="ID", help="The account id in that policy, to become a placeholder.")
def recipe(name: str, directory: Path, policy: str | None, account: str | None) -> int:
    """Scaffold the recipe NAME in a catalog of your own.

    It renders as it is: `policygen render NAME --catalog DIR --account ID`.
    """
    from policygen.loader.documents import read_policy
    from policygen.recipe.cases import FILE
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.page import example
    from policygen.recipe.scaffold import scaffold

    if account and not policy:
        raise click.UsageError("--account names the account of the policy in --from FILE, which is missing")
    paths = scaffold(name, directory, read_policy(policy) if policy else None, account)
    for path in paths:
        click.echo(f"wrote {path}", err=True)
    cases = directory / name / FILE
    if cases not in paths:
        click.echo(f"write {cases}: without cases `policygen test {name}` fails", err=True)
    elif policy:
        click.echo(f"{cases} says what the policy decides today; read it before you trust it", err=True)
    rendered = example(find_recipe(name, directory), {"account": account} if account else {})
    show_findings(rendered)
    return OK if rendered.ok else FOUND
