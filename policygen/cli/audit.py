"""`policygen audit`: check accounts against the strategy, from snapshots."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.account.snapshot import PARTS
from policygen.audit.strategy import Category
from policygen.cli import FAILED, FOUND, OK, completion, options
from policygen.cli.reports import ReportingCommand, reporting, wanted, write_reports
from policygen.finding import Severity
from policygen.report import ACCOUNT_FORMATS, FORMATS, Report

if TYPE_CHECKING:
    from policygen.audit.compare import Comparison
    from policygen.audit.run import Job, Outcome
    from policygen.audit.settings import Settings
    from policygen.manifest.model import Manifest

_FILES = ("authorization-details", "credential-report", "password-policy", "account-summary", "virtual-mfa-devices")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=ReportingCommand)
@click.argument("folder", required=False, metavar="[DIR]", type=options.EXISTING_FOLDER)
@options.together(
    *(click.option(f"--{name}", type=_FILE, help=f"The output of `{PARTS[name].command}`.") for name in _FILES)
)
@click.option("--common-group", "common_groups", multiple=True, metavar="NAME", help="The common group; repeatable.")
@options.categories
@click.option("--manifest", metavar="FILE", help="The manifest (policygen.toml if it exists).")
@options.rules("--select", completion.audit_rule, help="Rules, topics and rulesets to run.")
@options.rules("--ignore", completion.audit_rule, help="Rules, topics and rulesets to skip.")
@reporting((*FORMATS, *ACCOUNT_FORMATS))
@click.option("--compare", type=_FILE, metavar="OLD.json", help="An earlier JSON report; shows what is new and fixed.")
@options.fail_on(Severity.SUGGESTION)
@click.option("--passed", is_flag=True, help="Also list what passed.")
@options.jobs("How many accounts to audit in parallel.")
def command(
    folder: Path | None,
    common_groups: tuple[str, ...],
    categories: tuple[Category, ...],
    manifest: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    formats: tuple[str, ...],
    files: tuple[Path, ...],
    compare: Path | None,
    fail_on: str,
    passed: bool,
    jobs: int,
    **parts: Path | None,
) -> int:
    """Audit the account whose snapshot is in DIR, or in the files of the options; offline, without credentials.

    DIR is what `policygen snapshot` wrote, or a folder tree with one such folder for each account. What the snapshot
    does not contain makes results unknown, never good.
    """
    from policygen.audit.rules import registry
    from policygen.audit.settings import settings
    from policygen.finding import Result

    reports = wanted(formats, files)
    found = {name.replace("_", "-"): path for name, path in parts.items() if path}
    decided = settings(
        _manifest(manifest),
        common_groups=common_groups,
        categories=categories,
        selected=select,
        ignored=ignore,
    )
    outcome = _run(list(_jobs(folder, found)), decided, jobs, passed or compare is not None)
    compared = _compared(outcome, compare)
    report = Report(
        compared.findings if passed else [f for f in compared.findings if f.result is not Result.PASS],
        rules=registry(),
        checked=outcome.checked,
        fail_on=options.threshold(fail_on),
        audit=outcome,
        ended=(*compared.fixed, *compared.gone, *compared.open),
    )
    write_reports(report, reports, mode=0o600)
    for reason in outcome.unread.values():
        click.echo(f"policygen: {reason}", err=True)
    if outcome.unread:
        return FAILED
    return FOUND if report.failed else OK


def _manifest(path: str | None) -> "Manifest | None":
    from policygen.configuration import FILE
    from policygen.manifest.model import load_manifest

    return load_manifest(path or FILE) if path or Path(FILE).exists() else None


def _jobs(folder: Path | None, files: Mapping[str, Path]) -> "Iterator[Job]":
    from policygen.account import snapshot
    from policygen.audit.run import Job, job_of

    if bool(folder) == bool(files):
        raise click.UsageError("give either the folder of a snapshot or its files as options")
    if folder is None:
        yield Job(str(next(iter(files.values()))), files)
        return
    found = False
    for path, folders, _ in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if job := job_of(Path(path)):
            found = True
            yield job
    if not found:
        snapshot.read_folder(folder)  # raises an error that says what is wrong


def _run(jobs: "Sequence[Job]", settings: "Settings", workers: int, passes: bool) -> "Outcome":
    from policygen.audit.run import audit_all

    if workers == 1 or len(jobs) == 1:
        return audit_all(jobs, settings, passes=passes)
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as executor:
        return audit_all(jobs, settings, executor, passes=passes)


def _compared(outcome: "Outcome", old: Path | None) -> "Comparison":
    from policygen.audit.compare import Comparison, compare, read_report

    return compare(read_report(old), outcome) if old else Comparison(outcome.findings)
