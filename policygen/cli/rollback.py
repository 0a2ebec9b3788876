"""`policygen rollback`: take back what an apply did."""

from pathlib import Path

import click

from policygen.cli import FOUND, OK
from policygen.cli.connection import agreed, connection_options, note, target


@click.command()
@click.argument("journal", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--auto-approve", is_flag=True, help="Do not ask; for pipelines.")
@connection_options
def command(
    journal: Path,
    auto_approve: bool,
    profile: str | None,
    region: str | None,
    role_arn: str | None,
    endpoint_url: str | None,
) -> int:
    """Restore, step by step and last step first, what stood in the account before the run of a JOURNAL.

    What somebody changed since is left alone and named. A rollback that was cut off is finished by running it again.
    """
    from policygen.account.apply import check_account, look, roll_back
    from policygen.account.interrupt import stoppable
    from policygen.account.journal import EmptyJournalError, read_journal
    from policygen.account.live import connect
    from policygen.account.rollback import undo
    from policygen.account.state import observe
    from policygen.report import printable

    try:
        past = read_journal(journal)
    except EmptyJournalError as error:
        click.echo(f"{error}; nothing to take back")
        return OK
    for sentence in past.notes:
        note(f"note: {sentence}")
    desired = past.desired
    connection = connect(target(profile, region, role_arn, endpoint_url, partition=desired.partition), note)
    account = look(connection, desired)
    check_account(account, desired)
    state = observe(account, desired)
    steps, left = undo(past.steps, state)
    click.echo(click.style(f"account {desired.account}, partition {desired.partition}", bold=True))
    for number, step in enumerate(steps, 1):
        click.echo(printable(f"{number:>3}. {step.operation}, for the {step.subject}"))
    for sentence in left:
        click.echo(printable(f"note: {sentence}"))
    if not steps:
        click.echo("nothing to take back")
        return FOUND if left else OK
    if not auto_approve and not agreed(desired.account):
        click.echo("nothing was changed", err=True)
        return FOUND
    with stoppable():
        roll_back(connection, journal, steps, desired, state, note)
    click.echo("taken back and verified")
    return FOUND if left else OK
