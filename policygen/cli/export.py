"""`policygen export`: the manifest for CloudFormation or Terraform."""

from pathlib import Path

import click

from policygen.cli import FOUND, OK, completion


@click.command()
@click.option("--manifest", "path", default="policygen.toml", show_default=True, metavar="FILE", help="The manifest.")
@click.option(
    "--account",
    metavar="NAME",
    shell_complete=completion.account,
    help="The account to render for, if the manifest has several.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["cloudformation", "terraform"]),
    default="cloudformation",
    show_default=True,
    help="A template fit for a StackSet, or Terraform's JSON syntax.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file, atomically.")
def command(path: str, account: str | None, output_format: str, output: Path | None) -> int:
    """Print the manifest's groups, policies and attachments as a template that another engine rolls out.

    The template says `this account` wherever the account's id stands, so that one template serves many accounts. What
    depends on who is in an account (common groups, categories) is left to `policygen apply`, and said on stderr.
    """
    from policygen.deploy.accounts import chosen_accounts
    from policygen.deploy.desired import from_manifest
    from policygen.deploy.export import export, left_out
    from policygen.files import write_text
    from policygen.finding import Severity
    from policygen.manifest.model import load_manifest
    from policygen.report import Report, render

    manifest = load_manifest(path)
    chosen = chosen_accounts(manifest, (account,) if account else ())
    if len(chosen) > 1:
        raise click.UsageError(f"the manifest has several accounts ({', '.join(a.name for a in chosen)}); name one")
    desired, rendered = from_manifest(manifest, chosen[0])
    errors = tuple(f for result in rendered for f in result.findings if f.severity is Severity.ERROR)
    if errors:
        click.echo(render(Report(errors, {}), "text"), nl=False, err=True)
        return FOUND
    text = export(desired, output_format)
    if output:
        write_text(output, text)
    else:
        click.echo(text, nl=False)
    for sentence in left_out(desired):
        click.echo(f"note: {sentence}", err=True)
    return OK
