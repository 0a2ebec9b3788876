"""`policygen apply`: carry out a plan, after showing it and asking."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.cli import FAILED, FOUND, OK, connection, options
from policygen.cli.connection import Approval, Planning, mfa_sessions, note
from policygen.cli.plan import prepare_accounts, without_failures
from policygen.errors import PolicygenError

if TYPE_CHECKING:
    from policygen.deploy.judged_plan import JudgedPlan
    from policygen.deploy.record import Record


@click.command()
@click.argument("plan", required=False, type=options.FILE)
@connection.planning
@connection.approval
@connection.journal
def command(plan: Path | None, planning: Planning, approval: Approval, journal: Path) -> int:
    """Change accounts to match the manifest, or carry out the saved PLAN.

    The plan is shown and you are asked before anything changes. The account is then read again, each call is written
    to a journal before it is made, and the result is verified. If a run is interrupted, run it again to finish it;
    `policygen rollback` undoes it.
    """
    if plan and (planning.accounts or planning.prune):
        raise click.UsageError("--account and --prune are part of a saved plan; leave them out")
    prepared, failed = _saved(plan, planning) if plan else prepare_accounts(planning)
    code = carry_out(prepared, journal, approval, ownership_record(planning.manifest, journal))
    return FAILED if failed else code


def ownership_record(manifest: str, journal: Path) -> "Record | None":
    """The ownership record beside a manifest; None, with a note, if the manifest does not exist."""
    from policygen.deploy.record import FILE, Record

    if Path(manifest).exists():
        return Record.beside(Path(manifest), journal)
    note(f"note: {manifest} does not exist, so {FILE} beside it does not record what is changed")
    return None


def carry_out(prepared: "list[JudgedPlan]", journal: Path, approval: Approval, record: "Record | None" = None) -> int:
    """Show the plans, ask, and apply them in parallel; the exit code."""
    from policygen.deploy.accounts import take_over

    if not agreed_to(prepared, approval):
        return FOUND
    for one in prepared:
        if record and not one.plan.steps:
            take_over(one.plan, record)
    wanted = [one for one in prepared if one.plan.steps]
    return _apply(wanted, journal, approval.accept_lockout, record) if wanted else OK


def agreed_to(prepared: "list[JudgedPlan]", approval: Approval) -> bool:
    """Show the plans, and whether they may be carried out: nothing forbids it, and the user agrees."""
    from policygen.report.plan import render

    options.show_findings([finding for one in prepared for finding in one.errors])
    click.echo(render(prepared, "text"), nl=False)
    wanted = [one for one in prepared if one.plan.steps]
    stop = ""
    if any(one.errors for one in prepared):
        stop = "nothing was changed: there are errors"
    elif any(one.unlisted for one in prepared):
        stop = "nothing was changed: it is not known whether every policy to attach exists"
    elif any(one.verdict.lockouts for one in prepared) and not approval.accept_lockout:
        stop = "nothing was changed; `--accept-lockout REASON` continues anyway"
    elif wanted and not approval.ask(_names(wanted)):
        stop = "nothing was changed"
    if stop:
        click.echo(stop, err=True)
    return not stop


def _apply(wanted: "list[JudgedPlan]", journal: Path, accepted: str, record: "Record | None") -> int:
    from policygen.account.interrupt import stoppable
    from policygen.deploy.accounts import apply_accounts

    with stoppable():
        results = apply_accounts(wanted, journal, accepted=accepted, record=record, say=note)
    for one, result in results:
        if isinstance(result, PolicygenError):
            click.echo(f"policygen: account {one.name}: {result}", err=True)
        elif len(results) == 1:
            click.echo(f"account {one.name}: {_outcome(result)}{f', journal {result}' if result else ''}")
    if len(results) > 1:
        click.echo(_outcomes(results))
    return FAILED if any(isinstance(result, PolicygenError) for _, result in results) else OK


def _outcome(result: "Path | PolicygenError | None") -> str:
    if isinstance(result, PolicygenError):
        return "failed"
    return "applied and verified" if result else "already matches the plan; nothing was changed"


def _outcomes(results: "list[tuple[JudgedPlan, Path | PolicygenError | None]]") -> str:
    from policygen.deploy.apply import StoppedError
    from policygen.report.table import table

    rows = []
    for one, result in results:
        journal = result.journal if isinstance(result, StoppedError) else result
        kept = str(journal) if isinstance(journal, Path) else ""
        rows.append((one.name, one.plan.desired.account, str(len(one.plan.steps)), _outcome(result), kept))
    return table(("ACCOUNT", "ID", "STEPS", "RESULT", "JOURNAL"), rows)


def _saved(path: Path, planning: Planning) -> "tuple[list[JudgedPlan], bool]":
    from policygen.deploy.accounts import saved_plans
    from policygen.deploy.planfile import load
    from policygen.manifest.model import load_manifest

    manifest = load_manifest(planning.manifest) if Path(planning.manifest).exists() else None
    context, target = planning.context, planning.target
    found = saved_plans(load(path), manifest, context=context, target=target, say=note, mfa=mfa_sessions())
    return without_failures((plan.desired.account, result) for plan, result in found)


def _names(wanted: "list[JudgedPlan]") -> str:
    return ", ".join(f"{one.plan.desired.account} ({one.name})" for one in wanted)
