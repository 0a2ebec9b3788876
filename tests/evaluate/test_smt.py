"""What `new_access` says of edits of AWS managed policies, held against a solver that decides the same question."""

import json
import os
import random

import pytest

from policygen.evaluate import Layers, Verdict, compile_policy, new_access
from policygen.policy.model import Policy
from tests.evaluate.managed import edited, managed

EDITS = 4_000 if "PROVE_ALL" in os.environ else 200
"""All of them take the solver an hour or more."""
SHARDS = 20
LONGEST = 1_500
"""Characters of a policy; for longer ones the solver takes many seconds."""
DECIDED = 0.6
"""The least share of pairs that the solver can decide."""


def said(old, new):
    """Whether there is a difference on any resource; None if it is not known."""
    found = new_access(*(Layers((compile_policy(Policy(document)),)) for document in (old, new)))
    if found.verdict is Verdict.UNKNOWN:
        return True if "does not take" in found.reason else None
    return found.verdict is Verdict.FOUND


def check(seed, rounds):
    """How many pairs both decided; every one of them alike."""
    smt = pytest.importorskip("tests.evaluate.smt", reason="z3-solver is not installed")
    rng = random.Random(seed)
    both = 0
    names = [name for name, document in sorted(managed().items()) if len(json.dumps(document)) <= LONGEST]
    for _ in range(rounds):
        name = rng.choice(names)
        old = managed()[name]
        new = edited(rng, old)
        if not all(any(s["Effect"] == "Allow" for s in side["Statement"]) for side in (old, new)):
            continue  # what only denies is compared on top of a policy that allows everything
        for before, after in ((old, new), (new, old)):
            ours = said(before, after)
            try:
                theirs = smt.differs(before, after)
            except smt.UnsupportedError:
                continue
            both += ours is not None
            assert ours in (None, theirs), (name, before, after)
    return both


def test_a_solver_agrees_on_a_few_edits():
    assert check(seed=1, rounds=12) > 0


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_solver_agrees_on_many_edits(shard):
    assert check(seed=100 + shard, rounds=EDITS // SHARDS) > EDITS // SHARDS * DECIDED
