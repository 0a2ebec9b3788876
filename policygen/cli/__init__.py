"""The command line: each command is a module that parses options, calls one function, prints and exits."""

import gc
import os
import sys
from importlib import import_module
from keyword import iskeyword
from typing import NoReturn

import click

from policygen import __version__
from policygen.cli.environment import check_variables, name_variables, source
from policygen.errors import PolicygenError, did_you_mean

OK, FOUND, FAILED = 0, 1, 2
"""The exit codes of every command: clean · findings, stale files, failed cases, drift, a no · any error."""

GROUPS = {
    "Write": {
        "list": "List the recipes of the catalog.",
        "show": "Show one recipe: parameters, statements, size, sources.",
        "render": "Print the policy of a recipe for an account.",
        "test": "Run the cases of recipes; find mutants that no case catches.",
        "new": "Scaffold a recipe or a rule.",
    },
    "Check": {
        "lint": "Find problems in policies: files, folders or stdin.",
        "explain": "Explain one rule, or list the rules.",
        "simulate": "Decide whether policies allow a request, and explain why.",
        "lsp": "Serve an editor: diagnostics, hover, completion, fixes.",
        "compare": "Show what a new policy allows that the old one does not.",
        "prove": "Prove that policies do not grant an action, or are not public.",
    },
    "Deliver": {
        "init": "Ask a few questions and write policygen.toml.",
        "build": "Write every policy of the manifest into the repository.",
        "plan": "Show what would change in accounts to match the manifest.",
        "apply": "Change accounts to match the manifest, after asking.",
        "rollback": "Undo an apply, from its journal.",
        "history": "List the runs that changed accounts.",
        "import": "Take over what an account already has as declared.",
        "export": "Print the manifest for CloudFormation or Terraform.",
    },
    "Account": {
        "snapshot": "Read an AWS account into files.",
        "audit": "Check an account against the strategy.",
        "who": "List who can perform an action, and in which way.",
        "can": "List what a user, group or role can do.",
    },
    "Reference": {
        "schema": "Print the JSON schemas of policygen's files, for editors.",
    },
}
"""The commands and their one-line help, in the order of `--help`; each is `command` in the module of its name."""
COMMANDS = [name for group in GROUPS.values() for name in group]


class _Commands(click.Group):
    """Imports the module of a command only when it is used, which keeps every command fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return COMMANDS

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS))  # so that all groups line up
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:{width}}", line) for name, line in group.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"policygen.cli.{module}").command
        name_variables(command, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise click.UsageError(f"no such command `{args[0]}`{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from policygen.reference.services import data_date

    click.echo(f"policygen {__version__} (AWS service data of {data_date()})")
    ctx.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 clean or nothing to do; 1 findings, stale files, failed cases, drift, or you answered no; "
    "2 a usage, input, AWS or internal error.\n\n"
    "Environment: POLICYGEN_<COMMAND>_<OPTION> sets an option by its long name, such as POLICYGEN_LINT_FORMAT=json; 1 "
    "or 0 for a flag. Separate several values with spaces or line breaks, and several paths as in PATH.",
)
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colour.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@click.pass_context
def app(ctx: click.Context, color: str) -> None:
    """Render, lint, prove and apply IAM policies from a catalog of recipes, and audit AWS accounts."""
    ctx.color = _color(color)
    check_variables(app, ctx)


name_variables(app)


def main() -> NoReturn:
    """Run the command line; report any error as one sentence and exit with 2."""
    # a run is short and creates few reference cycles; collecting after every 700 objects took a fifth of its time
    gc.set_threshold(100_000, 20, 20)
    try:
        code = app(standalone_mode=False, prog_name="policygen")
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else OK)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
    except click.ClickException as error:
        _say(_sentence(error))
    except PolicygenError as error:
        _say(str(error))
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted")
    except BrokenPipeError:
        # Python flushes stdout again at exit and would report the error a second time
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _say("stdout was closed before everything was written")
    except OSError as error:
        _say(f"{error.filename or 'stdout'}: {(error.strerror or str(error)).lower()}")
    except Exception:
        import traceback

        traceback.print_exc()
        _say("this is a bug in policygen, not in your input; please report it with the lines above")
    sys.exit(FAILED)


def _color(wanted: str) -> bool | None:
    """None lets click check whether the stream is a terminal (no-color.org, force-color.org)."""
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None


def _sentence(error: click.ClickException) -> str:
    """Click's message in the style of ours, with a pointer to the help."""
    if isinstance(error, click.NoSuchOption):
        message = f"no such option `{error.option_name}`{did_you_mean(error.option_name, error.possibilities or ())}"
    else:
        if isinstance(error, click.BadParameter) and (variable := source(error)):
            error.param_hint = f"`{variable}`"
        message = error.format_message().rstrip(".").replace("'", "`")
    context = error.ctx if isinstance(error, click.UsageError) and not message.endswith("?") else None
    hint = f"; see `{context.command_path} --help`" if context else ""
    return f"{message[:1].lower()}{message[1:]}{hint}"


def _say(sentence: str) -> None:
    from policygen.report import printable

    click.echo(f"policygen: {printable(sentence)}", err=True)
