"""`policygen import`: take over what accounts already have as the manifest declares it."""

from pathlib import Path

import click

from policygen.cli import OK, options
from policygen.cli.connection import journal, note
from policygen.errors import PolicygenError


@click.command()
@click.option(
    "--snapshot", type=options.FOLDER, required=True, help="A folder that `policygen snapshot` or the AWS CLI wrote."
)
@options.manifest
@journal
def command(snapshot: Path, manifest: str, journal: Path) -> int:
    """Record that policygen owns what an account already has as the manifest declares it, and change nothing.

    The record is policygen.state.json beside the manifest: commit it. What it names is removed from the account when
    it is removed from the manifest; everything else in the account stays somebody else's.
    """
    from policygen.account.snapshot import read_folder
    from policygen.deploy.accounts import plan_accounts, take_over
    from policygen.deploy.record import Record
    from policygen.manifest.model import load_manifest
    from policygen.report.plan import taken_over

    record = Record.beside(Path(manifest), journal)
    for account, result in plan_accounts(load_manifest(manifest), context={}, snapshot=read_folder(snapshot)):
        if isinstance(result, PolicygenError):
            raise result
        owned = take_over(result.plan, record)
        click.echo(f"account {account.name}: {taken_over(owned)}; {record.path} records it")
        if result.plan.steps:
            differs = len(result.plan.steps)
            note(f"account {account.name} is not as declared yet: `policygen plan` shows {differs} steps")
    return OK
