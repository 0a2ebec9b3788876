"""Every format, for policies and for accounts, through the real command line."""

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft4Validator, Draft202012Validator

from policygen.audit.example import answers
from policygen.report import FORMATS

REPOSITORY = Path(__file__).parents[2]
SARIF = json.loads((REPOSITORY / "tests/report/sarif-schema-2.1.0.json").read_text())
FINDINGS = json.loads((REPOSITORY / "schemas/findings.schema.json").read_text())
ADMIN = {"Effect": "Allow", "Action": "*", "Resource": "*"}
RULE = {"lint": "pass-role-with-star-in-action-and-resource", "audit": "user-with-inline-policy"}
NAMED = {"lint": "policy.json", "audit": "alice"}
SUBJECTS = ("lint", "audit")


@pytest.fixture
def run(policygen, tmp_path):
    """Run `lint` or `audit` on something with one finding of RULE, or on something without findings."""

    def run(command, *options, fine=False):
        folder = tmp_path / command
        folder.mkdir(exist_ok=True)
        rules = ("--select", RULE[command])
        document = {"Version": "2012-10-17", "Statement": [{**ADMIN, "Effect": "Deny"} if fine else ADMIN]}
        if command == "lint":
            (folder / "policy.json").write_text(json.dumps(document), encoding="utf-8")
        else:
            inline = [] if fine else [{"PolicyName": "p", "PolicyDocument": document}]
            sketch = {"UserDetailList": [{"UserName": "alice", "UserPolicyList": inline}]}
            for part, answer in answers(sketch).items():
                (folder / f"{part}.json").write_text(json.dumps(answer), encoding="utf-8")
        return policygen(command, str(folder), *rules, *options)

    return run


@pytest.mark.parametrize("command", SUBJECTS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_what_was_found_and_where(run, command, form):
    result = run(command, "--format", form)
    assert result.code == 1, result.stderr
    assert RULE[command] in result.stdout
    assert NAMED[command] in result.stdout
    assert result.stdout.endswith("\n")


@pytest.mark.parametrize("command", SUBJECTS)
@pytest.mark.parametrize("form", FORMATS)
def test_the_exit_code_is_the_same_for_every_format(run, command, form):
    assert run(command, "--format", form, fine=True).code == 0
    assert run(command, "--format", form, "--fail-on", "error").code == 0
    assert run(command, "--format", form, "--fail-on", "suggestion").code == 1


@pytest.mark.parametrize("command", SUBJECTS)
def test_programs_can_read_what_is_for_them(run, command):
    def shown(form):
        return run(command, "--format", form).stdout

    data = json.loads(shown("json"))
    Draft202012Validator(FINDINGS).validate(data)
    (found,) = data["findings"]
    assert ("entity" in found) == (command == "audit")
    log = json.loads(shown("sarif"))
    Draft4Validator(SARIF).validate(log)
    (result,) = log["runs"][0]["results"]
    assert result["message"]["text"] == found["message"]
    (row,) = csv.DictReader(io.StringIO(shown("csv")))
    assert (row["rule"], row["message"]) == (found["rule"], found["message"])
    suites = ET.fromstring(shown("junit").encode())
    assert suites.get("failures") == "1"
    failure = suites.find("testsuite/testcase/failure")
    assert failure.get("message") == found["message"]
    marked = {line[2:].removesuffix("  # destructive") for line in failure.text.splitlines() if "# destructive" in line}
    assert marked == set(found.get("destructive", ()))


def test_an_account_is_a_suite_and_what_is_unknown_is_skipped(run):
    suites = ET.fromstring(run("audit", "--select", "user-without-mfa", "--format", "junit").stdout.encode())
    (suite,) = suites
    assert suite.attrib == {"name": "123456789012", "tests": "2", "failures": "1", "errors": "0", "skipped": "1"}
    assert suite.find("testcase/skipped").get("message") == "the snapshot has no credential report"
    assert not any(case.get("file") for case in suite)


def test_an_annotation_about_an_entity_names_no_file(run):
    first, last = run("audit", "--format", "github").stdout.splitlines()
    assert first.startswith("::warning title=user-with-inline-policy::123456789012 user/alice: ")
    assert last.startswith("1 failure in 1 account")


def test_an_entity_is_a_logical_location(run):
    log = json.loads(run("audit", "--format", "sarif").stdout)
    (place,) = log["runs"][0]["results"][0]["locations"]
    assert place["logicalLocations"] == [
        {"name": "alice", "fullyQualifiedName": "arn:aws:iam::123456789012:user/alice", "kind": "user"}
    ]


def test_a_page_about_policies_has_a_card_for_each(run):
    page = run("lint", "--format", "html").stdout
    assert page.count('<article class="card') == 1
    assert '<span class="place">1:' in page
    assert "<span>Access analyzer</span>" in page
    assert "Why it matters" in page


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_file_name_and_a_sid_bring_no_markup_of_their_own(policygen, tmp_path, form):
    name, sid = "<img src=x>|`[a](b).json", "</script><b>|`"
    document = {"Version": "2012-10-17", "Statement": [{"Sid": sid, **ADMIN}]}
    (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    result = policygen("lint", str(tmp_path), "--format", form)
    assert result.code == 1
    assert "unsupported-sid" in result.stdout
    assert "<img" not in result.stdout
    assert "<b>|" not in result.stdout


@pytest.mark.parametrize("command", SUBJECTS)
def test_a_report_can_be_written_to_a_file(run, command, tmp_path):
    printed = run(command, "--format", "csv").stdout
    result = run(command, "--format", "csv", "-o", tmp_path / "report.csv")
    assert (result.code, result.stdout) == (1, "")
    assert (tmp_path / "report.csv").read_bytes().decode() == printed
