"""Every option of every command can come from the environment, by its long name, and nothing else can."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from policygen.cli import app

POLICY = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


def commands(
    command: click.Command = app, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words by which it is called."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), (*path, name))


OPTIONS = [
    pytest.param(path, command, option, id=" ".join((*path, option.opts[-1])))
    for path, command in commands()
    for option in command.params
    if isinstance(option, click.Option) and option.expose_value
]


def variable(*words: str) -> str:
    return "_".join(("POLICYGEN", *(word.strip("-").replace("-", "_").upper() for word in words)))


def values(option: click.Option, folder: Path) -> list[str]:
    """Two values that the option takes, none of them its default."""
    if isinstance(option.type, click.Choice):
        return [choice for choice in map(str, option.type.choices) if choice != str(option.default)][:2]
    if isinstance(option.type, click.Path):
        kind = "folder" if option.type.dir_okay and not option.type.file_okay else "file"
        paths = [folder / f"{kind}1", folder / f"{kind}2"]
        for path in paths:
            path.mkdir(exist_ok=True) if kind == "folder" else path.write_text("{}")
        return [*map(str, paths)]
    if isinstance(option.type, click.IntRange):
        return ["7", "8"]
    return [
        "aws:admins=warning",
        "aws:people=error",
    ]  # also a name, a reason, KEY=VALUE, GROUP=PATTERN and RULE=SEVERITY


def parsed(command: click.Command, arguments: list[str]) -> dict[str, object]:
    return command.make_context("policygen", arguments, resilient_parsing=True).params


@pytest.mark.parametrize(("path", "command", "option"), OPTIONS)
def test_a_variable_says_what_the_option_says(path, command, option, tmp_path, monkeypatch):
    long = max((name for name in option.opts if name.startswith("--")), key=len)
    given = ["1"] if option.is_flag else values(option, tmp_path)[: 2 if option.multiple else 1]
    words = [long] if option.is_flag else [word for value in given for word in (long, value)]
    wanted = parsed(command, words)
    separator = os.pathsep if isinstance(option.type, click.Path) else " "
    monkeypatch.setenv(variable(*path, long), separator.join(given))
    assert parsed(command, []) == wanted
    monkeypatch.delenv(variable(*path, long))
    assert parsed(command, []) != wanted


def test_a_flag_can_be_switched_off(monkeypatch):
    command = dict(commands())[("init",)]
    monkeypatch.setenv("POLICYGEN_INIT_ENFORCE_MFA", "0")
    assert parsed(command, [])["enforce_mfa"] is False


def test_a_list_whose_values_have_spaces_is_written_one_a_line(monkeypatch):
    command = dict(commands())[("render",)]
    monkeypatch.setenv("POLICYGEN_RENDER_SET", 'title=two words\nactions=["a:B", "c:D"]\n')
    assert parsed(command, [])["settings"] == ("title=two words", 'actions=["a:B", "c:D"]')


def test_the_command_line_wins_over_the_environment(policygen, monkeypatch):
    monkeypatch.setenv("POLICYGEN_LINT_FORMAT", "sarif")
    monkeypatch.setenv("POLICYGEN_LINT_SELECT", "no-such-rule")
    run = policygen("lint", "-", "--format", "json", "--select", "full-access", stdin=POLICY)
    assert {finding["rule"] for finding in json.loads(run.stdout)["findings"]} == {"full-access"}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("POLICYGEN_LINT_FORM", "did you mean `POLICYGEN_LINT_FOR`?"),
        ("POLICYGEN_APLY_ACCOUNT", "did you mean `POLICYGEN_APPLY_ACCOUNT`?"),
        ("POLICYGEN_RENDER_SETTINGS", "`POLICYGEN_RENDER_SETTINGS` is not an option of any command; did you mean"),
        ("POLICYGEN_NEW_RECIPE_FORM", "did you mean `POLICYGEN_NEW_RECIPE_FROM`?"),
        ("POLICYGEN_COLOUR", "did you mean `POLICYGEN_COLOR`?"),
        ("POLICYGEN_LINT", "`POLICYGEN_LINT` is not an option of any command"),
    ],
)  # fmt: skip
def test_a_variable_that_names_nothing_is_refused_with_a_guess(policygen, monkeypatch, name, sentence):
    monkeypatch.setenv(name, "x")
    code, stdout, stderr = policygen("lint", "-", stdin=POLICY)
    assert (code, stdout, stderr.count("\n")) == (2, "", 1)
    assert sentence in stderr


def test_variables_of_other_commands_and_of_other_programs_are_left_alone(policygen, monkeypatch):
    for name in ("POLICYGEN_APPLY_ACCOUNT", "POLICYGEN_NEW_RECIPE_FROM", "MY_POLICYGEN_LINT_FORM", "POLICYGENERATOR"):
        monkeypatch.setenv(name, "x")
    assert policygen("list").code == 0


def test_a_wrong_value_is_said_of_the_variable_that_holds_it(policygen, monkeypatch):
    monkeypatch.setenv("POLICYGEN_LINT_FORMAT", "yaml")
    code, _, stderr = policygen("lint", "-", stdin=POLICY)
    assert (code, stderr.partition(" is not one of")[0]) == (
        2,
        "policygen: invalid value for `POLICYGEN_LINT_FORMAT`: `yaml`",
    )
    assert "invalid value for `--format`" in policygen("lint", "-", "--format", "yaml", stdin=POLICY).stderr
