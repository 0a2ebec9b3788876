"""Options that several commands share, and how their values are read."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policygen.cli import completion
from policygen.errors import PolicygenError
from policygen.finding import Severity
from policygen.policy.model import Kind

if TYPE_CHECKING:
    from policygen.audit.strategy import Category
    from policygen.finding import Finding
    from policygen.policy.source import Source
    from policygen.recipe.catalog import Recipe

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]

ACCOUNT = "123456789012"
"""The account where none is given: the one in AWS's examples."""
NEVER = "never"
"""The value of `--fail-on` for which no finding fails a run."""
POLICY_FILE = click.Path(dir_okay=False, allow_dash=True)
"""A file of policies, or `-` for stdin."""
FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def gather(parameter: str, into: type) -> Decorator:
    """Pass the options named by the fields of a dataclass to a command as one parameter."""
    names = [field.name for field in fields(into)]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def gathered(*arguments: Any, **given: Any) -> Any:
            one = into(**{name: given.pop(name) for name in names})
            return command(*arguments, **given, **{parameter: one})

        return gathered

    return decorate


def together(*decorators: Decorator) -> Decorator:
    """Combine decorators; the first is the outermost."""

    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def output_format(*formats: str, help: str = "How to print the result.") -> Decorator:  # noqa: A002
    """`--format`; the first format is the default."""
    return click.option(
        "--format", "output_format", type=click.Choice(formats), default=formats[0], show_default=True, help=help
    )


output = click.option("-o", "--output", type=FILE, help="Write to a file instead of stdout.")


def write_output(text: str, path: Path | None, mode: int = 0o644) -> None:
    """Print a text, or write it to the file of `-o` with a note on stderr."""
    if path is None:
        click.echo(text, nl=False)
        return
    from policygen.files import write_text

    write_text(path, click.unstyle(text), mode=mode)
    click.echo(f"wrote {path}", err=True)


def show_findings(findings: "Sequence[Finding]", sources: "Mapping[str, Source] | None" = None) -> None:
    """Print findings on stderr; sources by file name let them quote the text."""
    if findings:
        from policygen.report import Report, render

        click.echo(render(Report(findings, sources or {}), "text"), nl=False, err=True)


def fail_on(default: Severity | None) -> Decorator:
    """`--fail-on`, whose value `threshold` reads; None if it is not given and has no default."""
    return click.option(
        "--fail-on",
        type=click.Choice([*map(str, Severity), NEVER]),
        default=default and str(default),
        show_default=default is not None,
        help="Exit with 1 for findings of at least this severity; `never`: for none.",
    )


def threshold(fail_on: str) -> Severity | None:
    """The lowest severity that fails a run; None if none does."""
    return None if fail_on == NEVER else Severity(fail_on)


def rules(option: str, complete: completion.Complete, help: str) -> Decorator:  # noqa: A002
    """A list of rules, separated by commas or by repeating the option."""
    return click.option(option, multiple=True, metavar="RULES", callback=separated, shell_complete=complete, help=help)


def separated(_ctx: click.Context, _option: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    """The values of an option that is repeated or has several values, separated by commas."""
    return tuple(name for text in given for name in text.replace(",", " ").split())


def jobs(help: str) -> Decorator:  # noqa: A002
    """`--jobs`."""
    return click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, metavar="N", help=help)


def pair(text: str, form: str) -> tuple[str, str]:
    """The key and value of `KEY=VALUE`; raises click.BadParameter, naming the form, for anything else."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.BadParameter(f"`{text}` is not {form}")
    return key, value


def read_categories(texts: Iterable[str]) -> "tuple[Category, ...]":
    """The categories in `GROUP=PATTERN` and `GROUP`; raises click.BadParameter if the group is missing."""
    from policygen.audit.strategy import categories

    pairs = [text.partition("=") for text in texts]
    if not all(group for group, _, _ in pairs):
        raise click.BadParameter("a category is GROUP=PATTERN or GROUP; the group is missing")
    return categories((group, pattern) for group, _, pattern in pairs)


categories = click.option(
    "--category",
    "categories",
    multiple=True,
    callback=lambda _ctx, _option, given: read_categories(given),
    metavar="GROUP[=PATTERN]",
    help="A category's group, and a pattern of its user names (`svc-*`); the first match applies; repeatable.",
)


def _context(_ctx: click.Context, option: click.Parameter, given: Sequence[str]) -> dict[str, str | list[str]]:
    """The value of each key: text, or a list if it is JSON or the key is repeated."""
    context: dict[str, str | list[str]] = {}
    for text in given:
        key, value = pair(text, "KEY=VALUE, such as aws:SourceIp=203.0.113.9")
        if ":" not in key:
            raise click.BadParameter(f"`{key}` is not a condition key, such as aws:SourceIp")
        new = _list(key, value) if value.startswith("[") else value
        context[key] = [*_listed(context[key]), *_listed(new)] if key in context else new
    return context


def _list(key: str, text: str) -> list[str]:
    import json

    try:
        value: list[str] = json.loads(text)
    except ValueError:
        raise click.BadParameter(f"the value of `{key}` starts like a list but is not valid JSON") from None
    return value


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


context = click.option(
    "--context",
    multiple=True,
    metavar="KEY=VALUE",
    callback=_context,
    help="A condition key of the request, such as aws:SourceIp=ADDRESS; repeatable, also for several values of a key.",
)

_SNAPSHOT = click.Path(exists=True, path_type=Path)
_SNAPSHOT_HELP = "A folder that `policygen snapshot` wrote, or the output of `get-account-authorization-details`"
snapshot = click.option("--snapshot", type=_SNAPSHOT, help=f"{_SNAPSHOT_HELP}.")
needed_snapshot = click.option("--snapshot", type=_SNAPSHOT, required=True, help=f"{_SNAPSHOT_HELP}.")
snapshots = click.option(
    "--snapshot", "snapshots", type=_SNAPSHOT, required=True, multiple=True, help=f"{_SNAPSHOT_HELP}; repeatable."
)

boundary = click.option("--boundary", type=POLICY_FILE, help="The permissions boundary.")
scps = click.option(
    "--scp",
    "scps",
    type=POLICY_FILE,
    multiple=True,
    help="The SCPs of one level; repeat it for each level, from the root down.",
)
rcps = click.option("--rcp", "rcps", type=POLICY_FILE, multiple=True, help="The RCPs of one level, like --scp.")


def _account(_ctx: click.Context, option: click.Parameter, given: str) -> str:
    if given and not re.fullmatch(r"[0-9]{12}", given):
        raise click.BadParameter(f"`{given}` is not an account id; give 12 digits, such as `{ACCOUNT}`")
    return given


resource_account = click.option(
    "--resource-account",
    metavar="ID",
    default="",
    callback=_account,
    help="The resource's account, if not in its ARN.",
)
resource_policy = click.option(
    "--resource-policy", type=POLICY_FILE, help="The resource-based policy, such as a bucket's."
)

kind = click.option(
    "--type",
    "kind",
    type=click.Choice([kind.value for kind in Kind]),
    callback=lambda _ctx, _option, value: value and Kind(value),
    help="The kind of the policies; detected if not given.",
)

manifest = click.option("--manifest", default="policygen.toml", show_default=True, metavar="FILE", help="The manifest.")


class _Catalog(click.Path):
    """A folder, or a catalog of others."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from policygen.recipe.catalogs import is_reference

        return value if is_reference(value) else super().convert(value, param, ctx)


catalogs = click.option(
    "--catalog",
    "catalogs",
    multiple=True,
    type=_Catalog(exists=True, file_okay=False),
    help="A folder with your own recipes, package:NAME, or git+URL@COMMIT#FOLDER; repeatable.",
)

recipe = click.argument("name", shell_complete=completion.recipe)
account_id = click.option("--account", metavar="ID", help="The AWS account id, 12 digits.")
partition = click.option(
    "--partition",
    metavar="P",
    shell_complete=completion.partition,
    help="The AWS partition: aws (default), aws-cn, aws-us-gov, …",
)


@dataclass(frozen=True)
class Parameters:
    """The options that set the parameters of recipes."""

    account: str | None
    partition: str | None
    settings: tuple[str, ...]
    """`KEY=VALUE` each."""
    params: str | None
    """A file of parameters."""
    catalogs: tuple[str, ...]
    """Folders with recipes, in addition to policygen's own."""

    def of(self, recipe: "Recipe", *, without: Collection[str] = ()) -> dict[str, Any]:
        """The values for a recipe; options override the file. `without` are names of other recipes' parameters.

        Raises PolicygenError for an invalid file or setting.
        """
        from policygen.files import read_text
        from policygen.recipe.parameters import from_file, from_settings

        settings = [text for text in self.settings if text.partition("=")[0] not in without]
        values: dict[str, Any] = from_file(self.params, read_text(self.params)) if self.params else {}
        values |= from_settings(recipe.parameters, settings, f"{recipe.name}: ")
        values |= {k: v for k, v in (("account", self.account), ("partition", self.partition)) if v is not None}
        return {name: value for name, value in values.items() if name not in without}

    def of_each(self, recipes: "Mapping[str, tuple[Recipe, Sequence[str]]]") -> dict[str, dict[str, Any]]:
        """The values for several recipes, each with `KEY=VALUE` settings of its own; an option is for all that have it.

        The account is that of AWS's examples unless given. Raises PolicygenError as `of` does.
        """
        known = {parameter.name for recipe, _ in recipes.values() for parameter in recipe.parameters}
        found = {}
        for name, (recipe, settings) in recipes.items():
            foreign = known - {parameter.name for parameter in recipe.parameters}
            given = replace(self, settings=(*self.settings, *settings))
            found[name] = {"account": ACCOUNT} | given.of(recipe, without=foreign)
        return found


parameters: Decorator = together(
    account_id,
    partition,
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="Set a parameter; repeat it for a list, or use JSON.",
    ),
    click.option("--params", metavar="FILE", type=POLICY_FILE, help="A TOML or JSON file of parameters."),
    catalogs,
    gather("parameters", Parameters),
)
"""`--account`, `--partition`, `--set`, `--params` and `--catalog`, as `Parameters`."""


def complete(recipe: "Recipe", values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values unchanged; raises PolicygenError if one is missing, naming the option that sets it."""
    from policygen.recipe.parameters import missing

    for parameter in missing(recipe.parameters, values):
        option = f"--{parameter.name} ID" if parameter.name == "account" else f"--set {parameter.name}=…"
        raise PolicygenError(
            f"{recipe.name}: parameter `{parameter.name}` is missing; give {parameter.wanted}, with `{option}`"
        )
    return values
