"""What holds for every command: help, versions, exit codes, colour, imports."""

import json
import os
import re
import subprocess
import sys

import pytest

from policygen import __version__
from policygen.cli import COMMANDS

LIBRARIES = {"jinja2", "jsonschema", "rich", "boto3", "botocore", "policyuniverse", "tomllib"}
LAYERS = {f"policygen.{name}" for name in ("report", "audit", "account.model", "manifest", "recipe", "evaluate")}
FORMATS = {"yaml", "hcl2", "lark", "pygls", "lsprotocol", "policygen.loader.yaml_text", "policygen.loader.hcl"}
HEAVY = LIBRARIES | LAYERS | FORMATS | {"policygen.lint.rules"}


def loaded(*arguments: str) -> set[str]:
    code = (
        "import sys; from policygen.cli import main; sys.argv[0] = 'policygen'\n"
        "try: main()\n"
        "except SystemExit: print(*sorted(sys.modules), file=sys.stderr)"
    )
    # coverage would load modules of its own
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    command = [sys.executable, "-c", code, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return set(run.stderr.split())


def test_the_version_says_how_old_the_data_is(policygen):
    code, stdout, _ = policygen("--version")
    assert code == 0
    assert re.fullmatch(rf"policygen {__version__} \(AWS service data of 20\d\d-\d\d-\d\d\)\n", stdout)


def test_python_m_policygen_works_too():
    run = subprocess.run([sys.executable, "-m", "policygen", "--version"], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("policygen ")


def test_what_a_process_wrote_arrives_whole_with_its_exit_code(tmp_path):
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"] * 2000, "Resource": "arn:aws:s3:::app/*"}
    (tmp_path / "policy.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    program = [sys.executable, "-m", "policygen", "lint", "--format", "json", "policy.json"]
    run = subprocess.run(program, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert run.returncode == 1
    assert len(json.loads(run.stdout)["findings"]) >= 1999
    wrong = subprocess.run([*program, "nosuch.json"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert wrong.returncode == 2
    assert wrong.stderr == "policygen: nosuch.json: cannot be read: no such file or directory\n"


def test_help_calls_the_program_by_its_name_however_it_was_started(policygen, monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__package__", "pytest", raising=False)
    assert policygen("lint", "--help").stdout.startswith("Usage: policygen lint ")


def test_help_names_every_command_and_the_exit_codes(policygen):
    stdout = policygen("--help").stdout
    for command in COMMANDS:
        assert re.search(rf"^  {command} +\S", stdout, re.MULTILINE)
    assert "Exit codes: 0 clean" in stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_every_option_has_help(policygen, command):
    stdout = policygen(command, "--help").stdout
    assert stdout.startswith("Usage: policygen")
    options = re.findall(r"^  (-\S.*?)(?:  +|$)(.*(?:\n {8,}.*)?)", stdout, re.MULTILINE)
    assert options
    assert all(text.strip() for _, text in options), options


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rendr"], "no such command `rendr`; did you mean `render`?"),
        (["lnit"], "no such command `lnit`; did you mean `lint`?"),
        (["render"], "missing argument `NAME`; see `policygen render --help`"),
        (["list", "--format", "yaml"], "invalid value for `--format`: `yaml` is not one of `text`, `json`"),
        (["--colour"], "no such option `--colour`; did you mean `--color`?"),
    ],
)
def test_a_mistyped_command_line_gets_one_sentence(policygen, arguments, sentence):
    code, stdout, stderr = policygen(*arguments)
    assert (code, stdout) == (2, "")
    assert stderr.startswith(f"policygen: {sentence}")
    assert stderr.count("\n") == 1


def test_no_command_at_all_shows_the_help_and_fails(policygen):
    code, stdout, stderr = policygen()
    assert code == 2
    assert "Usage:" in stdout + stderr


def test_a_closed_stdout_ends_without_a_traceback():
    command = f"{sys.executable} -m policygen show self-manage | head -c 1"
    run = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True)
    assert "Traceback" not in run.stderr
    assert run.stderr.count("\n") <= 1


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk_gets_one_sentence():
    command = f"{sys.executable} -m policygen list > /dev/full"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr == "policygen: stdout: no space left on device\n"


def test_version_and_help_load_nothing_heavy():
    assert not loaded("--version") & HEAVY
    assert not loaded("--help") & HEAVY


def test_render_loads_what_it_needs_and_nothing_more():
    modules = loaded("render", "quarantine", "--account", "123456789012")
    assert modules & HEAVY == {"jinja2", "jsonschema", "tomllib", "policygen.recipe", "policygen.lint.rules"}


def test_lint_loads_what_it_needs_and_nothing_more(tmp_path):
    policy = {"Sid": "A", "Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": policy}))
    (tmp_path / "values.yaml").write_text("replicas: 2\n")  # cannot contain a policy, so it is not parsed
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "reports" {}\n')
    needed = {"tomllib", "policygen.report", "policygen.lint.rules"}
    assert loaded("lint", str(file)) & HEAVY == needed
    assert loaded("lint", str(tmp_path)) & HEAVY == needed


def test_each_format_loads_its_own_library_alone(tmp_path):
    (tmp_path / "policy.yaml").write_text("Statement: []\n")
    (tmp_path / "main.tf").write_text('locals {\n  policy = ""\n}\n')
    assert loaded("lint", str(tmp_path / "policy.yaml")) & FORMATS == {"yaml", "policygen.loader.yaml_text"}
    assert loaded("lint", str(tmp_path / "main.tf")) & FORMATS == {"hcl2", "lark", "policygen.loader.hcl"}


def test_a_message_shows_codes_for_a_terminal_and_does_not_send_them(policygen):
    assert policygen("show", "\a\x1b[2Jx").stderr.startswith("policygen: there is no recipe `\\x07\\x1b[2Jx`")


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("policygen ren", ["plain,render"]),
        ("policygen show enforce-mfa", ["plain,enforce-mfa", "plain,enforce-mfa-strict"]),
        ("policygen explain dead-w", ["plain,dead-wildcard"]),
        ("policygen list --type b", ["plain,boundary"]),
        ("policygen lint pol", ["file,pol"]),
        ("policygen lint --select dead-w", ["plain,dead-wildcard"]),
        ("policygen audit --ignore password-too", ["plain,password-too-short"]),
        ("policygen simulate --recipe enforce-mfa-", ["plain,enforce-mfa-strict"]),
        ("policygen render quarantine --partition aws-c", ["plain,aws-cn"]),
        ("policygen schema pla", ["plain,plan"]),
        ("policygen plan --account st", ["plain,staging"]),
        ("policygen apply --account st", ["plain,staging"]),
        ("policygen export --manifest policygen.toml --account st", ["plain,staging"]),
        ("policygen plan --manifest absent.toml --account st", [""]),
    ],
)
def test_a_shell_completes_all_that_can_be_listed(words, completed, tmp_path):
    accounts = '[accounts.prod]\nid = "123456789012"\n[accounts.staging]\nid = "111122223333"\n'
    groups = '[groups.AllUsers]\nrecipes = ["enforce-tls"]\n'
    (tmp_path / "policygen.toml").write_text(accounts + groups)
    count = len(words.split()) - 1
    environment = {**os.environ, "_POLICYGEN_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(count)}
    program = [sys.executable, "-c", "import sys; sys.argv[0] = 'policygen'; from policygen.cli import main; main()"]
    run = subprocess.run(program, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert run.stdout.splitlines() == completed


@pytest.mark.parametrize("command", ["build", "plan", "apply", "export"])
def test_without_a_manifest_the_command_that_writes_one_is_named(policygen, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    code, _, stderr = policygen(command)
    assert code == 2
    assert "policygen.toml: the manifest does not exist; `policygen init` writes one" in stderr
