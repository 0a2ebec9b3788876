import pytest

from policygen.audit.example import NOW, subject
from policygen.audit.facts import FACTS
from policygen.audit.rule import TOPICS
from policygen.audit.rules import registry
from policygen.audit.run import audit
from policygen.audit.settings import Chosen, Settings
from policygen.finding import Result

RULES = registry().values()
EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples]
EXPECTED = {"Fires on": Result.FAIL, "Quiet on": Result.PASS, "Unknown on": Result.UNKNOWN}


def results(rule, sketch):
    parameters = {key: tuple(v) if isinstance(v, list) else v for key, v in sketch.items() if key in rule.parameters}
    return [verdict.result for verdict in rule.check(subject(sketch), **parameters)]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=lambda it: getattr(it, "id", None) or it.verdict)
def test_a_rule_says_of_its_examples_what_its_documentation_claims(rule, example):
    found = results(rule, example.data)
    worst = Result.FAIL if Result.FAIL in found else Result.UNKNOWN if Result.UNKNOWN in found else Result.PASS
    assert found
    assert worst is EXPECTED[example.verdict]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_documented_and_shows_when_it_fires_and_when_not(rule):
    assert "Why it matters:" in rule.documentation
    assert "Instead:" in rule.documentation
    assert {example.verdict for example in rule.examples} >= {"Fires on", "Quiet on"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_was_not_read_is_unknown_and_never_good(rule):
    nothing = subject({}).account
    outcome = audit(nothing, Settings((Chosen(rule.id, rule.severity, {}),)), now=NOW)
    assert {finding.result for finding in outcome.findings} == {Result.UNKNOWN}
    assert outcome.results[rule.id][Result.PASS] == 0


def test_every_rule_marks_a_fact_that_reports_show_and_has_a_topic_with_a_title():
    assert {rule.about.marks for rule in RULES} - {""} <= set(FACTS)
    assert {rule.group for rule in RULES} == set(TOPICS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_failure_says_in_one_clause_what_is_wrong(rule):
    for example in rule.examples:
        if example.verdict == "Fires on":
            parameters = {
                k: tuple(v) if isinstance(v, list) else v for k, v in example.data.items() if k in rule.parameters
            }
            for verdict in rule.check(subject(example.data), **parameters):
                if verdict.result is Result.FAIL:
                    assert verdict.message
                    assert not verdict.message.endswith(".")
