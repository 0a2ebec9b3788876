"""`policygen export`: the manifest for CloudFormation or Terraform."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policygen.cli import FOUND, OK, completion, options

if TYPE_CHECKING:
    from policygen.manifest.model import Account, Manifest


@click.command()
@options.manifest
@click.option(
    "--account",
    metavar="NAME|ID",
    shell_complete=completion.account,
    help="The account to export, if the manifest has several.",
)
@click.option("--organization", is_flag=True, help="Export the policies of the organization instead of an account.")
@options.output_format("cloudformation", "terraform", help="A template for a StackSet, or Terraform's JSON syntax.")
@options.output
def command(manifest: str, account: str | None, organization: bool, output_format: str, output: Path | None) -> int:
    """Print what the manifest wants as a template for another tool to deploy.

    The template of an account has its groups, roles, boundaries, policies and attachments, and refers to the account
    that it is deployed to, so that one template works for many accounts. Whatever depends on an account's users (common
    groups, categories) is left to `policygen apply` and listed on stderr. With --organization it has the SCPs and RCPs.
    """
    from policygen.deploy.desired import from_manifest
    from policygen.deploy.export import export, export_organization, left_out
    from policygen.deploy.organization import organization_policies
    from policygen.deploy.record import Owned
    from policygen.manifest.model import load_manifest

    wanted = load_manifest(manifest)
    if organization:
        if account or not wanted.units:
            why = "is for the organization, not for an account" if account else "needs `scps` or `rcps` in the manifest"
            raise click.UsageError(f"--organization {why}")
        policies, rendered = organization_policies(wanted)
        text, notes = export_organization(policies, output_format), []
    else:
        desired, rendered = from_manifest(wanted, _account(wanted, account), Owned())
        text, notes = export(desired, output_format), left_out(desired)
        if wanted.units:
            notes.append("the policies of the organization are left out; `--organization` exports them")
    if any(not result.ok for result in rendered):
        options.show_findings([finding for result in rendered for finding in result.findings])
        return FOUND
    options.write_output(text, output)
    for sentence in notes:
        click.echo(f"note: {sentence}", err=True)
    return OK


def _account(manifest: "Manifest", name: str | None) -> "Account":
    from policygen.deploy.accounts import chosen_accounts

    chosen = chosen_accounts(manifest, (name,) if name else ())
    if not chosen:
        raise click.UsageError("the manifest has no accounts; --organization exports the policies of the organization")
    if len(chosen) > 1:
        raise click.UsageError(f"the manifest has several accounts ({', '.join(a.name for a in chosen)}); name one")
    return chosen[0]
