"""`policygen can`: what a user, group or role can do, and what its boundary and SCPs take away."""

import json
from pathlib import Path

import click

from policygen.cli import OK, completion, options
from policygen.errors import PolicygenError


@click.command("can")
@click.argument("principal", shell_complete=completion.principal)
@options.needed_snapshot
@click.option("--service", default="", metavar="PREFIX", help="Only this service, with the names of all actions.")
@options.scps
@click.option("--all", "every", is_flag=True, help="Name every action, not only counts.")
@options.output_format("text", "json")
def command(
    principal: str, snapshot: Path, service: str, scps: tuple[str, ...], every: bool, output_format: str
) -> int:
    """List what PRINCIPAL can do, by service and access level, and what its boundary and SCPs take away.

    PRINCIPAL is user/NAME, role/NAME, group/NAME (any member of the group, with its policies alone) or an ARN. Nothing
    is sent to AWS. What the snapshot does not settle is listed as unknown, with the reason.
    """
    from policygen.access.can import can
    from policygen.account.find import find_entity
    from policygen.account.snapshot import read_entities
    from policygen.cli.given import read_levels
    from policygen.policy.model import Kind
    from policygen.reference.guesses import guess_service
    from policygen.reference.services import services
    from policygen.report import can as report

    if service and service.lower() not in services():
        raise PolicygenError(f"AWS's data has no service `{service}`{guess_service(service)}")
    account = read_entities(snapshot)
    holder = find_entity(account, principal)
    abilities = can(account, holder, read_levels(scps, Kind.SCP), service)
    notes = report.notes(scps=bool(scps))
    if output_format == "json":
        click.echo(json.dumps(report.as_json(holder, abilities, notes), indent=2))
    else:
        click.echo(report.as_text(holder, abilities, notes, every=every or bool(service)), nl=False)
    return OK
