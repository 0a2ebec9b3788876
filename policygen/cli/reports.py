"""The reports of one run: `--format` can be repeated, and `-o FILE` belongs to the `--format` before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from policygen.cli import options
from policygen.report import FORMATS, Report, render

_ORDER = "policygen.cli.reports"
"""Where a command keeps the names of the options that were given, in their order."""


@dataclass(frozen=True)
class Wanted:
    """A report that the user asked for, and the file to write it to; None is stdout."""

    form: str
    file: Path | None = None


class ReportingCommand(click.Command):
    """A command that remembers the order of its options, which their values do not show."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line as any command does."""
        if not ctx.resilient_parsing:
            _, _, given = self.make_parser(ctx).parse_args([*args])
            ctx.meta[_ORDER] = [parameter.name for parameter in given]
        return super().parse_args(ctx, args)


def reporting(formats: Sequence[str] = FORMATS) -> options.Decorator:
    """`--format` and `-o`, whose values `wanted` pairs; needs a ReportingCommand."""
    return options.together(
        click.option(
            "--format",
            "formats",
            multiple=True,
            type=click.Choice(formats),
            default=(formats[0],),
            show_default=True,
            help="How to print the result; repeatable.",
        ),
        click.option(
            "-o",
            "--output",
            "files",
            multiple=True,
            type=options.FILE,
            help="Write to a file instead of stdout; with several formats, after each that goes to a file.",
        ),
    )


def wanted(formats: Sequence[str], files: Sequence[Path]) -> list[Wanted]:
    """The reports to write; raises click.UsageError if it is unclear which `-o` belongs to which `--format`."""
    if len(formats) == 1 and len(files) <= 1:
        return [Wanted(formats[0], *files)]
    order = [name for name in click.get_current_context().meta[_ORDER] if name in ("formats", "files")]
    reports: list[Wanted] = []
    if (order.count("formats"), order.count("files")) == (len(formats), len(files)):
        reports = _in_order(order, formats, files)
    elif not files:  # the formats come from the environment
        reports = [*map(Wanted, formats)]
    written = [report.file for report in reports if report.file]
    if len(written) < len(files):
        raise click.UsageError("with several reports, write each `-o FILE` after its `--format`")
    if len(reports) > len(written) + 1:
        raise click.UsageError("only one report can go to stdout; write `-o FILE` after the `--format` of the others")
    if len({*written}) < len(written):
        raise click.UsageError("two reports cannot go to the same file")
    return reports


def _in_order(order: Iterable[str], formats: Iterable[str], files: Iterable[Path]) -> list[Wanted]:
    """Each format with the file after it; a file is left out if it does not follow a format."""
    reports: list[Wanted] = []
    forms, left = iter(formats), iter(files)
    for name in order:
        if name == "formats":
            reports.append(Wanted(next(forms)))
        elif (file := next(left)) and reports and not reports[-1].file:
            reports[-1] = replace(reports[-1], file=file)
    return reports


def write_reports(report: Report, reports: Iterable[Wanted], mode: int = 0o644) -> None:
    """Print or write the reports of a run; a file has the given mode."""
    for one in reports:
        if one.form == "sarif":
            from policygen.report.sarif import omitted

            if note := omitted(report):
                click.echo(f"policygen: {note}", err=True)
        options.write_output(render(report, one.form), one.file, mode)
