"""The options with which a command is told how to reach AWS."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--profile", metavar="NAME", help="The profile of the AWS configuration to use."),
    click.option("--region", metavar="REGION", help="The region; it decides the partition's IAM endpoint."),
    click.option("--role-arn", metavar="ARN", help="A role to assume first."),
    click.option("--endpoint-url", metavar="URL", help="Where IAM and STS answer, if not at AWS."),
)


def connection_options(command: F) -> F:
    """Give a command `--profile`, `--region`, `--role-arn` and `--endpoint-url`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
