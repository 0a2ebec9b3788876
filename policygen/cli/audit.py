"""`policygen audit`: the strategy checked on an account, from files."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policygen.audit.strategy import Category, categories
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


def _names(_ctx: click.Context, _option: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    """A list that is given by repeating the option, by commas, or both."""
    return tuple(name for text in given for name in text.replace(",", " ").split())


_names_option = partial(click.option, multiple=True, callback=_names, shell_complete=completion.audit_rule)


def _category_option(_ctx: click.Context, _option: click.Parameter, given: Sequence[str]) -> tuple[Category, ...]:
    pairs = [text.partition("=") for text in given]
    for name, _, _ in pairs:
        if not name:
            raise click.BadParameter("a category is GROUP=PATTERN or GROUP, and the group must be named")
    return categories((name, pattern) for name, _, pattern in pairs)


def _files(function: Any) -> Any:
    """An option for each file of a snapshot."""
    for part in reversed(_FILES):
        verb = f"get-{part}" if part in ("credential-report", "account-summary") else ""
        verb = verb or {"password-policy": "get-account-password-policy"}.get(part, "")
        verb = verb or {"authorization-details": "get-account-authorization-details"}.get(part, f"list-{part}")
        function = click.option(f"--{part}", type=_FILE, help=f"What `aws iam {verb}` printed.")(function)
    return function


@click.command()
@click.argument(
    "folder", required=False, metavar="[DIR]", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@_files
@click.option(
    "--common-group", "common", multiple=True, metavar="NAME", help="A group that holds everyone; repeatable."
)
@click.option(
    "--category",
    "category",
    multiple=True,
    callback=_category_option,
    metavar="GROUP[=PATTERN]",
    help="A category group, and the user names that belong to it (`svc-*`); the first that fits counts; repeatable.",
)
@click.option("--manifest", "manifest_path", metavar="FILE", help="The manifest; policygen.toml if it is here.")
@_names_option("--select", "selected", help="Rules, topics and rulesets to run.")
@_names_option("--ignore", "ignored", help="Rules, topics and rulesets to leave out.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to print what is found.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file, atomically.")
@click.option(
    "--compare", type=_FILE, metavar="OLD.json", help="An earlier `--format json`: show what is new and fixed."
)
@options.fail_on(Severity.SUGGESTION)
@click.option("--passed", "passes", is_flag=True, help="List what passed, too.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Accounts to audit at a time.")
def command(
    folder: Path | None,
    common: tuple[str, ...],
    category: tuple[Category, ...],
    manifest_path: str | None,
    selected: tuple[str, ...],
    ignored: tuple[str, ...],
    form: str,
    output: Path | None,
    compare: Path | None,
    fail_on: str,
    passes: bool,
    jobs: int,
    **files: Path | None,
) -> int:
    """Judge the account whose snapshot is in DIR, or in the files given by option; offline, without credentials.

    DIR holds what `policygen snapshot` wrote, or is a folder of such folders, one an account. What was not read makes
    results unknown, never good.
    """
    from policygen.audit.rules import registry
    from policygen.audit.settings import settings
    from policygen.finding import Result

    given = {name.replace("_", "-"): path for name, path in files.items() if path}
    manifest = _manifest(manifest_path)
    decided = settings(manifest, common_groups=common, categories=category, selected=selected, ignored=ignored)
    outcome = _run(list(_jobs(folder, given)), decided, jobs, passes or compare is not None)
    compared = _compared(outcome, compare)
    report = Report(
        compared.findings if passes else [f for f in compared.findings if f.result is not Result.PASS],
        rules=registry(),
        checked=outcome.checked,
        fail_on=options.threshold(fail_on),
        audit=outcome,
        ended=(*compared.fixed, *compared.gone, *compared.open),
    )
    _write(render(report, form), output)
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


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    from policygen.files import write_text

    write_text(output, click.unstyle(text), mode=0o600)
    click.echo(f"wrote {output}", err=True)
