"""What `differs` says about popular policies: decided by the comparer, both ways, for all requests."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from policygen.evaluate import Layers, allow_all, compile_policy
from policygen.evaluate.compare import Verdict, new_access
from policygen.policy.model import Kind, Policy
from policygen.recipe.catalog import load_catalog
from policygen.recipe.render import render_recipe

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus"
CATALOG = load_catalog()
PRIVILEGED = "arn:aws:iam::123456789012:role/platform"
EXEMPT = {"exempt_principals": [PRIVILEGED]}

# (recipe, parameters, the twin, whether ours allows what the twin does not, whether the twin allows what ours does not)
TWINS = [
    ("deny-leave-organization", {}, "Deny-member-accounts-from-leaving-your-AWS-organization", False, False),
    ("deny-root-user", {}, "Prevent-root-credentials-management-in-member-accounts-in-AWS-Organizations", False, False),
    ("deny-region-opt-in", EXEMPT, "Deny-account-region-enable-and-disable-actions", False, False),
    ("deny-kms-key-deletion", EXEMPT, "Deny-KMS-key-deletion", True, False),
    ("deny-iam-user-creation", EXEMPT, "Deny-critical-IAM-user-actions", True, True),
    ("self-manage-password", {}, "IAMUserChangePassword", True, True),
    ("lambda-execution", {"log_groups": ["/aws/lambda/orders"]}, "AWSLambdaBasicExecutionRole", False, True),
]


def twin(name: str) -> dict[str, Any]:
    """The twin's document, with the placeholders of AWS's samples filled in."""
    samples = CORPUS / "aws-samples.jsonl"
    managed = CORPUS / "access-analyzer.jsonl.gz"
    if not samples.exists() or not managed.exists():
        pytest.skip("the reference corpus is not beside this checkout")
    for line in samples.read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry["name"].endswith(f"/{name}.json"):
            text = entry["text"].replace("arn:aws:iam::${Account}:role/[PRIVILEGED_ROLE]", PRIVILEGED)
            return dict(json.loads(text.replace("arn:aws:iam::*:role/[PRIVILEGED_ROLE]", PRIVILEGED)))
    with gzip.open(managed, "rt", encoding="utf-8") as lines:
        return next(dict(entry["document"]) for entry in map(json.loads, lines) if entry["name"] == name)


def stack(document: dict[str, Any], kind: Kind) -> Layers:
    compiled = compile_policy(Policy(document, kind))
    return Layers((allow_all(),), scps=((compiled, allow_all()),)) if kind is Kind.SCP else Layers((compiled,))


@pytest.mark.parametrize(("name", "given", "other", "looser", "stricter"), TWINS, ids=[row[0] for row in TWINS])
def test_a_recipe_differs_from_its_twin_as_it_says(
    name: str, given: dict[str, Any], other: str, looser: bool, stricter: bool
) -> None:
    recipe = CATALOG[name]
    account = {"account": "123456789012"}
    ours = render_recipe(recipe, {**account, **given}, check=False).policy
    mine, theirs = stack(ours.document, ours.kind), stack(twin(other), ours.kind)
    assert new_access(theirs, mine).verdict is (Verdict.FOUND if looser else Verdict.NONE)
    assert new_access(mine, theirs).verdict is (Verdict.FOUND if stricter else Verdict.NONE)
    assert any(other in entry["name"] for entry in recipe.metadata["replaces"])
