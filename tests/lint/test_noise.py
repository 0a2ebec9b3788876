"""How much lint reports about the policies that AWS manages, which are wider than anybody's own should be."""

import re
from collections import Counter
from pathlib import Path

import pytest

from policygen.lint.linter import lint
from policygen.policy.model import Policy

DOCS = Path(__file__).parents[2] / "docs" / "linting.md"
REPORTED = ("error", "security-warning", "warning")


@pytest.fixture(scope="module")
def findings(corpus):
    return [lint(Policy(line["document"])) for line in corpus if line["latest"]]


def share(findings, severities):
    return sum(any(found.severity in severities for found in one) for one in findings) / len(findings)


def test_two_thirds_of_them_have_nothing_worse_than_a_suggestion(findings):
    assert share(findings, REPORTED) < 0.35


def test_an_error_is_rare(findings):
    assert share(findings, ("error",)) < 0.08


def test_the_docs_argue_for_each_rule_that_fires_often(findings):
    count = Counter(rule for one in findings for rule in {found.rule for found in one})
    share = {rule: 100 * policies / len(findings) for rule, policies in count.items()}
    section = DOCS.read_text(encoding="utf-8").split("## How often rules fire", 1)[1].split("\n## ", 1)[0]
    argued = {rule: int(percent) for rule, percent in re.findall(r"\| `([a-z-]+)` \| (\d+) % \|", section)}
    assert {rule for rule, percent in share.items() if percent > 5} <= argued.keys()
    assert all(abs(share[rule] - percent) <= 1 for rule, percent in argued.items())
