import json

from policygen.report import Report, render


def test_a_program_reads_version_findings_and_summary(report):
    read = json.loads(render(report, "json"))
    assert read["version"] == 1
    assert read["findings"][1] == {
        "rule": "star",
        "severity": "error",
        "message": "`*` is every bucket",
        "file": "policies/all.json",
        "policy": "",
        "sid": "All",
        "pointer": "/Statement/0/Resource",
        "line": 4,
        "column": 69,
        "end_line": 4,
        "end_column": 72,
    }
    assert read["summary"] == {
        "findings": 2,
        "error": 1,
        "security-warning": 0,
        "warning": 1,
        "suggestion": 0,
        "suppressed": 2,
        "policies": 1,
        "rules": {"whole": 1, "star": 1},
    }


def test_no_findings_is_an_empty_list():
    assert json.loads(render(Report([]), "json"))["findings"] == []


def test_text_that_is_no_unicode_is_written_escaped(report):
    assert render(Report([], {}, {}, {"\udcff": 1}), "json").isascii()
