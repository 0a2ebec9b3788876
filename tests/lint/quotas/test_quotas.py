"""Policies held against the quota of the place where they live."""

import pytest

from policygen.finding import Severity
from policygen.lint.linter import lint
from policygen.lint.quotas import exceeding, exceeding_together
from policygen.lint.rule import registry
from policygen.policy.canonical import size
from policygen.policy.model import Kind, Policy
from policygen.policy.source import Source
from policygen.reference.quotas import quotas

RULES = [rule for rule in registry().values() if rule.group == "quotas"]


def policy(characters, name="", kind=Kind.IDENTITY):
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ""}}
    document["Statement"]["Resource"] = "x" * (characters - size(document))
    assert size(document) == characters
    return Policy(document, kind, name=name)


def rules(policy):
    return [finding.rule for finding in lint(policy, RULES)]


@pytest.mark.parametrize("place", quotas())
def test_each_place_takes_exactly_what_its_quota_says(place):
    limit = quotas()[place].limit
    assert not exceeding([policy(limit)], place)
    [finding] = exceeding([policy(limit + 1)], place)
    assert (finding.rule, finding.severity) == ("policy-exceeds-quota", Severity.ERROR)
    assert f"{limit + 1:,}" in finding.message and f"{limit:,}" in finding.message


@pytest.mark.parametrize(
    ("name", "limit"),
    [("user/alice/keys", 2048), ("group/all/keys", 5120), ("role/app/keys", 10240), ("policy/keys", 6144)],
)
def test_a_policy_named_by_its_owner_is_held_against_the_owners_quota(name, limit):
    assert not rules(policy(limit, name))
    assert rules(policy(limit + 1, name)) == ["policy-exceeds-quota"]


def test_inline_policies_of_one_owner_count_together_and_others_do_not():
    halves = [policy(3000, "group/all/one"), policy(3000, "group/all/two")]
    [finding] = exceeding(halves)
    assert finding.message.startswith("the 2 inline policies of `group/all` have 6,000 characters")
    assert not exceeding([policy(3000, "group/all/one"), policy(3000, "group/some/two"), policy(3000), policy(3000)])
    assert not exceeding([policy(3000, "policy/one"), policy(3000, "policy/two")])
    assert not exceeding([policy(9000, "group/all/one")])  # the rule tells it already


@pytest.mark.parametrize("place", ["group-inline", "user-inline", "role-inline"])
def test_inline_policies_that_one_identity_will_hold_count_together(place):
    limit = quotas()[place].limit
    held = [policy(limit - 1000), policy(1000)]
    assert not exceeding_together(held, place)
    [finding] = exceeding_together([*held, policy(200)], place)
    assert finding.message.startswith(f"the 3 policies have {limit + 200:,} characters")
    assert not exceeding_together([policy(limit + 1)], place)  # which is too long by itself, and told so


def test_a_group_takes_ten_managed_policies():
    eleven = [policy(200, f"policy/{number}") for number in range(11)]
    assert not exceeding_together(eleven[:10], "managed")
    [finding] = exceeding_together(eleven, "managed")
    assert (finding.rule, finding.policy) == ("policy-exceeds-quota", "policy/10")
    assert finding.message == "of 11 managed policies a group takes 10; merge some"
    assert not exceeding_together([*eleven[:10], policy(200, kind=Kind.BOUNDARY)], "managed")  # set, not attached


def test_white_space_in_a_file_does_not_count():
    text = '{"Version": "2012-10-17",' + " " * 9000 + '"Statement": []}'
    source = Source(text, "wide.json")
    assert not rules(Policy(source.data, source=source))


def test_a_policy_of_unknown_place_is_warned_of_when_no_group_can_take_it():
    assert rules(policy(6145)) == ["policy-exceeds-managed-policy-quota"]
    assert rules(policy(6145, kind=Kind.BOUNDARY)) == ["policy-exceeds-quota"]
