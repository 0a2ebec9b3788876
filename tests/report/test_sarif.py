import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from policygen.finding import Finding, Severity
from policygen.policy.source import Source
from policygen.report import Report, render

SCHEMA = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text())


@dataclass
class Rule:
    id: str = "star"
    group: str = "wildcards"
    severity: Severity = Severity.SECURITY_WARNING
    summary: str = "Everything."
    documentation: str = "Everything.\n\nInstead: less."


def sarif(report):
    log = json.loads(render(report, "sarif"))
    Draft4Validator(SCHEMA).validate(log)
    return log["runs"][0]


def test_the_official_schema_accepts_the_log(report):
    assert len(sarif(report)["results"]) == 2


@pytest.mark.parametrize(
    "finding", [Finding("x", Severity.ERROR, "m"), Finding("x", Severity.ERROR, "m", file="a b\udcff.json")]
)
def test_the_official_schema_accepts_findings_without_a_place(finding):
    assert len(sarif(Report([finding]))["results"]) == 1


def test_the_official_schema_accepts_a_clean_run():
    assert sarif(Report([]))["results"] == []


def test_a_rule_brings_its_help_and_security_rules_are_marked_for_github(report):
    rules = sarif(replace(report, rules={"star": Rule()}))["tool"]["driver"]["rules"]
    assert rules[1]["help"]["markdown"] == "Everything.\n\nInstead: less."
    assert rules[1]["properties"] == {"tags": ["wildcards", "security"], "security-severity": "7.0"}
    assert rules[1]["defaultConfiguration"] == {"level": "warning"}


def test_a_result_points_at_the_place_in_the_file(report):
    place = sarif(report)["results"][1]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "policies/all.json", "uriBaseId": "%SRCROOT%"}
    assert place["physicalLocation"]["region"] == {"startLine": 4, "startColumn": 69, "endLine": 4, "endColumn": 72}
    assert place["logicalLocations"] == [{"fullyQualifiedName": "/Statement/0/Resource"}]


def fingerprint(text: str, pointer: str, sid: str = "A") -> str:
    source = Source(text, "p.json")
    finding = Finding("star", Severity.ERROR, "message of the day", pointer, "p.json", *source.span(pointer), sid=sid)
    result = sarif(Report([finding], {"p.json": source}))["results"][0]
    return result["partialFingerprints"]["policygen/v1"]


def test_a_fingerprint_outlives_moved_lines_and_statements():
    one = fingerprint('{"Statement": [{"Sid": "A", "Action": ["x:Y", "s3:*"]}]}', "/Statement/0/Action/1")
    two = fingerprint('{"Statement": [{}, {"Sid": "A", "Action": [\n"s3:*"]}]}', "/Statement/1/Action/0")
    assert one == two


def test_a_fingerprint_dies_with_the_value_or_the_statement():
    text = '{"Statement": [{"Sid": "A", "Action": ["s3:Get*", "s3:*"]}]}'
    marks = {fingerprint(text, "/Statement/0/Action/0"), fingerprint(text, "/Statement/0/Action/1")}
    marks.add(fingerprint(text, "/Statement/0/Action/1", sid="B"))
    assert len(marks) == 3


def test_findings_that_look_alike_have_fingerprints_of_their_own(report):
    twice = replace(report, findings=[report.findings[1]] * 2)
    assert len({str(result["partialFingerprints"]) for result in sarif(twice)["results"]}) == 2
