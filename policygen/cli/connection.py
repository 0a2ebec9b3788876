"""What the commands that talk to AWS have in common: how to reach it, what to plan, and asking before a change."""

import sys
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

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
        return command(**others, target=Target(profile, region, role_arn, endpoint_url))

    return together(
        click.option("--profile", metavar="NAME", help="The profile of the AWS configuration to use."),
        click.option("--region", metavar="REGION", help="The region; it decides the partition's IAM endpoint."),
        click.option("--role-arn", metavar="ARN", help="A role to assume first."),
        click.option("--endpoint-url", metavar="URL", help="The URL of IAM and STS, if they are not at AWS."),
    )(called)


@dataclass(frozen=True)
class Planning:
    """What is planned: accounts of a manifest, reached by the target."""

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
        help="Only this account; can be repeated.",
    ),
    click.option("--prune", is_flag=True, help="Also remove what policygen made and the manifest no longer wants."),
    options.context,
    target,
    gather("planning", Planning),
)


@dataclass(frozen=True)
class Approval:
    """How a change is agreed to."""

    auto_approve: bool
    accept_lockout: str
    """Why the change is made although it locks somebody out, "" where it is not."""

    def ask(self, accounts: str) -> bool:
        """Whether the user agrees; raises PolicygenError where nobody can be asked."""
        if self.auto_approve:
            return True
        if not sys.stdin.isatty():
            raise PolicygenError(
                "stdin is not a terminal, so nobody can be asked; `--auto-approve` goes on without asking"
            )
        answer: str = click.prompt(f"Change {accounts}? Only `yes` goes on", default="no", show_default=False, err=True)
        return answer == "yes"


approval: Decorator = together(
    click.option("--auto-approve", is_flag=True, help="Do not ask; for pipelines."),
    click.option(
        "--accept-lockout",
        metavar="REASON",
        default="",
        help="Go on although somebody would be locked out; the journal keeps why.",
    ),
    gather("approval", Approval),
)
journal = click.option(
    "--journal",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".policygen"),
    show_default=True,
    help="The folder of journals.",
)


def note(text: str) -> None:
    """Say on stderr how things go."""
    from policygen.report import printable

    click.echo(printable(text), err=True)
