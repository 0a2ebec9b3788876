"""`policygen who`: who can do something in an account, in which way, and for whom that is not known."""

import json
from pathlib import Path

import click

from policygen.cli import OK, options
from policygen.cli.given import Files, given


@click.command("who")
@click.argument("action")
@click.argument("resource", default="*")
@options.snapshots
@given
@click.option("--all", "every", is_flag=True, help="Name everybody, not only the first few.")
@options.output_format("text", "json")
def command(
    action: str, resource: str, snapshots: tuple[Path, ...], given: Files, every: bool, output_format: str
) -> int:
    """List the users, roles and outsiders that can perform ACTION on RESOURCE (default: any resource).

    Both can have wildcards: everyone who can make one of the matching requests is listed. Nothing is sent to AWS. What
    the snapshots do not settle is listed as unknown, with the reason.
    """
    from policygen.access.asked import Asked
    from policygen.access.who import who
    from policygen.account.snapshot import read_entities
    from policygen.lint.configuration import find_settings
    from policygen.report import who as report

    asked = Asked((action,), (resource,))
    asked.check(find_settings().previews)
    beside = given.read()
    answers = who([read_entities(path) for path in snapshots], asked, beside)
    notes = report.notes(asked, beside)
    if output_format == "json":
        click.echo(json.dumps(report.as_json(asked, answers, notes), indent=2))
    else:
        click.echo(report.as_text(asked, answers, notes, every=every), nl=False)
    return OK
