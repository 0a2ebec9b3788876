"""`policygen plan`: what would change in the manifest's accounts."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.cli import FAILED, FOUND, OK, connection, options
from policygen.cli.connection import Planning, mfa_sessions, note
from policygen.errors import PolicygenError

if TYPE_CHECKING:
    from policygen.deploy.judged_plan import JudgedPlan


@click.command()
@connection.planning
@click.option("--snapshot", type=options.FOLDER, help="Plan offline, from a folder that `policygen snapshot` wrote.")
@click.option("-o", "--output", type=options.FILE, help="Save the plan for `policygen apply PLAN`.")
@options.output_format(
    *("text", "json", "markdown", "aws-cli"),
    help="How to print the plan; aws-cli prints the equivalent commands.",
)
@click.option("--brief", is_flag=True, help="Leave out the steps: show how many there are, drift and lockouts.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if an account does not match the manifest.")
@click.option("--strict", is_flag=True, help="Like --exit-code, and undeclared members of a group count too.")
def command(
    planning: Planning,
    snapshot: Path | None,
    output: Path | None,
    output_format: str,
    brief: bool,
    exit_code: bool,
    strict: bool,
) -> int:
    """Show what would change in the manifest's accounts, and change nothing.

    The plan lists the calls in the order in which `apply` makes them, each with the access that it grants or removes.
    The exit code is 1 if a policy has errors, or if somebody would or might be locked out. With --exit-code, it is also
    1 if there is anything to do, and if a group has a policy that the manifest does not declare.
    """
    from policygen.report.plan import render

    prepared, failed = prepare_accounts(planning, snapshot)
    options.show_findings([finding for one in prepared for finding in one.errors])
    if prepared:
        click.echo(render(prepared, output_format, brief=brief), nl=False)
    if any(one.errors for one in prepared):
        return FAILED if failed else FOUND
    if output and prepared:
        _save(prepared, output)
    if failed:
        return FAILED
    stopped = any(one.verdict.lockouts or one.unlisted for one in prepared)
    differs = any(one.plan.steps or one.plan.drift or (strict and one.plan.strangers) for one in prepared)
    return FOUND if stopped or (differs and (exit_code or strict)) else OK


def prepare_accounts(planning: Planning, snapshot: Path | None = None) -> "tuple[list[JudgedPlan], bool]":
    """The plans of the manifest's accounts, and whether any failed, which is reported on stderr."""
    from policygen.account.snapshot import read_folder
    from policygen.deploy.accounts import plan_accounts
    from policygen.manifest.model import load_manifest

    results = plan_accounts(
        load_manifest(planning.manifest),
        planning.accounts,
        prune=planning.prune,
        context=planning.context,
        snapshot=read_folder(snapshot) if snapshot else None,
        target=planning.target,
        say=note,
        mfa=mfa_sessions(),
    )
    return without_failures((account.name, result) for account, result in results)


def without_failures(
    results: "Iterable[tuple[str, JudgedPlan | PolicygenError]]",
) -> "tuple[list[JudgedPlan], bool]":
    """The plans by account that could be made, and whether any could not, which is reported on stderr."""
    prepared, failed = [], False
    for account, result in results:
        if isinstance(result, PolicygenError):
            click.echo(f"policygen: account {account}: {result}", err=True)
            failed = True
        else:
            prepared.append(result)
    return prepared, failed


def _save(prepared: "list[JudgedPlan]", output: Path) -> None:
    from policygen.deploy.planfile import dumps
    from policygen.files import write_text

    write_text(output, dumps(*(one.plan for one in prepared)), mode=0o600)
    click.echo(f"saved the plan; `policygen apply {output}` carries it out", err=True)
