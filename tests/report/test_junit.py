from dataclasses import replace
from xml.etree import ElementTree as ET

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


def test_what_xml_cannot_hold_is_replaced():
    finding = Finding("r", Severity.ERROR, "a\x00b\x1b\udcff<&>\"'", file="\x01.json")
    failure = junit(Report([finding])).find("testsuite/testcase/failure")
    assert failure.get("message") == "a\ufffdb\ufffd\ufffd<&>\"'"
