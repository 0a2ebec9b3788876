"""A report for build servers that read JUnit XML: one suite per file or account, one test per finding."""

import re
from xml.etree import ElementTree as ET

from policygen.finding import Finding, Result
from policygen.report import Report, facts, home, printable

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow (W3C, "Extensible Markup Language (XML) 1.0", production 2)."""


def render(report: Report) -> str:
    """XML with a suite for every file or account checked; a suite without findings has one passed test.

    A finding that does not fail the run is a passed test with output, since build servers fail on any failed test. An
    unknown result is a skipped test.
    """
    suites: dict[str, list[Finding]] = {checked: [] for checked in (*report.files, *report.accounts)}
    for finding in report.findings:
        suites.setdefault(home(finding), []).append(finding)
    root = _element("testsuites", name="policygen", tests=0, failures=sum(map(report.fails, report.findings)), errors=0)
    root.extend(_suite(name, findings, report) for name, findings in suites.items())
    root.set("tests", str(sum(len(suite) for suite in root)))
    return document(root)


def document(root: ET.Element) -> str:
    """The text of an XML file."""
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(name: str, findings: list[Finding], report: Report) -> ET.Element:
    failures = sum(map(report.fails, findings))
    skipped = sum(finding.result is Result.UNKNOWN for finding in findings)
    tests = max(1, len(findings))
    suite = _element("testsuite", name=name, tests=tests, failures=failures, errors=0, skipped=skipped)
    if not findings:
        suite.append(_element("testcase", name="no findings", classname=name))
    for finding in findings:
        where = " ".join(filter(None, (finding.policy, finding.pointer)))
        place: dict[str, object] = {} if finding.of_account else {"file": name, "line": finding.line}
        case = _element("testcase", name=f"{finding.rule} {where}".strip(), classname=name, **place)
        case.append(_said(finding, failed=report.fails(finding)))
        suite.append(case)
    return suite


def _said(finding: Finding, *, failed: bool) -> ET.Element:
    if failed:
        said, how = _element("failure", type=finding.severity, message=finding.message), ""
    elif finding.result is Result.UNKNOWN:
        said, how = _element("skipped", message=finding.message), "unknown: "
    else:
        said, how = _element("system-out"), f"{finding.severity if finding.fails else finding.result}: "
    place = f"{home(finding)} {finding.entity}" if finding.of_account else finding.place
    commands = (f"$ {one}{'  # destructive' if one in finding.destructive else ''}" for one in finding.fix)
    more = (*facts(finding), ", ".join(finding.controls), finding.reason, *commands)
    said.text = "\n".join(map(printable, filter(None, (f"{place}: {how}{finding.message}", *more))))
    return said


def _element(tag: str, **attributes: object) -> ET.Element:
    return ET.Element(tag, {name: _NO_XML.sub("\ufffd", str(value)) for name, value in attributes.items()})
