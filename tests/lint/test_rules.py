"""Every rule's own documentation and examples."""

import json

import pytest

from policygen.lint.linter import lint
from policygen.lint.rule import policy_of
from policygen.lint.rules import registry
from policygen.policy.model import Policy

RULES = list(registry().values())
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id}-{'fires' if example.fires else 'quiet'}-{number}")
    for rule in RULES
    for number, example in enumerate(rule.examples)
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_says_of_its_examples_what_its_documentation_promises(rule, example):
    assert {found.rule for found in lint(policy_of(example), [rule])} == ({rule.id} if example.fires else set())


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_finding_stands_at_a_place_that_is_there(rule, example):
    for found in lint(policy_of(example), [rule]):
        value = policy_of(example).document
        for token in found.pointer.split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            value = value[int(token)] if isinstance(value, list) else value[token]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_message_is_one_sentence_that_starts_small_and_ends_without_a_full_stop(rule, example):
    for found in lint(policy_of(example), [rule]):
        word = found.message.split()[0].removesuffix("'s")
        assert not found.message.endswith(".") and "\n" not in found.message
        assert word[0] == "`" or word.islower() or word in {"ARNs", "AWS", "IAM"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_explains_itself_and_has_an_example_of_both_kinds(rule):
    assert rule.summary.endswith(".")
    assert "Why it matters:" in rule.documentation and "Instead:" in rule.documentation
    assert {example.fires for example in rule.examples} == {True, False}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_an_example_is_for_a_kind_of_policy_that_the_rule_looks_at(rule):
    assert {example.kind for example in rule.examples} <= rule.about.kinds


def test_a_rule_that_fails_is_named_with_the_file_and_never_passes_in_silence():
    from policygen.finding import Severity
    from policygen.lint.rule import AboutPolicies, Rule
    from policygen.policy.source import Source
    from policygen.rule.rule import RuleFailedError

    def broken(policy):
        yield "", json.loads("")

    rule = Rule("broken", Severity.ERROR, "access-analyzer", broken, AboutPolicies(), "")
    with pytest.raises(RuleFailedError, match=r"broken.*policy\.json"):
        lint(Policy({}, source=Source("{}", "policy.json")), [rule])
