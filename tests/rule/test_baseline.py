"""A finding is known again where its statement says the same, and is new where it says anything else."""

import json
from copy import deepcopy

import pytest

from policygen.lint.linter import lint
from policygen.lint.rule import policy_of
from policygen.lint.rules import registry
from policygen.policy.model import Policy
from policygen.policy.source import Source
from policygen.rule.baseline import fingerprints

FIRING = [
    pytest.param(rule, example, id=f"{rule.id}-{number}")
    for rule in registry().values()
    for number, example in enumerate(example for example in rule.examples if example.fires)
    if policy_of(example).statements
]


def known(rule, document, kind):
    source = Source(json.dumps(document), "a.json")
    return fingerprints(lint(Policy(source.data, kind, source), [rule]), {"a.json": source})


@pytest.mark.parametrize(("rule", "example"), FIRING)
def test_no_finding_is_known_once_its_statement_says_more(rule, example):
    policy = policy_of(example)
    before = known(rule, policy.document, policy.kind)
    for element, more in (("Action", "kms:ScheduleKeyDeletion"), ("Resource", "arn:aws:s3:::more"), ("Grown", "")):
        grown = deepcopy(policy.document)
        statements = grown["Statement"] if isinstance(grown["Statement"], list) else [grown["Statement"]]
        for statement in (s for s in statements if isinstance(s, dict)):
            there = statement.get(element, [])
            statement[element] = [*(there if isinstance(there, list) else [there]), more]
        assert before
        assert not set(before) & set(known(rule, grown, policy.kind)), element


@pytest.mark.parametrize(("rule", "example"), FIRING)
def test_every_finding_is_known_when_keys_have_moved(rule, example):
    policy = policy_of(example)
    document = dict(reversed(policy.document.items()))
    assert sorted(known(rule, document, policy.kind)) == sorted(known(rule, policy.document, policy.kind))
