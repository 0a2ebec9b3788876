"""What comparisons claim, held against the evaluator on random requests; and every witness could happen."""

import random

import pytest

from policygen.evaluate.compare import Verdict, difference, new_access
from policygen.evaluate.decide import Outcome
from policygen.evaluate.reading import plain, readings
from policygen.reference.condition_keys import always_present, find_condition_key
from policygen.reference.resources import touched
from policygen.reference.services import find_action
from tests.evaluate.ask import compiled
from tests.evaluate.changes import pair, request

REQUESTS = 30
PAIRS = 25_000
SHARDS = 20


def check(seed, rounds):
    """The verdicts on so many random pairs, each of which holds for random requests."""
    rng = random.Random(seed)
    verdicts = set()
    for number in range(rounds):
        old, new = pair(rng)
        left, right = [compiled(*old)], [compiled(*new)]
        found = new_access(left, right)
        verdicts.add(str(found.verdict))
        if found.verdict is Verdict.NONE:
            assert not contradicted(rng, readings(left, right), more), (old, new)
        elif found.verdict is Verdict.FOUND:
            assert could_happen(found.witness, (*old, *new)) == "", (old, new, found.witness)
        if number % 10 == 0 and difference(left, right).verdict is Verdict.NONE:
            assert not contradicted(rng, [plain(left, right)], other), (old, new)
    return verdicts


def contradicted(rng, ways, differs):
    """The first request that shows a difference under one of the ways to read two sets of policies."""
    for _ in range(REQUESTS):
        asked = request(rng)
        for reading in ways:
            before, after = reading.decide(asked)
            if differs(before.outcome, after.outcome):
                return asked
    return None


def more(before, after):
    return after is Outcome.ALLOW and before is not Outcome.ALLOW


def other(before, after):
    return before is not after


def could_happen(asked, statements):
    """Why AWS could not receive a request, "" if it could; told without the engine that made it."""
    looked_at = {key.lower() for s in statements for keys in s.get("Condition", {}).values() for key in keys}
    context = asked.context
    for key, value in context.items():
        known = find_condition_key(key)
        if isinstance(value, tuple) and known and not known.multivalued:
            return f"{key} has several values"
    follows = asked.principal.keys
    for key, value in context.items():
        if follows.get(key, value) != value:
            return f"{key} is not that of {asked.principal.arn}"
    if ("aws:username" in context) and "aws:username" not in follows:
        return "only users have names"
    age, present = context.get("aws:multifactorauthage"), context.get("aws:multifactorauthpresent")
    if {"aws:multifactorauthage", "aws:multifactorauthpresent"} & looked_at and (age is not None) != (
        present == "true"
    ):
        return "an age of MFA without MFA, or the reverse"
    action = find_action(asked.action)
    if action and asked.resource != "*":
        types = {name.lower() for name in action.resource_types}
        if not types & touched(action.service, asked.resource):
            return f"{asked.action} does not take {asked.resource}"
    return ""


def test_no_verdict_of_none_is_contradicted_and_every_witness_could_happen():
    assert check(seed=1, rounds=150) == {"none", "found", "unknown"}


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_verdict_on_many_pairs_is_contradicted(shard):
    assert check(seed=100 + shard, rounds=PAIRS // SHARDS) == {"none", "found", "unknown"}


@pytest.mark.parametrize("key", sorted(always_present()))
def test_a_key_that_is_in_every_request_need_not_be_asked_for(key):
    there = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"Null": {key: "false"}}}
    anyway = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    assert new_access([compiled(there)], [compiled(anyway)]).verdict is Verdict.NONE
