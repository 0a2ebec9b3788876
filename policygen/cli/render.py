"""`policygen render`: print the policy of a recipe."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policygen.account.target import Target
from policygen.cli import FOUND, OK, connection, options
from policygen.cli.connection import Approval, note

if TYPE_CHECKING:
    from policygen.recipe.render import Rendered


@click.command()
@options.recipe
@options.parameters
@options.output
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 and a diff if the file of -o is out of date.")
@click.option("--minify", is_flag=True, help="Leave out all optional white space.")
@click.option("--apply", is_flag=True, help="Apply the policy to the groups of --group, after showing a plan.")
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="With --apply: a group; repeatable.")
@click.option("--create-group", is_flag=True, help="With --apply: create groups that do not exist.")
@click.option("--managed", is_flag=True, help="With --apply: use a managed policy instead of an inline one.")
@click.option("--name", "policy_name", default="", help="With --apply: the policy's name (that of the recipe).")
@options.context
@connection.approval
@connection.journal
@connection.target
def command(
    name: str,
    parameters: options.Parameters,
    output: Path | None,
    check: bool,
    minify: bool,
    apply: bool,
    groups: tuple[str, ...],
    create_group: bool,
    managed: bool,
    policy_name: str,
    context: dict[str, Any],
    approval: Approval,
    journal: Path,
    target: Target,
) -> int:
    """Print the policy of the recipe NAME for an account.

    The policy is validated against its JSON schema and linted. Findings go to stderr, and a policy with errors is not
    printed.
    """
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.render import render_recipe

    if apply != bool(groups):
        raise click.UsageError("--apply and --group GROUP go together")
    if check and not output:
        raise click.UsageError("--check needs a file to compare with; name it with -o FILE")
    recipe = find_recipe(name, *parameters.catalogs)
    values = options.complete(recipe, parameters.of(recipe))
    rendered = render_recipe(recipe, values, file=str(output or ""))
    show_findings(rendered)
    if not rendered.ok:
        return FOUND
    if apply:
        from policygen.account.live import connect
        from policygen.cli.apply import carry_out
        from policygen.deploy.desired import from_recipe
        from policygen.deploy.judged_plan import plan_account

        desired = from_recipe(rendered, groups, managed=managed, name=policy_name, create=create_group)
        reached = connect(replace(target, partition=desired.partition), note)
        return carry_out([plan_account(reached, desired, (rendered,), context=context)], journal, approval)
    text = rendered.text(minify=minify)
    if check and output:
        return _compare(output, text)
    options.write_output(text, output)
    return OK


def show_findings(rendered: "Rendered") -> None:
    """The findings of a rendered recipe, and what is not known about it, on stderr."""
    if rendered.unknown:
        note(f"unknown: {rendered.unknown}")
    source = rendered.policy.source
    options.show_findings(rendered.findings, {source.file: source} if source else None)


def _compare(output: Path, text: str) -> int:
    from policygen.diff import unified
    from policygen.files import read_text
    from policygen.report import printable_lines

    before = read_text(output) if output.exists() else ""
    if before == text:
        return OK
    click.echo(printable_lines(unified(before, text, str(output))), nl=False)
    return FOUND
