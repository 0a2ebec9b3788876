"""`policygen build`: write every policy of the manifest into the repository."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from policygen.cli import FOUND, OK, options

if TYPE_CHECKING:
    from policygen.manifest.build import Build
    from policygen.manifest.model import Manifest


@click.command()
@options.manifest
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 and a diff if a file is out of date.")
@click.option(
    "--no-new-access",
    "earlier",
    metavar="REV",
    help="With --check: exit with 1 if a policy allows more than at this git revision.",
)
@click.option("--prune", is_flag=True, help="Remove files of earlier builds that the manifest no longer has.")
def command(manifest: str, check: bool, earlier: str | None, prune: bool) -> int:
    """Write every policy of the manifest into the repository.

    Everything is rendered, validated and linted before anything is written, and only changed files are written.
    """
    from policygen.diff import unified
    from policygen.manifest.build import changes, plan_build, write_build
    from policygen.manifest.model import load_manifest
    from policygen.report import printable, printable_lines

    if check and prune:
        raise click.UsageError("--check changes nothing, so it cannot be used with --prune")
    if earlier and not check:
        raise click.UsageError("--no-new-access changes nothing, so it goes with --check")
    wanted = load_manifest(manifest)
    build = plan_build(wanted)
    options.show_findings(build.findings, build.sources)
    if not build.ok:
        click.echo("nothing was written: there are errors", err=True)
        return FOUND
    for sentence in build.unlisted:
        click.echo(printable(f"unknown: {sentence}"), err=True)
    if check:
        stale = list(changes(build))
        for file in stale:
            click.echo(printable_lines(unified(file.before or "", file.after or "", file.path)), nl=False)
        prune_too = " --prune" if any(file.state == "extra" for file in stale) else ""
        hint = f"; run `policygen build{prune_too}` to fix it" if stale else ""
        click.echo(_counted(file.state for file in build.files) + hint, err=True)
        wider = earlier is not None and _allows_more(wanted, build, earlier)
        return FOUND if stale or build.unlisted or wider else OK
    write_build(wanted, build, prune=prune)
    done = {"missing": "created", "stale": "updated", "extra": "removed" if prune else "no longer wanted"}
    for file in changes(build):
        click.echo(f"{done[file.state]} {file.path}", err=True)
    left = any(file.state == "extra" for file in build.files) and not prune
    hint = "; --prune removes what is no longer wanted" if left else ""
    click.echo(_counted(done.get(file.state, "unchanged") for file in build.files) + hint, err=True)
    return OK


def _allows_more(manifest: "Manifest", build: "Build", earlier: str) -> bool:
    """Print what the policies allow that they did not at a git revision; whether there is or might be anything."""
    from policygen.access.gained import compared
    from policygen.evaluate.compare import Verdict
    from policygen.manifest.since import built_since
    from policygen.report import comparison as report

    changes = compared(built_since(manifest, build, earlier))
    click.echo(report.render(changes, "text"), nl=False)
    return any(change.verdict is not Verdict.NONE for change in changes)


def _counted(words: Iterable[str]) -> str:
    """`2 created, 1 updated`."""
    counts = Counter(words)
    order = ("created", "missing", "updated", "stale", "removed", "no longer wanted", "extra", "unchanged", "fresh")
    return ", ".join(f"{counts[word]} {word}" for word in order if counts[word]) or "no policies"
