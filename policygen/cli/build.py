"""`policygen build`: every policy of the manifest into the repository."""

from collections import Counter
from collections.abc import Iterable

import click

from policygen.cli import FOUND, OK, options


@click.command()
@options.manifest
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff for every file that is not up to date.")
@click.option("--prune", is_flag=True, help="Remove files from earlier builds that the manifest no longer wants.")
def command(manifest: str, check: bool, prune: bool) -> int:
    """Write every policy of the manifest into the repository.

    Everything is rendered, validated and linted before the first file is touched, and only what changed is written.
    """
    from policygen.diff import unified
    from policygen.manifest.build import changes, plan_build, write_build
    from policygen.manifest.model import load_manifest
    from policygen.report import Report, printable, printable_lines, render

    if check and prune:
        raise click.UsageError("--check writes nothing, so there is nothing to --prune")
    wanted = load_manifest(manifest)
    build = plan_build(wanted)
    if build.findings:
        click.echo(render(Report(build.findings, build.sources), "text"), nl=False, err=True)
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
        return FOUND if stale or build.unlisted else OK
    write_build(wanted, build, prune=prune)
    done = {"missing": "created", "stale": "updated", "extra": "removed" if prune else "no longer wanted"}
    for file in changes(build):
        click.echo(f"{done[file.state]} {file.path}", err=True)
    left = any(file.state == "extra" for file in build.files) and not prune
    hint = "; remove what is no longer wanted with --prune" if left else ""
    click.echo(_counted(done.get(file.state, "unchanged") for file in build.files) + hint, err=True)
    return OK


def _counted(words: Iterable[str]) -> str:
    """`2 created, 1 updated`."""
    counts = Counter(words)
    order = ("created", "missing", "updated", "stale", "removed", "no longer wanted", "extra", "unchanged", "fresh")
    return ", ".join(f"{counts[word]} {word}" for word in order if counts[word]) or "no policies"
