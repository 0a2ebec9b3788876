"""`policygen render`: one recipe as a policy on stdout."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policygen.account.target import Target
from policygen.cli import FOUND, OK, connection, options
from policygen.cli.connection import Approval, note

if TYPE_CHECKING:
    from policygen.recipe.render import Rendered


@dataclass(frozen=True)
class Applying:
    """What `--apply` is told."""

    apply: bool
    groups: tuple[str, ...]
    create_group: bool
    managed: bool
    policy_name: str
    context: dict[str, Any]
    approval: Approval
    journal: Path
    target: Target


@click.command()
@options.recipe
@options.parameters
@options.output
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff if the file of -o is not up to date.")
@click.option("--minify", is_flag=True, help="Leave out all white space that JSON does not need.")
@click.option("--apply", is_flag=True, help="Put the policy on the groups of --group, after a plan and a yes.")
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="With --apply: a group; can be repeated.")
@click.option("--create-group", is_flag=True, help="With --apply: make the groups that the account does not have.")
@click.option("--managed", is_flag=True, help="With --apply: as a customer managed policy, not inline.")
@click.option("--name", "policy_name", default="", help="With --apply: the policy's name, the recipe's unless given.")
@options.context
@connection.approval
@connection.journal
@connection.target
@options.gather("applying", Applying)
def command(
    name: str, parameters: options.Parameters, output: Path | None, check: bool, minify: bool, applying: Applying
) -> int:
    """Print the policy of the recipe NAME for an account.

    The policy has been validated against its JSON schema and linted; findings go to stderr, and a policy with errors
    is not printed.
    """
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.render import render_recipe

    if applying.apply != bool(applying.groups):
        raise click.UsageError("--apply and --group GROUP go together")
    if check and not output:
        raise click.UsageError("--check compares with a file; name it with -o FILE")
    recipe = find_recipe(name, *parameters.catalogs)
    values = options.complete(recipe, parameters.of(recipe))
    rendered = render_recipe(recipe, values, file=str(output or ""))
    show_findings(rendered)
    if not rendered.ok:
        return FOUND
    if applying.apply:
        return _apply(rendered, applying)
    text = rendered.text(minify=minify)
    if check and output:
        return _compare(output, text)
    options.write_output(text, output)
    return OK


def _apply(rendered: "Rendered", applying: Applying) -> int:
    from policygen.account.live import connect
    from policygen.cli.apply import carry_out
    from policygen.deploy.desired import from_recipe
    from policygen.deploy.judged_plan import plan_account

    desired = from_recipe(
        rendered,
        applying.groups,
        managed=applying.managed,
        name=applying.policy_name,
        create=applying.create_group,
    )
    reached = connect(replace(applying.target, partition=desired.partition), note)
    prepared = plan_account(reached, desired, (rendered,), context=applying.context)
    return carry_out([prepared], applying.journal, applying.approval)


def show_findings(rendered: "Rendered") -> None:
    """The findings of a rendered recipe, on stderr."""
    if rendered.findings:
        from policygen.report import Report, render

        source = rendered.policy.source
        report = Report(rendered.findings, {source.file: source} if source else {})
        click.echo(render(report, "text"), nl=False, err=True)


def _compare(output: Path, text: str) -> int:
    from policygen.diff import unified
    from policygen.files import read_text
    from policygen.report import printable_lines

    before = read_text(output) if output.exists() else ""
    if before == text:
        return OK
    click.echo(printable_lines(unified(before, text, str(output))), nl=False)
    return FOUND
