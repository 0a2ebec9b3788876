"""`policygen compare`: what a new policy allows that the old one did not, with a request that shows it."""

import json
from typing import Any

import click

from policygen.cli import FOUND, OK

_FILE = click.Path(dir_okay=False, allow_dash=True)


@click.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the verdict.")
def command(old: str, new: str, form: str) -> int:
    """Say whether the policies of NEW allow a user anything that those of OLD do not.

    Where they do, a request shows it. Exit 0 if there is no new access, 1 if there is or if that is unknown.
    """
    from policygen.cli.reading import read_policies
    from policygen.evaluate import Layers, compile_policy, decide, trusting
    from policygen.evaluate.compare import Verdict, new_access
    from policygen.report import decision as report

    before, after = (tuple(map(compile_policy, read_policies(path))) for path in (old, new))
    comparison = new_access(before, after)
    witness = comparison.witness
    sides = (
        [Layers(side, resource=(trusting(witness.principal.account),)) for side in (before, after)] if witness else []
    )
    decisions = [report.as_json(decide(witness, side)) for side in sides] if witness else []
    request = report.request_as_json(witness) if witness else None
    if form == "json":
        shown: dict[str, Any] = {"verdict": str(comparison.verdict), "reason": comparison.reason, "witness": request}
        click.echo(json.dumps(shown | dict(zip(("old", "new"), decisions, strict=False)), indent=2))
    elif request:
        click.echo(click.style("new access", fg="red", bold=True) + ": this request is allowed and was not")
        click.echo(json.dumps(request, indent=2))
        click.echo(f"old: {decisions[0]['decision']}: {decisions[0]['reason']}")
        allowing = ", ".join(f"{s['policy']}{s['pointer']}" for s in decisions[1]["statements"])
        click.echo(f"new: {decisions[1]['decision']}: {allowing}")
    elif comparison.verdict is Verdict.UNKNOWN:
        click.echo(f"{click.style('unknown', fg='yellow', bold=True)}: {comparison.reason}")
    else:
        click.echo(click.style("no new access", fg="green", bold=True))
    return OK if comparison.verdict is Verdict.NONE else FOUND
