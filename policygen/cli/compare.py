"""`policygen compare`: what a new policy allows that the old one did not, with a request that shows it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.cli import FOUND, OK, options
from policygen.cli.sources import SourceOptions, source_options

if TYPE_CHECKING:
    from policygen.manifest.sides import Pair


@dataclass(frozen=True)
class Given:
    """The options."""

    git: str | None
    snapshots: tuple[Path, ...]
    all: bool
    both: bool
    output_format: str
    output: Path | None


@click.command()
@click.argument("sides", nargs=-1, metavar="OLD NEW | --git REV PATH…")
@click.option("--git", metavar="REV", help="Compare files or folders with what they were at a git revision.")
@source_options
@click.option(
    "--snapshot",
    "snapshots",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="The folder that `snapshot:user/NAME` is read from; given twice, the first is for OLD and the second for NEW.",
)
@click.option(
    "--all", is_flag=True, help="Name every action that is newly allowed, its resource types, and how one must sign in."
)
@click.option("--both", is_flag=True, help="Show what is no longer allowed, too.")
@options.output_format("text", "json", "markdown", "github")
@options.output
@options.gather("given", Given)
def command(sides: tuple[str, ...], source: SourceOptions, given: Given) -> int:
    """Show whether the policies in NEW allow anyone anything that those in OLD do not.

    OLD and NEW are files, folders, `-`, `recipe:NAME,KEY=VALUE`, `manifest:ACCOUNT/GROUP` or `snapshot:user/NAME`; `*`
    matches any text in the last two. Folders are compared file by file. Each statement that gives something is shown
    with what it gives, the most dangerous first, and a request as evidence. SCPs, RCPs, boundaries and policies that
    only deny are compared on top of policies that allow everything. The exit code is 0 if there is no new access, 1 if
    there is or might be.
    """
    from policygen.access.gained import compared
    from policygen.evaluate.compare import Verdict
    from policygen.report import comparison as report

    changes = compared(_pairs(sides, source, given), both=given.both, by_session=given.all)
    for note in dict.fromkeys(change.result.note for change in changes if change.result.note):
        click.echo(note, err=True)
    options.write_output(report.render(changes, given.output_format, everything=given.all), given.output)
    return OK if all(change.verdict is Verdict.NONE for change in changes) else FOUND


def _pairs(sides: tuple[str, ...], source: SourceOptions, given: Given) -> "list[Pair]":
    if given.git is not None:
        if not sides:
            raise click.UsageError("--git needs a file or a folder to compare with what it was")
        return source.sources(()).since(given.git, sides)
    if len(sides) != 2:
        raise click.UsageError("give OLD and NEW, or --git REV and one or more paths")
    if len(given.snapshots) > 2:
        raise click.UsageError("--snapshot can be given twice: for OLD, then for NEW")
    return source.sources(sides).pairs(*sides, given.snapshots)
