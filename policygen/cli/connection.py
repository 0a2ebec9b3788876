"""What the commands that call AWS share: how to reach it, what to plan, and asking before a change."""

import sys
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from policygen.account.credentials import MfaSessions
from policygen.account.target import Target
from policygen.cli import completion, options
from policygen.cli.options import Command, Decorator, gather, together
from policygen.errors import PolicygenError


def target(command: Command) -> Command:
    """Give a command `--profile`, `--region`, `--role-arn` and `--endpoint-url` as a `Target`."""

    @wraps(command)
    def called(
        profile: str | None, region: str | None, role_arn: str | None, endpoint_url: str | None, **others: Any
    ) -> Any:
        return command(
            **others, target=Target(profile=profile, region=region, role_arn=role_arn, endpoint_url=endpoint_url)
        )

    return together(
        click.option("--profile", metavar="NAME", help="The profile in your AWS configuration."),
        click.option("--region", metavar="REGION", help="The region, which selects the partition's IAM endpoint."),
        click.option("--role-arn", metavar="ARN", help="A role to assume first."),
        click.option("--endpoint-url", metavar="URL", help="The URL of IAM and STS, if not AWS's own."),
    )(called)


@dataclass(frozen=True)
class Planning:
    """What to plan, and how to reach the accounts."""

    manifest: str
    accounts: tuple[str, ...]
    prune: bool
    context: dict[str, Any]
    target: Target


planning: Decorator = together(
    options.manifest,
    click.option(
        "--account",
        "accounts",
        multiple=True,
        metavar="NAME|ID",
        shell_complete=completion.account,
        help="Only this account; repeatable.",
    ),
    click.option("--prune", is_flag=True, help="Also remove what policygen created and the manifest no longer has."),
    options.context,
    target,
    gather("planning", Planning),
)


@dataclass(frozen=True)
class Approval:
    """How the user agrees to a change."""

    auto_approve: bool
    accept_lockout: str
    """Why to continue although somebody would be locked out; "" to stop instead."""

    def ask(self, accounts: str) -> bool:
        """Whether the user agrees; raises PolicygenError if stdin is not a terminal."""
        if self.auto_approve:
            return True
        if not sys.stdin.isatty():
            raise PolicygenError("stdin is not a terminal, so nobody can be asked; `--auto-approve` does not ask")
        answer: str = click.prompt(
            f"Change {accounts}? Enter `yes` to continue", default="no", show_default=False, err=True
        )
        return answer == "yes"


approval: Decorator = together(
    click.option("--auto-approve", is_flag=True, help="Do not ask; for pipelines."),
    click.option(
        "--accept-lockout",
        metavar="REASON",
        default="",
        help="Continue although somebody would be locked out; the journal records why.",
    ),
    gather("approval", Approval),
)
journal = click.option(
    "--journal",
    type=options.FOLDER,
    default=Path(".policygen"),
    show_default=True,
    help="The folder for journals.",
)


def note(text: str) -> None:
    """Print a note on stderr."""
    from policygen.report import printable

    click.echo(printable(text), err=True)


def mfa_sessions() -> MfaSessions:
    """Sessions with MFA, which ask for the code of a device at the terminal."""
    return MfaSessions(_ask) if sys.stdin.isatty() else MfaSessions()


def _ask(device: str) -> str:
    code: str = click.prompt(f"Code of the MFA device {device}", err=True, hide_input=True)
    return code
