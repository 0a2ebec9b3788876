"""`policygen new`: scaffold a recipe or a rule."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.cli import FOUND, OK, options
from policygen.cli.render import show_findings

if TYPE_CHECKING:
    from policygen.policy.model import Kind


@click.group()
def command() -> None:
    """Scaffold a recipe or a rule."""


@command.command()
@click.argument("name")
@click.option(
    "--catalog",
    "directory",
    default="recipes",
    show_default=True,
    type=options.FOLDER,
    help="The catalog to put it in; created if it does not exist.",
)
@click.option(
    "--from", "policy", metavar="FILE", help="A policy to start from, as JSON or output of the AWS CLI; `-` for stdin."
)
@click.option("--account", metavar="ID", help="The account id in that policy, which becomes a parameter.")
@options.kind
def recipe(name: str, directory: Path, policy: str | None, account: str | None, kind: "Kind | None") -> int:
    """Scaffold the recipe NAME in your own catalog.

    What a policy names (resources, accounts, organizations, regions) becomes a parameter, whose default it is. The
    recipe can be rendered right away: `policygen render NAME --catalog DIR --account ID`.
    """
    from policygen.loader.policies import read_policy
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.page import example
    from policygen.recipe.read_cases import FILE
    from policygen.recipe.scaffold import scaffold

    if account and not policy:
        raise click.UsageError("--account is the account in the policy of --from; add --from FILE")
    paths = scaffold(name, directory, read_policy(policy, kind) if policy else None, account, kind)
    for path in paths:
        click.echo(f"wrote {path}", err=True)
    cases = directory / name / FILE
    if cases not in paths:
        click.echo(f"write {cases}; until then `policygen test {name}` fails", err=True)
    elif policy or kind:
        click.echo(f"{cases} records what the policy decides today; review it before you rely on it", err=True)
    rendered = example(find_recipe(name, directory), {"account": account} if account else {})
    show_findings(rendered)
    return OK if rendered.ok else FOUND


@command.command()
@click.argument("name", metavar="ID")
@click.option("--subject", type=click.Choice(["policy", "account"]), default="policy", help="What the rule checks.")
@click.option("--group", required=True, help="The group of a rule for policies, or the topic of a rule for accounts.")
def rule(name: str, subject: str, group: str) -> None:
    """Scaffold the rule ID in a checkout of policygen, with examples that fail until it is written."""
    from policygen.rule.scaffold import scaffold

    if subject == "account":
        from policygen.audit.rules import registry as about_accounts

        path = scaffold(name, group, about_accounts(), about_accounts=True)
    else:
        from policygen.lint.rules import registry as about_policies

        path = scaffold(name, group, about_policies(), about_accounts=False)
    tests = "tests/audit/test_rules.py" if subject == "account" else "tests/lint/test_rules.py"
    click.echo(f"added {name} at the end of {path}", err=True)
    click.echo(f"write the rule and its examples; until then `make test ARGS='{tests} -k {name}'` fails", err=True)
    click.echo("then run `make format docs`, which sorts the imports and generates the rule's page", err=True)
