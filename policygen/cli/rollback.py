"""`policygen rollback`: take back what an apply did."""

from pathlib import Path

import click

from policygen.cli import FOUND, OK
from policygen.cli.apply import agreed_to
from policygen.cli.connection import agreeing_options, connection_options, note, read_context, target


@click.command()
@click.argument("journal", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@agreeing_options
@connection_options
def command(
    journal: Path,
    context: tuple[str, ...],
    auto_approve: bool,
    accept_lockout: str | None,
    profile: str | None,
    region: str | None,
    role_arn: str | None,
    endpoint_url: str | None,
) -> int:
    """Restore, step by step and last step first, what stood in the account before the run of a JOURNAL.

    It is shown, guarded and asked about as an apply is. What somebody changed since is left alone and named. A rollback
    that was cut off is finished by running it again.
    """
    from policygen.account.interrupt import stoppable
    from policygen.account.live import connect
    from policygen.deploy.accounts import plan_rollback
    from policygen.deploy.apply import roll_back
    from policygen.deploy.journal import EmptyJournalError, read_journal

    try:
        past = read_journal(journal)
    except EmptyJournalError as error:
        click.echo(f"{error}; nothing to take back")
        return OK
    for sentence in past.notes:
        note(f"note: {sentence}")
    connection = connect(target(profile, region, role_arn, endpoint_url, partition=past.desired.partition), note)
    prepared = plan_rollback(connection, past, context=read_context(context))
    plan, accepted = prepared.plan, accept_lockout or ""
    if not agreed_to([prepared], auto_approve=auto_approve, accepted=accepted):
        return FOUND
    if plan.steps:
        with stoppable():
            roll_back(connection, journal, plan, caller=prepared.caller, accepted=accepted, say=note)
        click.echo("taken back and verified")
    return FOUND if plan.remarks else OK
