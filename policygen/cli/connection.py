"""What the commands that talk to AWS have in common: how to reach it, what to plan, and asking before a change."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from policygen.cli import completion
from policygen.errors import PolicygenError

if TYPE_CHECKING:
    from policygen.account.live import Target

Options = tuple[str | None, str | None, str | None, str | None]
"""Profile, region, role and endpoint, as the options give them."""
F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--profile", metavar="NAME", help="The profile of the AWS configuration to use."),
    click.option("--region", metavar="REGION", help="The region; it decides the partition's IAM endpoint."),
    click.option("--role-arn", metavar="ARN", help="A role to assume first."),
    click.option("--endpoint-url", metavar="URL", help="Where IAM and STS answer, if not at AWS."),
)
_PLANNING = (
    click.option("--manifest", default="policygen.toml", show_default=True, metavar="FILE", help="The manifest."),
    click.option(
        "--account",
        "accounts",
        multiple=True,
        metavar="NAME",
        shell_complete=completion.account,
        help="Only this account; can be repeated.",
    ),
    click.option("--prune", is_flag=True, help="Also remove what policygen made and the manifest no longer wants."),
)
_AGREEING = (
    click.option("--auto-approve", is_flag=True, help="Do not ask; for pipelines."),
    click.option(
        "--accept-lockout", metavar="REASON", help="Go on although somebody would be locked out; the journal keeps why."
    ),
)
_APPLYING = (
    *_AGREEING,
    click.option(
        "--journal",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(".policygen"),
        show_default=True,
        help="The folder of journals.",
    ),
)
_CONTEXT = click.option(
    "--context", multiple=True, metavar="KEY=VALUE", help="What your requests carry, such as aws:SourceIp=ADDRESS."
)


def connection_options(command: F) -> F:
    """Give a command `--profile`, `--region`, `--role-arn` and `--endpoint-url`."""
    return _with(command, _OPTIONS)


def planning_options(command: F) -> F:
    """Give a command `--manifest`, `--account`, `--prune` and `--context`."""
    return _with(command, (*_PLANNING, _CONTEXT))


def approving_options(command: F) -> F:
    """Give a command `--auto-approve`, `--accept-lockout` and `--journal`."""
    return _with(command, _APPLYING)


def agreeing_options(command: F) -> F:
    """Give a command `--context`, `--auto-approve` and `--accept-lockout`."""
    return _with(command, (_CONTEXT, *_AGREEING))


def applying_options(command: F) -> F:
    """Give a command everything that `apply` takes beside the manifest's options, for `cli.apply.apply_recipe`."""
    return _with(command, (_CONTEXT, *_APPLYING, *_OPTIONS))


def _with(command: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def target(
    profile: str | None,
    region: str | None,
    role_arn: str | None,
    endpoint_url: str | None,
    own_profile: str | None = None,
    own_role: str | None = None,
    partition: str | None = None,
) -> "Target":
    """Where to connect to: the options win over what the manifest says of the account."""
    from policygen.account.live import Target

    return Target(profile or own_profile, region, role_arn or own_role, endpoint_url, partition)


def note(text: str) -> None:
    """Say on stderr how things go."""
    from policygen.report import printable

    click.echo(printable(text), err=True)


def read_context(settings: tuple[str, ...]) -> dict[str, str]:
    """The condition keys of `--context KEY=VALUE`."""
    pairs = [setting.partition("=") for setting in settings]
    for key, equals, _ in pairs:
        if not equals or ":" not in key:
            raise click.UsageError(f"--context `{key}` is not KEY=VALUE, such as aws:SourceIp=203.0.113.9")
    return {key: value for key, _, value in pairs}


def agreed(accounts: str) -> bool:
    """Whether the user types `yes`, and nothing else; raises PolicygenError where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise PolicygenError("stdin is no terminal, so nobody can be asked; `--auto-approve` goes on without asking")
    answer: str = click.prompt(f"Change {accounts}? Only `yes` goes on", default="no", show_default=False, err=True)
    return answer == "yes"
