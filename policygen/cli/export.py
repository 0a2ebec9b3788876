"""`policygen export`: the manifest for CloudFormation or Terraform."""

from pathlib import Path

import click

from policygen.cli import FOUND, OK, completion, options


@click.command()
@options.manifest
@click.option(
    "--account",
    metavar="NAME|ID",
    shell_complete=completion.account,
    help="The account to render for, if the manifest has several.",
)
@options.output_format("cloudformation", "terraform", help="A template fit for a StackSet, or Terraform's JSON syntax.")
@options.output
def command(manifest: str, account: str | None, output_format: str, output: Path | None) -> int:
    """Print the manifest's groups, policies and attachments as a template that another engine rolls out.

    The template says `this account` in place of the account's id, so that one template serves many accounts. What
    depends on who is in an account (common groups, categories) is left to `policygen apply`, and said on stderr.
    """
    from policygen.deploy.accounts import chosen_accounts
    from policygen.deploy.desired import from_manifest
    from policygen.deploy.export import export, left_out
    from policygen.finding import Severity
    from policygen.manifest.model import load_manifest
    from policygen.report import Report, render

    wanted = load_manifest(manifest)
    chosen = chosen_accounts(wanted, (account,) if account else ())
    if len(chosen) > 1:
        raise click.UsageError(f"the manifest has several accounts ({', '.join(a.name for a in chosen)}); name one")
    desired, rendered = from_manifest(wanted, chosen[0])
    errors = tuple(f for result in rendered for f in result.findings if f.severity is Severity.ERROR)
    if errors:
        click.echo(render(Report(errors, {}), "text"), nl=False, err=True)
        return FOUND
    options.write_output(export(desired, output_format), output)
    for sentence in left_out(desired):
        click.echo(f"note: {sentence}", err=True)
    return OK
