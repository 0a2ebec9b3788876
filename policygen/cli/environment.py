"""Environment variables: `POLICYGEN_<COMMAND>_<OPTION>` sets an option; any other `POLICYGEN_…` is an error."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence

import click

from policygen.errors import PolicygenError, did_you_mean


class _Texts(click.types.StringParamType):
    """Strings; a variable with several lines has one on each line, otherwise spaces separate them."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        return [line.strip() for line in rv.splitlines() if line.strip()] if "\n" in rv else rv.split()


def name_variables(command: click.Command, *path: str) -> None:
    """Set the environment variable of every option of a command and its subcommands, from the option's long name.

    Click would derive it from the Python parameter, whose name often differs. `path` is the command's name, in words.
    """
    for option in command.params:
        if isinstance(option, click.Option):
            option.envvar = [_variable(*path, name) for name in option.opts if name.startswith("--")]
            if option.multiple and option.type is click.STRING:
                option.type = _Texts()
    for name, part in _commands(command):
        name_variables(part, *path, name)


def check_variables(app: click.Group, ctx: click.Context) -> None:
    """Raise PolicygenError, with a guess, for a `POLICYGEN_…` variable that is not an option of any command."""
    given = [name for name in os.environ if name.startswith(_variable(""))]
    named = [command for command in app.list_commands(ctx) if any(n.startswith(_variable(command, "")) for n in given)]
    known = {*_variables(app), *_variables_of(app, ctx, named)}  # importing every command would be slow
    for name in given:
        if name not in known:
            hint = did_you_mean(name, {*known, *_variables_of(app, ctx, app.list_commands(ctx))})
            raise PolicygenError(f"the environment variable `{name}` is not an option of any command{hint}")


def source(error: click.ClickException) -> str | None:
    """The environment variable that an invalid value comes from, None if it does not come from one."""
    option = error.param if isinstance(error, click.BadParameter) else None
    if not isinstance(option, click.Option) or any(word.startswith((*option.opts,)) for word in sys.argv[1:]):
        return None
    return next((name for name in option.envvar or () if os.environ.get(name)), None)


def _variable(*words: str) -> str:
    return "_".join(word.removeprefix("--").replace("-", "_").upper() for word in ("policygen", *words))


def _commands(command: click.Command) -> Iterable[tuple[str, click.Command]]:
    return command.commands.items() if isinstance(command, click.Group) else ()


def _variables(command: click.Command) -> Iterator[str]:
    for option in command.params:
        yield from option.envvar or ()
    for _, part in _commands(command):
        yield from _variables(part)


def _variables_of(app: click.Group, ctx: click.Context, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if command := app.get_command(ctx, name):
            yield from _variables(command)
