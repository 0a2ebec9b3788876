"""`policygen audit`: the strategy checked on an account, from files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.account.snapshot import PARTS
from policygen.audit.strategy import Category
from policygen.cli import FAILED, FOUND, OK, completion, options
from policygen.finding import Severity
from policygen.report import FORMATS, Report, render

if TYPE_CHECKING:
    from policygen.audit.compare import Comparison
    from policygen.audit.run import Job, Outcome
    from policygen.audit.settings import Settings
    from policygen.manifest.model import Manifest

_FILES = ("authorization-details", "credential-report", "password-policy", "account-summary", "virtual-mfa-devices")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Options:
    """What the options say."""

    common_groups: tuple[str, ...]
    categories: tuple[Category, ...]
    manifest: str | None
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    output_format: str
    output: Path | None
    compare: Path | None
    fail_on: str
    passed: bool
    jobs: int


@click.command()
@click.argument(
    "folder", required=False, metavar="[DIR]", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@options.together(
    *(click.option(f"--{name}", type=_FILE, help=f"What `{PARTS[name].command}` printed.") for name in _FILES)
)
@click.option(
    "--common-group", "common_groups", multiple=True, metavar="NAME", help="A group that holds everyone; repeatable."
)
@options.categories
@click.option("--manifest", metavar="FILE", help="The manifest; policygen.toml if it is here.")
@options.rules("--select", completion.audit_rule, help="Rules, topics and rulesets to run.")
@options.rules("--ignore", completion.audit_rule, help="Rules, topics and rulesets to leave out.")
@options.output_format(*FORMATS)
@options.output
@click.option(
    "--compare", type=_FILE, metavar="OLD.json", help="An earlier `--format json`: show what is new and fixed."
)
@options.fail_on(Severity.SUGGESTION)
@click.option("--passed", is_flag=True, help="List what passed, too.")
@options.jobs("Accounts to audit at a time.")
@options.gather("given", Options)
def command(folder: Path | None, given: Options, **files: Path | None) -> int:
    """Judge the account whose snapshot is in DIR, or in the files given by option; offline, without credentials.

    DIR holds what `policygen snapshot` wrote, or is a folder of such folders, one an account. What was not read makes
    results unknown, never good.
    """
    from policygen.audit.rules import registry
    from policygen.audit.settings import settings
    from policygen.finding import Result

    found = {name.replace("_", "-"): path for name, path in files.items() if path}
    decided = settings(
        _manifest(given.manifest),
        common_groups=given.common_groups,
        categories=given.categories,
        selected=given.select,
        ignored=given.ignore,
    )
    outcome = _run(list(_jobs(folder, found)), decided, given.jobs, given.passed or given.compare is not None)
    compared = _compared(outcome, given.compare)
    report = Report(
        compared.findings if given.passed else [f for f in compared.findings if f.result is not Result.PASS],
        rules=registry(),
        checked=outcome.checked,
        fail_on=options.threshold(given.fail_on),
        audit=outcome,
        ended=(*compared.fixed, *compared.gone, *compared.open),
    )
    options.write_output(render(report, given.output_format), given.output, mode=0o600)
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
        raise click.UsageError("name the folder of a snapshot, or its files by option, and not both")
    if folder is None:
        yield Job(str(next(iter(files.values()))), files)
        return
    folders = [path for path in (folder, *sorted(folder.iterdir())) if path.is_dir()]
    found = [job for path in folders if (job := job_of(path))]
    if not found:
        snapshot.read_folder(folder)  # says what is wrong with it
    yield from found


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
