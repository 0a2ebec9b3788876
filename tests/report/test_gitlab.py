"""GitLab's Code Quality report: the fields that GitLab requires, and nothing that it does not know."""

import json
from dataclasses import replace

import pytest

from policygen.finding import Entity, Finding, Result, Severity
from policygen.report import Report, render


def entries(report):
    return json.loads(render(report, "gitlab"))


def test_a_finding_is_an_entry_with_the_fields_that_gitlab_requires(report):
    whole, star = entries(report)
    assert star == {
        "description": "`*` is every bucket",
        "check_name": "star",
        "fingerprint": star["fingerprint"],
        "severity": "blocker",
        "location": {"path": "policies/all.json", "lines": {"begin": 4}},
    }
    assert whole["severity"] == "major"
    assert star["fingerprint"] != whole["fingerprint"]


def test_a_clean_run_is_an_empty_list():
    assert entries(Report([])) == []


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_is_one_that_gitlab_knows(severity):
    [entry] = entries(Report([Finding("r", severity, "m")]))
    assert entry["severity"] in ("minor", "major", "critical", "blocker")
    assert entry["location"]["lines"]["begin"] == 1


def test_what_is_unknown_about_an_account_is_only_information():
    about = Finding("r", Severity.ERROR, "no report", account="1" * 12, entity=Entity("user", "alice"))
    [unknown, failed] = entries(Report([replace(about, result=Result.UNKNOWN), about]))
    assert (unknown["severity"], unknown["description"]) == ("info", "unknown: no report")
    assert (failed["severity"], failed["location"]["path"]) == ("blocker", "111111111111/user/alice")


def test_a_fingerprint_of_one_account_does_not_depend_on_another():
    alice = [Finding("r", Severity.ERROR, "m", account=digit * 12, entity=Entity("user", "alice")) for digit in "12"]
    both, second = entries(Report(alice)), entries(Report(alice[1:]))
    assert both[1]["fingerprint"] == second[0]["fingerprint"] != both[0]["fingerprint"]
