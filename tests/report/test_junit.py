from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from policygen.finding import Finding, Severity
from policygen.report import Report, render


def junit(report):
    return ET.fromstring(render(report, "junit").encode())


def test_a_file_is_a_suite_and_a_finding_a_failed_test(report):
    root = junit(report)
    assert root.attrib == {"name": "policygen", "tests": "2", "failures": "2", "errors": "0"}
    case = root.find("testsuite[@name='policies/all.json']")[1]
    assert case.get("name") == "star /Statement/0/Resource"
    assert case.find("failure").attrib == {"type": "error", "message": "`*` is every bucket"}
    assert case.find("failure").text == "policies/all.json:4:69: `*` is every bucket"


def test_a_file_without_findings_is_a_passed_test(report):
    root = junit(replace(report, files=["policies/all.json", "policies/fine.json"]))
    assert root.get("tests") == "3"
    fine = root.find("testsuite[@name='policies/fine.json']")
    assert fine.get("failures") == "0"
    assert [case.get("name") for case in fine] == ["no findings"]


@pytest.mark.parametrize(
    ("fail_on", "failed"),
    [(Severity.SUGGESTION, 2), (Severity.WARNING, 2), (Severity.SECURITY_WARNING, 1), (Severity.ERROR, 1), (None, 0)],
)
def test_what_does_not_fail_the_run_is_a_passed_test_that_says_so(report, fail_on, failed):
    root = junit(replace(report, fail_on=fail_on))
    assert (root.get("tests"), root.get("failures")) == ("2", str(failed))
    assert root.find("testsuite").get("failures") == str(failed)
    assert len(root.findall(".//failure")) == failed
    passed = [said.text for said in root.findall(".//testcase/system-out")]
    assert (
        passed
        == ["policies/all.json:4:5: warning: too much", "policies/all.json:4:69: error: `*` is every bucket"][
            : 2 - failed
        ]
    )


@pytest.mark.parametrize("options", [(), ("--fail-on", "error"), ("--fail-on", "never")])
def test_the_report_fails_where_the_command_fails(policygen, options):
    text = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Delete*", "Resource": "*"}}'
    code, stdout, _ = policygen("lint", "-", "--format", "junit", *options, stdin=text)
    root = ET.fromstring(stdout.encode())
    assert int(root.get("tests")) >= 1
    assert code == (1 if int(root.get("failures")) else 0) == (0 if options else 1)


def test_what_xml_cannot_hold_is_replaced():
    finding = Finding("r", Severity.ERROR, "a\x00b\x1b\udcff<&>\"'", file="\x01.json")
    failure = junit(Report([finding])).find("testsuite/testcase/failure")
    assert failure.get("message") == "a\ufffdb\ufffd\ufffd<&>\"'"
