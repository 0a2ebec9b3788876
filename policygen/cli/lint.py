"""`policygen lint`: find problems in policies in files, in folders or on stdin."""

import sys
import time
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.cli import FAILED, FOUND, OK, completion, options
from policygen.cli.reports import ReportingCommand, Wanted, reporting, wanted, write_reports
from policygen.lint.configuration import find_settings, read_settings
from policygen.lint.lint_file import LintedFile
from policygen.lint.lint_paths import LintRun, lint_paths
from policygen.lint.notices import UNREADABLE
from policygen.lint.settings import Settings
from policygen.loader.gitignore import path_patterns
from policygen.policy.model import Kind
from policygen.reference.quotas import places
from policygen.report import Report
from policygen.rule.select import ids

if TYPE_CHECKING:
    from policygen.lint.fix import Fixed

_PATIENCE = 1.0
"""Seconds after which progress is shown."""
_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Options:
    """What the options say."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    kind: Kind | None
    place: str | None
    together: bool
    stdin_filename: str
    config: Path | None
    exclude: tuple[str, ...]
    force_exclude: bool
    fail_on: str | None
    exit_zero: bool
    require_policy: bool
    baseline: Path | None
    update_baseline: bool
    fix: bool
    diff: bool
    formats: tuple[str, ...]
    files: tuple[Path, ...]
    statistics: bool
    jobs: int


@click.command(cls=ReportingCommand)
@click.argument("paths", nargs=-1, metavar="[PATH…|-]", shell_complete=completion.file)
@options.rules("--select", completion.lint_rule, help="Rules and groups to run (all).")
@options.rules("--ignore", completion.lint_rule, help="Rules and groups to skip.")
@options.kind
@click.option("--for", "place", type=click.Choice(places()), help="What the policies are attached to, for its quotas.")
@click.option("--together", is_flag=True, help="Also check what the policies allow together, on one identity.")
@click.option("--stdin-filename", default="<stdin>", metavar="FILE", help="The file name to report for `-`.")
@click.option("--config", type=_FILE, help="Settings (the nearest policygen.toml or pyproject.toml).")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="What to skip in folders, as in .gitignore.")
@click.option("--force-exclude", is_flag=True, help="Skip what is excluded even if it is named.")
@options.fail_on(None)
@click.option("--exit-zero", is_flag=True, hidden=True)  # what scripts written before `--fail-on never` say
@click.option("--require-policy", is_flag=True, help="Fail if a file does not contain a policy.")
@click.option("--baseline", type=_FILE, help="Report only findings that are not in this file.")
@click.option("--update-baseline", is_flag=True, help="Write the current findings to the --baseline file.")
@click.option("--fix", is_flag=True, help="Fix what can be fixed without changing what a policy means.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, without changing it.")
@reporting()
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead of listing them.")
@options.jobs("How many processes to use for many files.")
@options.gather("given", Options)
def command(paths: tuple[str, ...], given: Options) -> int:
    """Lint policies: files, folders, or `-` for stdin; the current folder by default.

    A file contains a policy as JSON or YAML, what the AWS CLI prints, a CloudFormation template, a serverless.yml, or a
    Terraform file, plan or state.
    """
    paths = paths or (".",)
    _check_usage(paths, given)
    reports = wanted(given.formats, given.files)
    settings = _settings(given)
    run = partial(
        lint_paths,
        paths,
        settings,
        today=date.today(),
        jobs=given.jobs,
        one_identity=given.together,
        stdin_filename=given.stdin_filename,
        baseline=given.baseline,
        require_policy=given.require_policy,
        force_exclude=given.force_exclude,
        watch=_progress,
    )
    session = run()
    if given.diff:
        return _diff(session)
    if given.fix and _fix(session):
        session = run()
    return _report(session, settings, given, reports)


def _check_usage(paths: Sequence[str], given: Options) -> None:
    if given.statistics and {*given.formats} != {"text"}:
        raise click.UsageError("--statistics prints text; the summary of --format json also counts by rule")
    if given.update_baseline and not given.baseline:
        raise click.UsageError("--update-baseline needs --baseline FILE")
    if (given.fix or given.diff) and "-" in paths:
        raise click.UsageError("--fix and --diff work on files, not on stdin")
    if given.diff and given.files:
        raise click.UsageError("--diff prints changes and -o writes a report; use one of them")


def _settings(given: Options) -> Settings:
    """The configuration, overridden by the command line."""
    named = given.config
    settings = read_settings(named, _account_rules) or Settings() if named else find_settings(_account_rules)
    ids((*given.select, *given.ignore), settings.rules)
    exclude = (path_patterns(Path.cwd(), given.exclude),) if given.exclude else ()
    return replace(
        settings,
        select=given.select or settings.select,
        ignore=given.ignore or settings.ignore,
        kind=given.kind or settings.kind,
        place=given.place or settings.place,
        exclude=(*settings.exclude, *exclude),
    )


def _account_rules() -> Container[str]:
    from policygen.audit.rules import registry

    return registry()


def _report(session: LintRun, settings: Settings, given: Options, reports: Sequence[Wanted]) -> int:
    for problem in session.problems:
        click.echo(f"policygen: {problem}", err=True)
    for note in _notes(session):
        click.echo(f"policygen: {note}", err=True)
    findings, sources = session.findings, session.sources
    if given.baseline:
        from policygen.rule.baseline import left_over, write_baseline

        if given.update_baseline:
            write_baseline(given.baseline, findings, sources)
        findings = left_over(given.baseline, findings, sources)
    suppressed = session.accepted + len(session.findings) - len(findings)
    checked = {"policies": session.policies, "files": len(session.files)}
    if session.unknown:  # a report without findings must not look complete
        checked["unknowns"] = session.unknown
    fail_on = options.threshold(options.NEVER if given.exit_zero else given.fail_on or str(settings.fail_on))
    report = Report(findings, sources, settings.rules, checked, session.files, suppressed, fail_on)
    if not session.files:  # to a person, "no findings" would sound like praise
        reports = [one for one in reports if one.form != "text"]
    if given.statistics:
        reports = [replace(one, form="statistics") for one in reports]
    write_reports(report, reports)
    if any(problem.fails for problem in session.problems) or any(f.rule == UNREADABLE for f in findings):
        return FAILED
    return FOUND if report.failed else OK


def _notes(session: LintRun) -> Iterator[str]:
    """What else was read than JSON, and what could not be judged."""
    formats = session.formats
    if formats.keys() - {"JSON"}:
        yield f"files with policies: {', '.join(f'{count} {name}' for name, count in sorted(formats.items()))}"
    for kind, count in session.by_folder.items():
        files = f"{count} file{'s are' if count > 1 else ' is'}"
        yield f"{files} linted as `--type {kind}` because of the name of the folder; give --type if that is wrong"
    if session.unknown:
        yield (
            f"{session.unknown} value{'s are' if session.unknown > 1 else ' is'} known only at deployment;"
            " what depends on them was not judged"
        )


def _fix(session: LintRun) -> int:
    """Fix the files; how many were changed."""
    from policygen.files import write_text

    changed = 0
    for fixed in _fixed(session):
        if fixed.edits:
            write_text(Path(fixed.source.file).resolve(), fixed.text)
            click.echo(f"fixed {fixed.source.file}", err=True)
            changed += 1
    return changed


def _diff(session: LintRun) -> int:
    from policygen.diff import unified

    for problem in session.problems:
        click.echo(f"policygen: {problem}", err=True)
    changes = [fixed for fixed in _fixed(session) if fixed.edits]
    for fixed in changes:
        click.echo(unified(fixed.source.text, fixed.text, fixed.source.file), nl=False)
    if any(problem.fails for problem in session.problems):
        return FAILED
    return FOUND if changes else OK


def _fixed(session: LintRun) -> Iterator["Fixed"]:
    """What fixing the findings changes in each file; what could not be fixed is said."""
    from policygen.lint.fix import fix_files

    for fixed in fix_files(session.findings):
        for sentence in fixed.left:
            click.echo(f"policygen: {sentence}", err=True)
        yield fixed


def _progress(outcomes: Iterable[LintedFile], total: int) -> Iterator[LintedFile]:
    """The outcomes; counts them on stderr if that is a terminal and the run takes long."""
    if not sys.stderr.isatty():
        yield from outcomes
        return
    started = said = time.monotonic()
    for number, outcome in enumerate(outcomes, 1):
        now = time.monotonic()
        if now - started > _PATIENCE and now - said > _PATIENCE / 10:
            click.echo(f"\r{number} of {total} files", nl=False, err=True)
            said = now
        yield outcome
    if said > started:
        click.echo("\r\x1b[K", nl=False, err=True)
