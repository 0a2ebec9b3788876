"""The examples in each rule's docstring are its first tests."""

import pytest

from policygen.lint.linter import lint
from policygen.lint.rule import registry

EXAMPLES = [(rule, example) for rule in registry().values() for example in rule.examples]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=lambda value: getattr(value, "id", None))
def test_a_rule_keeps_the_promise_of_its_examples(rule, example):
    assert bool(lint(example.policy, [rule])) == example.fires, example.text


@pytest.mark.parametrize("rule", registry().values(), ids=lambda rule: rule.id)
def test_a_rule_is_documented_and_shows_both_sides(rule):
    assert {example.fires for example in rule.examples} == {True, False}
    assert "Why it matters: " in rule.documentation
    assert "Instead: " in rule.documentation
    assert rule.summary.endswith(".")
