"""`policygen compare`: what a new policy allows that the old one did not, with a request that shows it."""

import json
from typing import TYPE_CHECKING, Any

import click

from policygen.cli import FOUND, OK, options
from policygen.report import printable

if TYPE_CHECKING:
    from policygen.evaluate.compare import Comparison
    from policygen.policy.model import Kind


@click.command()
@click.argument("old", type=options.POLICY_FILE)
@click.argument("new", type=options.POLICY_FILE)
@options.kind
@options.output_format("text", "json")
def command(old: str, new: str, kind: "Kind | None", output_format: str) -> int:
    """Show whether the policies in NEW allow anyone anything that those in OLD do not.

    If they do, a request is shown as evidence. SCPs, RCPs, boundaries and policies that only deny are compared on top
    of policies that allow everything. The exit code is 0 if there is no new access, 1 if there is or might be.
    """
    from policygen.evaluate import Layers, Verdict, layered, new_access
    from policygen.loader.policies import read_policies

    comparison = new_access(*(layered(read_policies(path, kind), Layers()) for path in (old, new)))
    if comparison.note:
        click.echo(comparison.note, err=True)
    click.echo(_as_json(comparison) if output_format == "json" else _as_text(comparison))
    return OK if comparison.verdict is Verdict.NONE else FOUND


def _as_json(comparison: "Comparison") -> str:
    from policygen.report import decision as report

    shown: dict[str, Any] = {
        "verdict": str(comparison.verdict),
        "reason": comparison.reason,
        "kind": str(comparison.kind) if comparison.kind else None,
        "on_top_of_allow_all": comparison.on_allow_all,
        "note": comparison.note,
        "witness": report.request_as_json(comparison.witness) if comparison.witness else None,
    }
    decisions = map(report.as_json, comparison.shown or ())
    return json.dumps(shown | dict(zip(("old", "new"), decisions, strict=False)), indent=2)


def _as_text(comparison: "Comparison") -> str:
    from policygen.evaluate.compare import Verdict
    from policygen.report import decision as report

    lines = {
        Verdict.NONE: click.style("no new access", fg="green", bold=True),
        Verdict.FOUND: click.style("new access", fg="red", bold=True) + ": this request is allowed and was not",
        Verdict.UNKNOWN: click.style("unknown", fg="yellow", bold=True) + f": {printable(comparison.reason)}",
    }
    found = [lines[comparison.verdict]]
    if comparison.shown and comparison.witness:
        old, new = map(report.as_json, comparison.shown)
        found.append(json.dumps(report.request_as_json(comparison.witness), indent=2))
        for name, decision in (("old", old), ("new", new)):
            by = ", ".join(f"{s['policy']}{s['pointer']}" for s in decision["statements"])
            found.append(printable(f"{name}: {decision['decision']}: {by or decision['reason']}"))
    return "\n".join(found)
