"""What comparisons claim, held against the evaluator on random requests; and every witness could happen."""

import random
import re

import pytest

from policygen.evaluate import Outcome, Verdict
from policygen.evaluate.reading import plain, readings
from policygen.reference.condition_keys import always_present, condition_key_names, find_condition_key
from policygen.reference.resources import touched
from policygen.reference.services import find_action
from tests.evaluate.ask import compiled, difference, new_access, stack
from tests.evaluate.changes import of_a_kind, pair, requests

REQUESTS = 6
PAIRS = 100_000
SHARDS = 20


def check(seed, rounds):
    """The verdicts on so many random pairs, each of which holds for random requests."""
    rng = random.Random(seed)
    verdicts = set()
    for number in range(rounds):
        kind, old, new = of_a_kind(rng, *pair(rng))
        left, right = [compiled(*old, kind=kind)], [compiled(*new, kind=kind)]
        found = new_access(left, right)
        verdicts.add(str(found.verdict))
        if found.verdict is Verdict.NONE:
            assert not contradicted(rng, (*old, *new), readings(stack(left), stack(right)), more), (kind, old, new)
        elif found.verdict is Verdict.FOUND:
            assert could_happen(found.witness, (*old, *new)) == "", (kind, old, new, found.witness)
        if number % 20 == 0 and difference(left, right).verdict is Verdict.NONE:
            assert not contradicted(rng, (*old, *new), [plain(stack(left), stack(right))], other), (kind, old, new)
    return verdicts


def contradicted(rng, statements, ways, differs):
    """The first request that shows a difference under one of the ways to read two sets of policies."""
    for asked in requests(rng, statements, REQUESTS):
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
        if known and isinstance(value, str) and not operators_on(key, statements) & TEXTUAL and not typed(known, value):
            return f"{key} is never `{value}`"
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


def operators_on(key, statements):
    """The names of the operators under which statements look at a key (lower case)."""
    blocks = [block for s in statements for block in s.get("Condition", {}).items()]
    return {operator.removesuffix("IfExists") for operator, keys in blocks if key in map(str.lower, keys)}


TEXTUAL = {"StringEquals", "StringNotEquals", "StringLike", "StringNotLike"}
"""These ask for texts that a key of another type never is; how far AWS reaches there is not looked at."""
FORMS = {
    "Bool": r"true|false",
    "Numeric": r"-?\d+(\.\d+)?",
    "Date": r"-?\d+(\.\d+)?|\d{4}-\d\d-\d\dT[\d:]+Z",
    "IPAddress": r"[0-9a-f.:]*[.:][0-9a-f.:]*",
    "ARN": r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.*",
}


def typed(known, value):
    return re.fullmatch(FORMS.get(known.type, ".*"), value, re.DOTALL) is not None


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


@pytest.mark.parametrize("key", [name.replace("*", "team") for name in condition_key_names("aws")])
def test_a_witness_gives_each_key_a_value_such_as_the_key_has(key):
    get = {"Effect": "Allow", "Action": "s3:GetObject"}
    absent, there = ({**get, "Resource": "*", "Condition": {"Null": {key: value}}} for value in ("true", "false"))
    one, all_ = ({**get, "Resource": f"arn:aws:s3:::b/${{{key}}}/{end}"} for end in ("k", "*"))
    for old, new in ((absent, there), (one, all_)):
        found = new_access([compiled(old)], [compiled(new)])
        if found.witness:
            assert could_happen(found.witness, (old, new)) == ""
        else:
            assert key in NOT_OF_USERS


NOT_OF_USERS = {"aws:principalservicename", "aws:principalservicenameslist"}
