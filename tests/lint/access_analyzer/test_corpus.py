"""Our verdicts against AWS's own, on those of its managed policies that a reference corpus holds.

A verdict is (document, issue code, statement). Documents that AWS judged last count both ways; older versions count for
recall only, and there only by codes that AWS's data does not decide, since what exists changes by the day.
"""

import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from policygen.lint.linter import lint
from policygen.lint.rules import registry
from policygen.policy.model import Policy

CORPUS = Path(__file__).parents[3] / ".." / "shared" / "corpus" / "access-analyzer.jsonl.gz"
DECIDED_BY_DATA = {
    "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    "INVALID_ACTION",
    "INVALID_GLOBAL_CONDITION_KEY",
    "INVALID_SERVICE",
    "INVALID_SERVICE_CONDITION_KEY",
    "INVALID_SERVICE_IN_ACTION",
    "INVALID_SERVICE_PRINCIPAL_FORMAT",
    "MISSING_ARN_ACCOUNT",
    "MISSING_ARN_REGION",
    "MISSING_QUALIFIER",
}


def statement(pointer):
    parts = pointer.split("/")
    return parts[2] if len(parts) > 2 and parts[2].isdigit() else "0" if len(parts) > 1 else ""


def value_at(document, pointer):
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        document = document[int(token)] if isinstance(document, list) else document[token]
    return document


def is_about(document, finding):
    """Whether a recorded finding can be about its document: some were recorded with another policy's document."""
    try:
        values = [value_at(document, pointer) for pointer in finding["pointers"]]
    except (KeyError, IndexError):
        return False
    if not finding["code"].startswith(("PASS_ROLE", "CREATE_SLR")):
        return True
    actions = values[0] if isinstance(values[0], list) else [values[0]]
    return any(action == "*" or action.lower().startswith("iam:") for action in actions)


@pytest.fixture(scope="module")
def score():
    if not CORPUS.exists():
        pytest.skip("the reference corpus is not here")
    rules = [rule for rule in registry().values() if rule.group == "access-analyzer"]
    count, wrong = Counter(), defaultdict(set)
    for line in map(json.loads, gzip.decompress(CORPUS.read_bytes()).splitlines()):
        ours, theirs = defaultdict(set), defaultdict(set)
        for found in lint(Policy(line["document"]), rules):
            ours[found.rule.replace("-", "_").upper(), statement(found.pointer)].add(found.pointer)
            if found.severity == "error" and line["latest"] and not line["findings"]:
                wrong[line["name"]].add(found.rule)
        for found in line["findings"]:
            if is_about(line["document"], found):
                pointers = found["pointers"] or [""]
                theirs[found["code"], statement(pointers[0])].update(pointers)
        for key, pointers in theirs.items():
            if line["latest"] or key[0] not in DECIDED_BY_DATA:
                count["hit" if key in ours else "missed"] += 1
                count["exact"] += bool(pointers & ours[key])
        if line["latest"]:
            count["extra"] += sum(key not in theirs for key, pointers in ours.items() if pointers)
    return count, wrong


def test_nearly_everything_we_report_is_reported_by_aws(score):
    count, _ = score
    assert count["hit"] / (count["hit"] + count["extra"]) >= 0.985


def test_nearly_everything_that_aws_reports_we_report(score):
    count, _ = score
    assert count["hit"] / (count["hit"] + count["missed"]) >= 0.985


def test_nearly_everything_is_reported_at_the_place_where_aws_reports_it(score):
    count, _ = score
    assert count["exact"] / count["hit"] >= 0.99


def test_errors_on_policies_that_aws_finds_clean_are_actions_that_went_since(score):
    _, wrong = score
    assert set().union(*wrong.values()) <= {"invalid-action"}
    assert len(wrong) <= 5  # of 698; DescribeRoutingControlByName and actions of securityagent, when this was written
