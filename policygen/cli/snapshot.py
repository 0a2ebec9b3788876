"""`policygen snapshot`: save an account in the format of the AWS CLI."""

from pathlib import Path

import click

from policygen.account.snapshot import PARTS
from policygen.account.target import Target
from policygen.cli import FAILED, OK
from policygen.cli.connection import note, target
from policygen.cli.options import FOLDER


@click.command("snapshot")
@click.option("-o", "--output", type=FOLDER, required=True, help="The folder to write.")
@click.option("--part", "parts", type=click.Choice(list(PARTS)), multiple=True, help="Only this part; repeatable.")
@target
def command(output: Path, parts: tuple[str, ...], target: Target) -> int:
    """Save an account to a folder, in files that only you can read.

    The files are what `aws iam get-account-authorization-details` and similar commands print, and `audit` and `plan`
    accept either. They contain no secrets, but they name every user and every permission.
    """
    from policygen.account import live, snapshot

    answers, denied = live.read(live.connect(target, note), parts or PARTS, lambda part: note(f"reading {part}"))
    account = snapshot.account(answers)
    for path in snapshot.write(output, answers) if answers else ():
        click.echo(path)
    for part, error in denied.items():
        click.echo(f"policygen: {PARTS[part].file} was not written: {error}", err=True)
    if account.id:
        click.echo(f"account {account.id}, partition {account.partition}", err=True)
    return FAILED if denied else OK
