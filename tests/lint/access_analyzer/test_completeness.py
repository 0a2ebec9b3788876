"""AWS's list of issue codes against ours."""

import json
from pathlib import Path

from policygen.lint.notices import every_rule
from policygen.reference.refusals import refused_rules

LIST = json.loads(Path(__file__).with_name("codes.json").read_text())


def kebab(code):
    return code.lower().replace("_", "-")


def ours():
    reported_by_the_linter = {"json-syntax-error"}
    return {
        rule.id: rule
        for rule in every_rule().values()
        if rule.group == "access-analyzer" or rule.id in reported_by_the_linter
    }


def test_aws_has_160_issue_codes():
    assert len(LIST["codes"]) == 160


def test_there_is_a_rule_for_every_issue_code_but_those_left_out_for_a_reason():
    assert {kebab(code) for code in LIST["codes"].keys() - LIST["left_out"].keys()} == ours().keys()


def test_a_rule_is_as_severe_as_its_finding_type_but_an_error_where_the_service_refuses_the_policy():
    theirs = {kebab(code): severity for code, severity in LIST["codes"].items() if code not in LIST["left_out"]}
    wanted = {name: "error" if name in refused_rules() else severity for name, severity in theirs.items()}
    assert {name: rule.severity.value for name, rule in ours().items()} == wanted
