"""Several reports of one run: `--format` repeated, each with its `-o`."""

import json

import pytest

from policygen.audit.example import answers

ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
SKETCH = {"UserDetailList": [{"UserName": "alice", "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": ADMIN}]}]}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.json").write_text(json.dumps(ADMIN))
    (tmp_path / "snapshot").mkdir()
    for part, answer in answers(SKETCH).items():
        (tmp_path / "snapshot" / f"{part}.json").write_text(json.dumps(answer))
    return tmp_path


@pytest.mark.parametrize("command", [("lint", "policy.json"), ("audit", "snapshot")])
def test_one_run_prints_annotations_and_writes_files(policygen, here, command):
    run = policygen(*command, "--format", "github", "--format", "sarif", "-o", "a.sarif", "--format=json", "-ob.json")
    assert run.code == 1
    assert run.stdout.startswith("::")
    assert json.loads((here / "a.sarif").read_text())["version"] == "2.1.0"
    assert json.loads((here / "b.json").read_text())["findings"]
    assert run.stderr == "wrote a.sarif\nwrote b.json\n"


def test_a_file_belongs_to_the_format_before_it_with_other_options_between(policygen, here):
    options = ("--format", "csv", "--fail-on", "never", "-o", "a.csv", "--format", "github")
    run = policygen("lint", *options, "policy.json")
    assert run.code == 0
    assert run.stdout.startswith("::")
    assert (here / "a.csv").read_text().startswith("file,line")


def test_a_single_format_may_follow_its_file(policygen, here):
    assert policygen("lint", "policy.json", "-o", "a.csv", "--format", "csv").stdout == ""
    assert (here / "a.csv").read_text().startswith("file,line")


def test_the_environment_may_name_the_format_and_the_file(policygen, here, monkeypatch):
    monkeypatch.setenv("POLICYGEN_LINT_FORMAT", "csv")
    monkeypatch.setenv("POLICYGEN_LINT_OUTPUT", "a.csv")
    assert policygen("lint", "policy.json").stdout == ""
    assert (here / "a.csv").read_text().startswith("file,line")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "json", "--format", "csv"), "only one report can go to stdout"),
        (("--format", "json", "--format", "csv", "--format", "text", "-o", "a"), "only one report can go to stdout"),
        (("-o", "a", "--format", "json", "--format", "csv"), "write each `-o FILE` after its `--format`"),
        (("--format", "json", "-o", "a", "-o", "b"), "write each `-o FILE` after its `--format`"),
        (("-o", "a", "-o", "b"), "write each `-o FILE` after its `--format`"),
        (("--format", "json", "-o", "a", "--format", "csv", "-o", "a"), "two reports cannot go to the same file"),
        (("--format", "text", "--format", "json", "-o", "a", "--statistics"), "--statistics prints text"),
    ],
)
def test_what_is_unclear_is_a_usage_error_and_nothing_is_written(policygen, here, options, said):
    run = policygen("lint", "policy.json", *options)
    assert (run.code, run.stdout) == (2, "")
    assert said in run.stderr
    assert not (here / "a").exists()


@pytest.mark.parametrize(("formats", "code"), [("json", 1), ("json csv", 2)])
def test_formats_of_the_environment_follow_the_same_rules(policygen, monkeypatch, formats, code):
    monkeypatch.setenv("POLICYGEN_LINT_FORMAT", formats)
    assert policygen("lint", "policy.json").code == code
