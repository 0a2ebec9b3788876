import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from policygen.audit.rules import registry
from policygen.audit.run import Outcome
from policygen.finding import Entity, Finding, Severity
from policygen.lint.notices import every_rule
from policygen.lint.rule import AboutPolicies
from policygen.policy.source import Source
from policygen.report import Report, render
from policygen.rule.rule import Rule

SCHEMA = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text())


HELP = "Everything.\n\nInstead: less."
RULE = Rule("star", Severity.SECURITY_WARNING, "wildcards", lambda policy: iter(()), AboutPolicies(), HELP)


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


def test_a_log_has_no_more_results_than_github_accepts_and_says_what_it_left_out(monkeypatch):
    monkeypatch.setattr("policygen.report.sarif.MOST_RESULTS", 3)
    mild = [Finding("mild", Severity.SUGGESTION, "m", file="a.json", line=n, column=1) for n in range(1, 4)]
    grave = [Finding("grave", Severity.ERROR, "m", file="a.json", line=n, column=1) for n in range(4, 6)]
    run = sarif(Report([*mild, *grave], checked={"unknowns": 2}))
    assert [result["ruleId"] for result in run["results"]] == ["mild", "grave", "grave"]
    assert [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]] == [
        "2 of the mildest findings are not in the SARIF log, since GitHub accepts 25,000",
        "2 values are known only at deployment; what depends on them was not judged",
    ]


def test_a_rule_brings_its_help(report):
    rules = sarif(replace(report, rules={"star": RULE}))["tool"]["driver"]["rules"]
    assert rules[1]["name"] == "Star"
    assert rules[1]["shortDescription"] == rules[1]["fullDescription"] == {"text": "Everything."}
    assert rules[1]["help"]["markdown"] == "Everything.\n\nInstead: less."
    assert "helpUri" not in rules[1]  # the pages of our own rules are not on the web


def test_a_rule_of_access_analyzer_links_to_its_page_of_aws():
    rule = replace(RULE, group="access-analyzer", severity=Severity.ERROR)
    [shown] = sarif(Report([Finding("star", Severity.ERROR, "m")], rules={"star": rule}))["tool"]["driver"]["rules"]
    assert shown["helpUri"].endswith("-policy-checks.html#access-analyzer-reference-policy-checks-error-star")


def test_what_is_fixed_in_one_account_leaves_the_fingerprints_of_another():
    first, second = (Finding("star", Severity.ERROR, "m", account=n * 12, entity=Entity("user", "a")) for n in "12")
    marks = [one["partialFingerprints"] for one in sarif(Report([first, second]))["results"]]
    assert [one["partialFingerprints"] for one in sarif(Report([second]))["results"]] == marks[1:]


def ranked(severity: Severity) -> str:
    """What GitHub calls the alert (GitHub Docs, "SARIF support for code scanning", reportingDescriptor object)."""
    [rule] = sarif(Report([Finding("star", severity, "m")], rules={"star": RULE}))["tool"]["driver"]["rules"]
    score = float(rule["properties"]["security-severity"])
    return "critical" if score >= 9 else "high" if score >= 7 else "medium" if score >= 4 else "low"


def test_the_worst_is_what_github_ranks_highest():
    assert [ranked(severity) for severity in Severity] == ["critical", "high", "medium", "low"]


def audited(*accounts: str) -> Outcome:
    return Outcome((), {}, {}, frozenset(accounts))


@pytest.mark.parametrize("audit", [None, audited("123456789012")])
def test_every_rule_is_described_and_the_grave_ones_are_security_alerts(audit):
    known = registry() if audit else every_rule()
    found = [Finding(rule.id, rule.severity, "m") for rule in known.values()]
    described = sarif(Report(found, rules=known, audit=audit))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == [*known]
    for rule in described:
        assert re.fullmatch("[A-Z][A-Za-z0-9]+", rule["name"])
        assert rule["shortDescription"]["text"] and len(rule["fullDescription"]["text"]) <= 1024  # GitHub's limit
        assert known[rule["id"]].summary in rule["fullDescription"]["text"]
        grave = known[rule["id"]].severity in (Severity.ERROR, Severity.SECURITY_WARNING)
        if grave or audit:
            assert "security" in rule["properties"]["tags"]


def test_lint_and_audits_of_several_accounts_do_not_replace_each_other():
    reports = [Report([]), *(Report([], audit=audited(*ids)) for ids in ([], ["1"], ["2"], ["1", "2"]))]
    categories = [sarif(report)["automationDetails"]["id"].rpartition("/")[0] for report in reports]
    assert categories == [
        "policygen/lint",
        "policygen/audit",
        "policygen/audit/1",
        "policygen/audit/2",
        "policygen/audit",
    ]


def test_a_result_points_at_the_place_in_the_file(report):
    place = sarif(report)["results"][1]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "policies/all.json", "uriBaseId": "%SRCROOT%"}
    assert place["physicalLocation"]["region"] == {"startLine": 4, "startColumn": 69, "endLine": 4, "endColumn": 72}
    assert place["logicalLocations"] == [{"fullyQualifiedName": "/Statement/0/Resource"}]


def fingerprint(text: str, pointer: str, sid: str = "A") -> str:
    source = Source(text, "p.json")
    finding = Finding("star", Severity.ERROR, "message of the day", pointer, "p.json", *source.span(pointer), sid=sid)
    result = sarif(Report([finding], {"p.json": source}))["results"][0]
    assert len(set(result["partialFingerprints"].values())) == 1
    return result["partialFingerprints"]["primaryLocationLineHash"]  # the one that GitHub looks at


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
