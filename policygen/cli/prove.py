"""`policygen prove`: prove that policies do not grant something, or show a request that they allow."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.cli import FOUND, OK, options
from policygen.cli.sources import SourceOptions, source_options

if TYPE_CHECKING:
    from policygen.access.claims import Claim


@click.command()
@click.argument("sides", nargs=-1, required=True, metavar="POLICY…")
@click.option(
    "--not-granted",
    "actions",
    multiple=True,
    metavar="ACTION",
    callback=options.separated,
    help="Prove that this action is not granted, such as `iam:PassRole` or `s3:Put*`; repeatable.",
)
@click.option(
    "--resource", "resources", multiple=True, metavar="ARN", help="With --not-granted: on this resource; repeatable."
)
@click.option("--not-public", is_flag=True, help="Prove that the policy of a resource lets no stranger in.")
@source_options
@options.snapshot
@options.output_format("text", "json")
@options.output
def command(
    sides: tuple[str, ...],
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    not_public: bool,
    source: SourceOptions,
    snapshot: Path | None,
    output_format: str,
    output: Path | None,
) -> int:
    """Prove that policies do not grant something, or show a request that they allow.

    POLICY is a file, a folder, `-`, `recipe:NAME`, `manifest:ACCOUNT/GROUP` or `snapshot:user/NAME`, as for `compare`;
    each policy is judged alone, together with --boundary and --scp. Policies that only limit are judged on top of
    policies that allow everything. Actions and resources can have wildcards. The exit code is 0 if everything is
    proved, 1 if not or if it is unknown.
    """
    from policygen.access.claims import NotGranted, NotPublic, check
    from policygen.evaluate.compare import Verdict
    from policygen.evaluate.known import existing, unrelated_resource
    from policygen.lint.configuration import find_settings
    from policygen.policy.arn import segments
    from policygen.report import claims as report

    if not (actions or not_public):
        raise click.UsageError("say what to prove: --not-granted ACTION or --not-public")
    if resources and not actions:
        raise click.UsageError("--resource goes with --not-granted")
    _check_sides(sides)
    for resource in resources:
        if resource != "*" and len(segments(resource)) < 6:
            raise click.BadParameter(f"`{resource}` is not an ARN; write one, or `*`", param_hint="`--resource`")
    previews = find_settings().previews
    for action in actions:
        existing(action, previews)
    for resource in resources:
        if why := unrelated_resource(actions, resource):
            click.echo(f"unlisted: {why}", err=True)
    claims: list[Claim] = [NotGranted(actions, resources or ("*",))] if actions else []
    claims += [NotPublic()] if not_public else []
    checked = check(source.sources(sides).named(sides, snapshot), claims)
    for note in dict.fromkeys(one.result.note for one in checked if one.result.note):
        click.echo(note, err=True)
    options.write_output(report.render(checked, output_format), output)
    return OK if all(one.result.verdict is Verdict.NONE for one in checked) else FOUND


def _check_sides(sides: tuple[str, ...]) -> None:
    """Raises click.UsageError for an action or ARN that was given as a policy, naming the option to repeat."""
    from policygen.reference.services import services

    for side in sides:
        prefix, colon, _ = side.partition(":")
        option = "--resource" if prefix == "arn" else "--not-granted" if prefix.lower() in services() else ""
        if colon and option and not Path(side).exists():
            raise click.UsageError(f"`{side}` is not a policy; write {option} before each, as in `{option} {side}`")
