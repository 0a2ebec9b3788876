"""`policygen history`: what earlier runs changed."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from policygen.cli import OK, completion, connection, options


@click.command()
@click.option(
    "--account", default="", metavar="ID", shell_complete=completion.account, help="Only the runs of this account."
)
@options.output_format("text", "json", help="How to print the runs.")
@click.option("--steps", is_flag=True, help="Also list the calls of each run.")
@connection.journal
def command(account: str, output_format: str, steps: bool, journal: Path) -> int:
    """List the runs that changed accounts from here, oldest first, with their journals for `policygen rollback`."""
    from policygen.deploy.history import runs, steps_of
    from policygen.report import printable
    from policygen.report.table import table

    found = runs(journal, account)
    if output_format == "json":
        data = [{**asdict(run), "journal": str(run.journal), "steps": list(steps_of(run))} for run in found]
        click.echo(json.dumps({"version": 1, "runs": data}, indent=2, ensure_ascii=False))
        return OK
    if not found:
        click.echo(f"{journal} has no journals: nothing was changed from here")
        return OK
    rows = []
    for run in found:
        what = f"rollback of {Path(run.undoes).name}" if run.undoes else "apply"
        rows.append((run.at, run.account, what, str(run.done), run.state, str(run.journal)))
        if steps:
            rows += [("", "", printable(step), "", "", "") for step in steps_of(run)]
    click.echo(table(("AT", "ACCOUNT", "RUN", "CALLS", "STATE", "JOURNAL"), rows))
    return OK
