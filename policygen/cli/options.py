"""Options that several commands share, and what they mean."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from policygen.cli import completion
from policygen.errors import PolicygenError
from policygen.finding import Severity
from policygen.policy.model import Kind, Policy

Function = TypeVar("Function", bound=Callable[..., Any])
NEVER = "never"
"""The value of `--fail-on` with which no finding fails a run."""

kind = click.option(
    "--type",
    "kind",
    type=click.Choice([kind.value for kind in Kind]),
    callback=lambda _ctx, _option, value: value and Kind(value),
    help="What the policies are; they mostly show it themselves.",
)


def fail_on(default: Severity | None) -> Callable[[Function], Function]:
    """`--fail-on`, for `threshold`; without a default it is None unless it is given."""
    return click.option(
        "--fail-on",
        type=click.Choice([*map(str, Severity), NEVER]),
        default=default and str(default),
        show_default=default is not None,
        help="Exit 1 for a finding of this severity or a worse one; 0 whatever is found with `never`.",
    )


def threshold(fail_on: str) -> Severity | None:
    """The mildest severity that fails a run; None where none does."""
    return None if fail_on == NEVER else Severity(fail_on)


catalog = click.option(
    "--catalog",
    "catalogs",
    multiple=True,
    type=click.Path(exists=True, file_okay=False),
    help="A folder with recipes of your own; repeatable.",
)

recipe = click.argument("name", shell_complete=completion.recipe)
account = click.option("--account", metavar="ID", help="The AWS account id, 12 digits.")
partition = click.option(
    "--partition",
    metavar="P",
    shell_complete=completion.partition,
    help="The AWS partition: aws (default), aws-cn, aws-us-gov, …",
)
settings = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A parameter; lists by repeating or as JSON."
)
params = click.option(
    "--params", metavar="FILE", type=click.Path(dir_okay=False, allow_dash=True), help="Parameters from TOML or JSON."
)


def parameters(function: Function) -> Function:
    """`--account`, `--partition`, `--set` and `--params`, for `given`."""
    for option in (params, settings, partition, account):
        function = option(function)
    return function


def given(
    recipe: Any, account: str | None, partition: str | None, settings: tuple[str, ...], params: str | None
) -> dict[str, Any]:
    """The parameter values that the options give for a recipe; options win over the file.

    Raises PolicygenError for a broken file or setting.
    """
    from policygen.files import read_text
    from policygen.recipe.parameters import from_file, from_settings

    values = from_file(params, read_text(params)) if params else {}
    values |= from_settings(recipe.parameters, settings, f"{recipe.name}: ")
    return values | {key: value for key, value in (("account", account), ("partition", partition)) if value is not None}


def complete(recipe: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The values, unless one is missing: then PolicygenError names the option that gives it."""
    for parameter in recipe.parameters:
        if parameter.required and parameter.name not in values:
            option = f"--{parameter.name} ID" if parameter.name == "account" else f"--set {parameter.name}=…"
            raise PolicygenError(
                f"{recipe.name}: parameter `{parameter.name}` is missing; give {parameter.wanted}, with `{option}`"
            )
    return values


def policy_file(path: str, kind: Kind | None = None) -> Policy:
    """The one policy that a file or stdin holds; raises PolicygenError where it cannot be read or holds not one."""
    from policygen.files import read_text
    from policygen.loader.documents import policies
    from policygen.policy.source import Source

    name = "<stdin>" if path == "-" else path
    found = list(policies(Source(read_text(path), name), kind))
    if len(found) != 1:
        raise PolicygenError(f"{name}: holds {len(found) or 'no'} policies; give a file with one")
    return found[0]
