"""Entries that another entry of their list covers, found as by holding each against each."""

from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.lint.linter import lint
from policygen.lint.rules import registry
from policygen.policy.arn import arn_covers
from policygen.policy.model import Policy
from policygen.policy.pattern import covers

ACTIONS = st.sampled_from(["s3:Get*", "s3:*", "S3:get*", "s3:GetObject", "s3:getobject", "s?:Get*", "*", "iam:?et*"])
ARNS = ["*", *(f"arn:aws:s3:{region}::{name}" for region in ("", "*") for name in ("a", "a*", "a/b", "a?b", "*b", "*"))]


def objected_to(rule: str, element: str, entries: list[str]) -> set[int]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", element: entries}
    policy = Policy({"Version": "2012-10-17", "Statement": [statement]})
    return {int(found.pointer.rpartition("/")[2]) for found in lint(policy, [registry()[rule]])}


def superfluous(entries: list[str], wider) -> set[int]:
    """The entries that another one covers; of those that cover each other, all but the first."""
    return {
        index
        for index, entry in enumerate(entries)
        for place, other in enumerate(entries)
        if place != index and wider(other, entry) and (place < index or not wider(entry, other))
    }


@settings(max_examples=300)
@given(st.lists(ACTIONS, max_size=7))
def test_each_action_that_another_entry_covers_is_found(entries):
    lower = [entry.lower() for entry in entries]
    assert objected_to("redundant-action", "Action", entries) == superfluous(lower, covers)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(ARNS), max_size=7))
def test_each_resource_that_another_entry_covers_is_found(entries):
    assert objected_to("redundant-resource", "Resource", entries) == superfluous(entries, arn_covers)
