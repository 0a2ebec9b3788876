"""A report for build servers that read JUnit XML: a suite a file, a test a finding, failed if it fails the run."""

import re
from xml.etree import ElementTree as ET

from policygen.finding import Finding
from policygen.report import Report, printable

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (W3C, "Extensible Markup Language (XML) 1.0", production 2)."""


def render(report: Report) -> str:
    """XML with a suite for every file of the report, those without findings too, which hold one passed test.

    What does not fail the run is a passed test that says so: build servers fail on any failed one.
    """
    by_file: dict[str, list[Finding]] = {file: [] for file in report.files}
    for finding in report.findings:
        by_file.setdefault(finding.file, []).append(finding)
    root = _element("testsuites", name="policygen", tests=0, failures=sum(map(report.fails, report.findings)), errors=0)
    root.extend(_suite(file, findings, report) for file, findings in by_file.items())
    root.set("tests", str(sum(len(suite) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(file: str, findings: list[Finding], report: Report) -> ET.Element:
    failures = sum(map(report.fails, findings))
    suite = _element("testsuite", name=file, tests=max(1, len(findings)), failures=failures, errors=0, skipped=0)
    if not findings:
        suite.append(_element("testcase", name="no findings", classname=file))
    for finding in findings:
        where = " ".join(filter(None, (finding.policy, finding.pointer)))
        case = _element(
            "testcase", name=f"{finding.rule} {where}".strip(), classname=file, file=file, line=finding.line
        )
        failed = report.fails(finding)
        said = _element("failure", type=finding.severity, message=finding.message) if failed else _element("system-out")
        said.text = printable(f"{finding.place}: {'' if failed else f'{finding.severity}: '}{finding.message}")
        case.append(said)
        suite.append(case)
    return suite


def _element(tag: str, **attributes: object) -> ET.Element:
    return ET.Element(tag, {name: _NO_XML.sub("\ufffd", str(value)) for name, value in attributes.items()})
