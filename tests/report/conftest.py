"""Findings to report: one on a value, one on a whole statement."""

import pytest

from policygen.finding import Finding, Severity
from policygen.policy.source import Source
from policygen.report import Report

TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
  ]
}
"""


@pytest.fixture
def report() -> Report:
    """One error on a value, one warning on the whole statement."""
    source = Source(TEXT, "policies/all.json")
    star = source.span("/Statement/0/Resource")
    whole = source.span("/Statement/0")
    findings = [
        Finding("whole", Severity.WARNING, "too much", "/Statement/0", source.file, *whole, sid="All"),
        Finding("star", Severity.ERROR, "`*` is every bucket", "/Statement/0/Resource", source.file, *star, sid="All"),
    ]
    return Report(findings, {source.file: source}, {}, {"policies": 1}, suppressed=2)
