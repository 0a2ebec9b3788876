"""`policygen rollback`: undo what an apply did."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from policygen.account.target import Target
from policygen.cli import FOUND, OK, connection, options
from policygen.cli.apply import agreed_to, ownership_record
from policygen.cli.connection import Approval, note


@click.command()
@click.argument(
    "path", metavar="[JOURNAL]", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@connection.journal
@click.option("--account", default="", metavar="ID", help="Undo the latest run of this account.")
@options.manifest
@options.context
@connection.approval
@connection.target
def command(
    path: Path | None,
    journal: Path,
    account: str,
    manifest: str,
    context: dict[str, Any],
    approval: Approval,
    target: Target,
) -> int:
    """Undo the run that wrote JOURNAL, last step first; without JOURNAL, the latest run that is not undone.

    As for an apply, the plan is shown and you are asked first. What somebody has changed since is left alone and
    listed. If a rollback is interrupted, run it again to finish it.
    """
    from policygen.account.interrupt import stoppable
    from policygen.account.live import connect
    from policygen.deploy.apply import roll_back
    from policygen.deploy.history import check_order, latest
    from policygen.deploy.journal import EmptyJournalError, read_journal
    from policygen.deploy.judged_plan import plan_rollback

    if path and account:
        raise click.UsageError("JOURNAL is of one account; leave --account out")
    path = path or latest(journal, account).journal
    check_order(path)
    try:
        past = read_journal(path)
    except EmptyJournalError as error:
        click.echo(f"{error}; nothing to undo")
        return OK
    for sentence in past.notes:
        note(f"note: {sentence}")
    reached = connect(replace(target, partition=past.desired.partition), note)
    prepared = plan_rollback(reached, past, context=context)
    plan, accepted = prepared.plan, approval.accept_lockout
    if not agreed_to([prepared], approval):
        return FOUND
    if plan.steps:
        with stoppable():
            roll_back(
                reached,
                path,
                plan,
                caller=prepared.caller,
                accepted=accepted,
                record=ownership_record(manifest, path.parent),
                say=note,
            )
        click.echo("undone and verified")
    return FOUND if plan.remarks else OK
