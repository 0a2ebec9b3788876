"""`policygen snapshot`: read an account into files that are what the AWS CLI prints."""

from pathlib import Path

import click

from policygen.account.snapshot import PARTS
from policygen.account.target import Target
from policygen.cli.connection import note, target


@click.command("snapshot")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write."
)
@click.option(
    "--part", "parts", type=click.Choice(list(PARTS)), multiple=True, help="Read this part only; can be repeated."
)
@target
def command(output: Path, parts: tuple[str, ...], target: Target) -> int:
    """Read an account into a folder, one file a question to AWS, each readable by you alone.

    The files are exactly what `aws iam get-account-authorization-details` and its siblings print, so `audit` and
    `plan` take either. They hold no secrets, but they name every user and every permission.
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
    return 2 if denied else 0
