"""In a small universe every request is tried: no proof of a comparison is contradicted, and every witness holds."""

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings

from policygen.evaluate import Layers, Outcome, PrincipalType, Verdict, compile_policy, difference, new_access
from policygen.evaluate.reading import plain, readings
from policygen.policy.model import Policy
from tests.evaluate.universe import requests, stacks

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def keys_of(*sides):
    policies = [policy for side in sides for _, policy in side.named()]
    return frozenset(c.key.lower() for policy in policies for s in policy.statements for c in s.conditions)


def counted(reading, every):
    """The requests that count: users and roles have identity policies, and only where policies name them do others."""
    for asked in every:
        who = asked.principal.type
        of_people = who in (PrincipalType.USER, PrincipalType.ROLE)
        if of_people or (reading.roots if who is PrincipalType.ROOT else reading.names_principals):
            yield asked


def check(pair):
    old, new, about = pair
    found = new_access(old, new)
    if found.verdict is Verdict.FOUND:
        before, after = found.shown
        assert after.outcome is Outcome.ALLOW
        assert before.outcome in (Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY)
    if found.verdict is Verdict.NONE:
        for reading in readings(old, new):
            for asked in counted(reading, requests(about, keys_of(old, new))):
                before, after = reading.decide(asked)
                more = after.outcome is Outcome.ALLOW and before.outcome is not Outcome.ALLOW
                assert not more or before.outcome is Outcome.UNKNOWN, (asked, before.outcome)
    if difference(old, new).verdict is Verdict.NONE:
        reading = plain(old, new)
        for asked in counted(reading, requests(about, keys_of(old, new))):
            before, after = reading.decide(asked)
            assert before.outcome is after.outcome or Outcome.UNKNOWN in (before.outcome, after.outcome), asked
    return found.verdict


@settings(max_examples=50, deadline=None, suppress_health_check=SLOW)
@given(stacks())
def test_no_request_contradicts_what_is_proved_about_a_stack(pair):
    check(pair)


def rewritten(layers):
    """The stack with the statements of each policy in another order, and their lists split into statements."""
    return Layers(
        identity=tuple(map(split, layers.identity)),
        boundary=layers.boundary and split(layers.boundary),
        session=layers.session and split(layers.session),
        scps=tuple(tuple(map(split, level)) for level in layers.scps),
        rcps=tuple(tuple(map(split, level)) for level in layers.rcps),
        resource=layers.resource and tuple(map(split, layers.resource)),
    )


def split(policy):
    statements = []
    for statement in policy.policy.document["Statement"]:
        actions, resources = ([[one] for one in statement.get(name, [])] for name in ("Action", "Resource"))
        for chosen in product(actions or [None], resources or [None]):
            parts = {name: part for name, part in zip(("Action", "Resource"), chosen, strict=True) if part}
            statements.append(statement | parts)
    document = {"Version": "2012-10-17", "Statement": statements[::-1]}
    return compile_policy(Policy(document, policy.policy.kind))


@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(stacks())
def test_another_way_to_write_the_same_makes_no_difference(pair):
    old, new, _ = pair
    for stack in (old, new):
        for before, after in ((stack, rewritten(stack)), (rewritten(stack), stack)):
            assert new_access(before, after).verdict is not Verdict.FOUND
            assert difference(before, after).verdict is not Verdict.FOUND
    assert new_access(rewritten(old), rewritten(new)).verdict is new_access(old, new).verdict


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(4))
@settings(max_examples=500, deadline=None, suppress_health_check=SLOW)
@given(stacks())
def test_no_request_contradicts_what_is_proved_about_many_stacks(shard, pair):
    check(pair)
