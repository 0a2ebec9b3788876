"""`policygen render`: one recipe as a policy on stdout."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policygen.cli import FOUND, OK, options
from policygen.cli.connection import applying_options

if TYPE_CHECKING:
    from policygen.recipe.render import Rendered


@click.command()
@options.recipe
@options.parameters
@options.catalog
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file, atomically.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff if the file of -o is not up to date.")
@click.option("--minify", is_flag=True, help="Leave out all white space that JSON does not need.")
@click.option(
    "--apply", "applied", is_flag=True, help="Put the policy on the groups of --group, after a plan and a yes."
)
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="With --apply: a group; can be repeated.")
@click.option("--create-group", is_flag=True, help="With --apply: make the groups that the account does not have.")
@click.option("--managed", is_flag=True, help="With --apply: as a customer managed policy, not inline.")
@click.option("--name", "policy_name", default="", help="With --apply: the policy's name, the recipe's unless given.")
@applying_options
def command(
    name: str,
    account: str | None,
    partition: str | None,
    settings: tuple[str, ...],
    params: str | None,
    catalogs: tuple[str, ...],
    output: Path | None,
    check: bool,
    minify: bool,
    applied: bool,
    groups: tuple[str, ...],
    create_group: bool,
    managed: bool,
    policy_name: str,
    **applying: Any,
) -> int:
    """Print the policy of the recipe NAME for an account.

    The policy has been validated against its JSON schema and linted; findings go to stderr, and a policy with errors
    is not printed.
    """
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.render import render_recipe

    if applied != bool(groups):
        raise click.UsageError("--apply and --group GROUP go together")
    if check and not output:
        raise click.UsageError("--check compares with a file; name it with -o FILE")
    recipe = find_recipe(name, *catalogs)
    values = options.complete(recipe, options.given(recipe, account, partition, settings, params))
    rendered = render_recipe(recipe, values, file=str(output or ""))
    show_findings(rendered)
    if not rendered.ok:
        return FOUND
    if applied:
        from policygen.cli.apply import apply_recipe

        return apply_recipe(rendered, groups, managed=managed, name=policy_name, create=create_group, **applying)
    text = rendered.text(minify=minify)
    if not output:
        click.echo(text, nl=False)
        return OK
    return _compare(output, text) if check else _write(output, text)


def show_findings(rendered: "Rendered") -> None:
    """The findings of a rendered recipe, on stderr."""
    if rendered.findings:
        from policygen.report import Report, render

        source = rendered.policy.source
        report = Report(rendered.findings, {source.file: source} if source else {})
        click.echo(render(report, "text"), nl=False, err=True)


def _write(output: Path, text: str) -> int:
    from policygen.files import write_text

    write_text(output, text)
    click.echo(f"wrote {output}", err=True)
    return OK


def _compare(output: Path, text: str) -> int:
    from policygen.diff import unified
    from policygen.files import read_text
    from policygen.report import printable_lines

    before = read_text(output) if output.exists() else ""
    if before == text:
        return OK
    click.echo(printable_lines(unified(before, text, str(output))), nl=False)
    return FOUND
