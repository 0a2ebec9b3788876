"""What holds for all policies and all requests, over the random questions of the differential test."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.evaluate import Layers, decide, explain
from policygen.evaluate.question import question
from tests.evaluate.ask import compiled
from tests.evaluate.pairs import pairs
from tests.policies import deny

QUESTIONS = pairs(seed=7, count=600)
any_question = st.sampled_from(QUESTIONS)
RANK = {"explicit-deny": 0, "implicit-deny": 1, "allow": 2}


def outcome(asked):
    return str(decide(*question(asked)).outcome)


def changed(asked, change):
    """The question with every statement list of every policy changed."""
    copy = json.loads(json.dumps(asked))
    documents = [*copy["policies"], copy.get("boundary"), copy.get("session_policy"), copy.get("resource_policy")]
    documents += [policy for level in copy.get("scps", []) for policy in level]
    for document in filter(None, documents):
        statements = document["Statement"]
        document["Statement"] = change(statements if isinstance(statements, list) else [statements])
    return copy


@given(any_question, any_question)
@settings(max_examples=150, deadline=None)
def test_another_deny_never_allows_more(asked, other):
    policies = changed(other, lambda statements: [s | {"Effect": "Deny"} for s in statements])["policies"]
    assert RANK[outcome(asked | {"policies": asked["policies"] + policies})] <= RANK[outcome(asked)]


@given(any_question, any_question)
@settings(max_examples=150, deadline=None)
def test_another_allow_never_denies_more(asked, other):
    policies = changed(other, lambda statements: [s | {"Effect": "Allow"} for s in statements])["policies"]
    assert RANK[outcome(asked | {"policies": asked["policies"] + policies})] >= RANK[outcome(asked)]


@given(any_question)
@settings(max_examples=150, deadline=None)
def test_the_order_of_statements_is_irrelevant(asked):
    assert outcome(changed(asked, lambda statements: statements[::-1])) == outcome(asked)
    assert outcome(asked | {"policies": asked["policies"][::-1]}) == outcome(asked)


def _split(statement):
    for name in ("Action", "Resource"):
        if isinstance(statement.get(name), list) and len(statement[name]) > 1:
            return [part for entry in statement[name] for part in _split(statement | {name: entry})]
    return [statement]


@given(any_question)
@settings(max_examples=150, deadline=None)
def test_a_list_means_the_same_as_one_statement_an_entry(asked):
    split = changed(asked, lambda statements: [part for statement in statements for part in _split(statement)])
    assert outcome(split) == outcome(asked)


def _swapped(statement):
    swapped = dict(statement)
    for name in ("Action", "NotAction"):
        if name in statement:
            entries = statement[name] if isinstance(statement[name], list) else [statement[name]]
            swapped[name] = [entry.swapcase() for entry in entries]
    if "Condition" in statement:
        swapped["Condition"] = {
            operator.upper(): {key.swapcase(): values for key, values in keys.items()}
            for operator, keys in statement["Condition"].items()
        }
    return swapped


@given(any_question)
@settings(max_examples=150, deadline=None)
def test_the_case_of_actions_operators_and_keys_is_irrelevant(asked):
    copy = changed(asked, lambda statements: [_swapped(statement) for statement in statements])
    request = copy["request"]
    request["action"] = request["action"].swapcase()
    request["context"] = {key.swapcase(): value for key, value in request["context"].items()}
    assert outcome(copy) == outcome(asked)


@pytest.mark.parametrize("part", range(6))
def test_the_explanation_agrees_with_the_decision(part):
    for asked in QUESTIONS[part * 100 : part * 100 + 100]:
        request, layers = question(asked)
        decision = decide(request, layers)
        told = [explanation for explanation in explain(request, layers) if explanation.matches]
        denying = [explanation.statement for explanation in told if not explanation.statement.allows]
        if denying:
            assert set(denying) == set(decision.statements)
        else:
            assert str(decision.outcome) != "explicit-deny"
            assert set(decision.statements) <= {explanation.statement for explanation in told}


@given(any_question)
@settings(max_examples=50, deadline=None)
def test_a_deny_of_everything_denies_everything(asked):
    request, layers = question(asked)
    assert str(decide(request, Layers(identity=(*layers.identity, compiled(deny())))).outcome) == "explicit-deny"
