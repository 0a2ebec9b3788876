"""`policygen plan`: what would change in the manifest's accounts."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.cli import FAILED, FOUND, OK
from policygen.cli.connection import Options, connection_options, note, planning_options, read_context, target
from policygen.errors import PolicygenError

if TYPE_CHECKING:
    from policygen.deploy.prepare import Prepared
    from policygen.manifest.model import Account, Manifest


@click.command()
@planning_options
@click.option(
    "--snapshot",
    type=click.Path(path_type=Path, file_okay=False),
    help="Plan on a folder that `policygen snapshot` wrote, without AWS.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for `apply FILE`.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "markdown", "aws-cli"]),
    default="text",
    show_default=True,
    help="How to print the plan; aws-cli prints the commands that do the same.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 if an account is not as the manifest wants it.")
@connection_options
def command(
    manifest: str,
    accounts: tuple[str, ...],
    prune: bool,
    context: tuple[str, ...],
    snapshot: Path | None,
    output: Path | None,
    output_format: str,
    exit_code: bool,
    profile: str | None,
    region: str | None,
    role_arn: str | None,
    endpoint_url: str | None,
) -> int:
    """Show what would change in the manifest's accounts, and change nothing.

    Every policy is rendered and linted, the account is read, and the calls are listed in the order in which `apply`
    makes them, each with what it gives and takes. Exits 1 if somebody would be locked out, or may be.
    """
    from policygen.report.plan import render

    prepared, failed = prepare_accounts(
        manifest, accounts, prune, context, snapshot, (profile, region, role_arn, endpoint_url)
    )
    show_errors(prepared)
    if prepared:
        click.echo(render(prepared, output_format), nl=False)
    if any(one.errors for one in prepared):
        return FAILED if failed else FOUND
    if output and prepared:
        _save(prepared, output)
    if failed:
        return FAILED
    stopped = any(one.verdict.lockouts or one.unlisted for one in prepared)
    return FOUND if stopped or (exit_code and any(one.plan.steps for one in prepared)) else OK


def prepare_accounts(
    path: str,
    names: tuple[str, ...],
    prune: bool,
    context: tuple[str, ...],
    snapshot: Path | None,
    options: Options,
) -> "tuple[list[Prepared], bool]":
    """The plans of the manifest's accounts, side by side, and whether one could not be made; that one is said."""
    from policygen.deploy.bridge import chosen_accounts
    from policygen.deploy.prepare import side_by_side
    from policygen.manifest.model import load_manifest

    manifest = load_manifest(path)
    chosen = chosen_accounts(manifest, names)
    if snapshot and len(chosen) > 1:
        chosen = _of_snapshot(snapshot, manifest, chosen)
    keys = read_context(context)
    results = side_by_side(chosen, lambda account: _prepare(manifest, account, prune, keys, snapshot, options))
    for account, result in results:
        if isinstance(result, PolicygenError):
            click.echo(f"policygen: account {account.name}: {result}", err=True)
    prepared = [result for _, result in results if not isinstance(result, PolicygenError)]
    return prepared, len(prepared) < len(results)


def show_errors(prepared: "list[Prepared]") -> None:
    """The linter's errors, on stderr."""
    from policygen.report import Report, render

    errors = tuple(finding for one in prepared for finding in one.errors)
    if errors:
        click.echo(render(Report(errors, {}), "text"), nl=False, err=True)


def _prepare(
    manifest: "Manifest",
    account: "Account",
    prune: bool,
    context: dict[str, str],
    snapshot: Path | None,
    options: Options,
) -> "Prepared":
    from policygen.deploy.bridge import from_manifest
    from policygen.deploy.prepare import prepare_live, prepare_offline

    desired, rendered = from_manifest(manifest, account)
    if snapshot:
        from policygen.account.snapshot import read_folder

        read = read_folder(snapshot)
        return prepare_offline(read, desired, rendered, name=account.name, prune=prune, context=context)
    from policygen.account.live import connect

    connection = connect(target(*options, account.profile, account.role, account.partition), note)
    return prepare_live(connection, desired, rendered, name=account.name, prune=prune, context=context)


def _of_snapshot(snapshot: Path, manifest: "Manifest", chosen: "tuple[Account, ...]") -> "tuple[Account, ...]":
    from policygen.account.snapshot import read_folder

    found = tuple(account for account in chosen if account.id == read_folder(snapshot).id)
    if not found:
        raise PolicygenError(f"{snapshot}: is of no account of {manifest.source.file}")
    return found


def _save(prepared: "list[Prepared]", output: Path) -> None:
    from policygen.deploy.planfile import dumps
    from policygen.files import write_text

    if len(prepared) > 1:
        raise click.UsageError("a plan's file is of one account; choose it with --account")
    write_text(output, dumps(prepared[0].plan), mode=0o600)
    click.echo(f"saved the plan; `policygen apply {output}` carries it out", err=True)
