"""What is written to a file is text for everybody: never the colour codes of a terminal."""

import json

import click
import pytest

from policygen.audit.example import answers
from policygen.cli import app

RECIPE = ("quarantine", "--account", "123456789012")


def commands(command=app, path=()):
    """Every command with the words by which it is called."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), (*path, name))


WRITERS = {
    path: [option for option in command.params if "-o" in option.opts]
    for path, command in commands()
    if any("-o" in option.opts for option in command.params)
}
FORMATS = [
    pytest.param(path, choice, id=" ".join((*path, choice)))
    for path, command in commands()
    if path in WRITERS and path != ("snapshot",)  # it writes what AWS answered, as JSON and nothing else
    for choice in next((p.type.choices for p in command.params if "--format" in p.opts), [""])
]


MANIFEST = '[accounts.prod]\nid = "123456789012"\n[groups.AllUsers]\nrecipes = ["self-manage"]\n'


def arguments(path, folder):
    """What makes a command write something."""
    (folder / "policygen.toml").write_text(MANIFEST)
    manifest = ("--manifest", folder / "policygen.toml")
    snapshot = folder / "snapshot"
    snapshot.mkdir()
    sketch = {"UserDetailList": [{"UserName": "alice", "AttachedManagedPolicies": ["aws:policy/ReadOnlyAccess"]}]}
    for part, answer in answers(sketch).items():
        (snapshot / f"{part}.json").write_text(json.dumps(answer))
    (folder / "policy.json").write_text('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    return {
        "audit": [snapshot],
        "lint": [folder / "policy.json"],
        "render": RECIPE,
        "schema": ("recipe",),
        "plan": (*manifest, "--snapshot", snapshot),
        "export": (*manifest, "--account", "prod"),
        "compare": ("recipe:quarantine", folder / "policy.json"),
        "prove": (folder / "policy.json", "--not-granted", "s3:*"),
    }[path[0]]


@pytest.mark.parametrize(("path", "choice"), FORMATS)
def test_a_file_never_holds_colour_codes(policygen, tmp_path, path, choice):
    given = arguments(path, tmp_path)
    target = tmp_path / "out"
    more = ("--format", choice) if choice else ()
    run = policygen("--color", "always", *path, *map(str, given), *more, "-o", target)
    assert target.is_file(), run.stderr
    assert b"\x1b" not in target.read_bytes()


def test_the_same_report_on_a_terminal_has_colours(policygen, tmp_path):
    run = policygen("--color", "always", "audit", *map(str, arguments(("audit",), tmp_path)))
    assert "\x1b[" in run.stdout
