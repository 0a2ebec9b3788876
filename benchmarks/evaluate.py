"""How many requests a second are decided, beside iam-simulate on the same questions; what compiling policies costs.

    python benchmarks/evaluate.py [SECONDS]

Reads the reference corpus of AWS managed policies beside the checkout where it is there, and asks iam-simulate (npm)
where node is there. Requests and policies are made before the clock runs; iam-simulate reads the policies every time.
Seconds are of CPU time, so that what else the machine does counts little.
"""

import gzip
import json
import random
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from policygen.evaluate import compile_policy, decide  # noqa: E402
from policygen.evaluate.question import question  # noqa: E402
from policygen.policy.model import Policy  # noqa: E402
from policygen.recipe.catalog import find_recipe  # noqa: E402
from policygen.recipe.render import render_recipe  # noqa: E402
from policygen.reference.services import expand  # noqa: E402
from tests.evaluate import oracle  # noqa: E402

CORPUS = ROOT / ".." / "shared" / "corpus" / "access-analyzer.jsonl.gz"
ACCOUNT = "123456789012"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
RECIPES = ("self-manage", "enforce-mfa", "enforce-tls", "read-password-policy")
COUNT, ORACLE_COUNT = 5_000, 300
Json = dict[str, Any]


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    reason = oracle.unavailable()
    print(f"{'decisions a second':32}{'policygen':>12}{'iam-simulate':>14}")
    for name, policies, actions in _cases():
        questions = _questions(policies, actions)
        theirs = reason or f"{ORACLE_COUNT / oracle.ask(questions[:ORACLE_COUNT])[1]:,.0f}"
        print(f"{name:32}{_rate(questions, seconds):>12,.0f}{theirs:>14}")
    _compiling()


def _cases() -> Iterator[tuple[str, list[Json], list[str]]]:
    recipes = [render_recipe(find_recipe(name), {"account": ACCOUNT}, check=False).policy.document for name in RECIPES]
    actions = [str(action) for action in expand("iam:*User*") + expand("iam:*MFA*") + expand("s3:Get*")]
    yield f"{len(recipes)} recipes", recipes, actions
    everything = [str(action) for action in expand("*")]
    documents = [document for document, latest in _corpus() if latest]
    if documents:
        largest = sorted(documents, key=lambda document: len(json.dumps(document)))[-10:]
        yield "10 largest managed policies", largest, everything


def _questions(policies: list[Json], actions: list[str]) -> list[Json]:
    rng = random.Random(0)
    resources = [ALICE, f"arn:aws:iam::{ACCOUNT}:mfa/alice", "arn:aws:s3:::b/k", "*"]
    keys = [
        {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60"},
        {"aws:MultiFactorAuthPresent": "false"},
        {},
    ]
    return [
        {
            "policies": policies,
            "request": {
                "principal": ALICE,
                "action": rng.choice(actions),
                "resource": rng.choice(resources),
                "resource_account": ACCOUNT,
                "context": {"aws:username": "alice", "aws:SecureTransport": "true", **rng.choice(keys)},
            },
        }
        for _ in range(COUNT)
    ]


def _rate(questions: list[Json], seconds: float) -> float:
    """The best of the rounds that fit into the time: what disturbs a round only slows it down."""
    asked = [question(one) for one in questions]
    layers = asked[0][1]
    requests = [request for request, _ in asked]
    best, end = float("inf"), time.process_time() + seconds
    while time.process_time() < end:
        start = time.process_time()
        for request in requests:
            decide(request, layers)
        best = min(best, time.process_time() - start)
    return len(requests) / best


def _compiling() -> None:
    documents = [document for document, _ in _corpus()]
    if not documents:
        print("\nthe reference corpus is not beside the checkout: nothing to compile")
        return
    statements = sum(len(Policy(document).statements) for document in documents)
    start = time.process_time()
    compiled = [compile_policy(Policy(document)) for document in documents]
    spent = time.process_time() - start
    del compiled
    tracemalloc.start()
    compiled = [compile_policy(Policy(document)) for document in documents]
    memory = tracemalloc.get_traced_memory()[0]
    refused = sum(bool(policy.refused) for policy in compiled)
    print(
        f"\ncompiling {len(documents):,} managed policies ({statements:,} statements): {spent:.2f} s, "
        f"{memory / 2**20:.0f} MiB, {refused} refused"
    )


def _corpus() -> Iterator[tuple[Json, bool]]:
    if CORPUS.exists():
        with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
            for line in lines:
                entry = json.loads(line)
                yield entry["document"], entry["latest"]


if __name__ == "__main__":
    main()
