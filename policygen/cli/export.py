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
    help="The account to export, if the manifest has several.",
)
@options.output_format("cloudformation", "terraform", help="A template for a StackSet, or Terraform's JSON syntax.")
@options.output
def command(manifest: str, account: str | None, output_format: str, output: Path | None) -> int:
    """Print the manifest's groups, policies and attachments as a template for another tool to deploy.

    The template refers to the account that it is deployed to, so that one template works for many accounts. Whatever
    depends on an account's users (common groups, categories) is left to `policygen apply` and listed on stderr.
    """
    from policygen.deploy.accounts import chosen_accounts
    from policygen.deploy.desired import from_manifest
    from policygen.deploy.export import export, left_out
    from policygen.deploy.record import Owned
    from policygen.finding import Severity
    from policygen.manifest.model import load_manifest

    wanted = load_manifest(manifest)
    chosen = chosen_accounts(wanted, (account,) if account else ())
    if len(chosen) > 1:
        raise click.UsageError(f"the manifest has several accounts ({', '.join(a.name for a in chosen)}); name one")
    desired, rendered = from_manifest(wanted, chosen[0], Owned())
    errors = tuple(f for result in rendered for f in result.findings if f.severity is Severity.ERROR)
    if errors:
        options.show_findings(errors)
        return FOUND
    options.write_output(export(desired, output_format), output)
    for sentence in left_out(desired):
        click.echo(f"note: {sentence}", err=True)
    return OK
