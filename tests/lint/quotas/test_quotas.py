"""Policies held against the quota of the place that they are attached to."""

import json

import pytest

from policygen.finding import Severity
from policygen.lint.linter import lint
from policygen.lint.quotas import exceeding, exceeding_together
from policygen.lint.rules import registry
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
    assert finding.message == "a group can have 10 of these 11 managed policies; merge some"
    assert not exceeding_together([*eleven[:10], policy(200, kind=Kind.BOUNDARY)], "managed")  # set, not attached


def test_white_space_in_a_file_does_not_count():
    text = '{"Version": "2012-10-17",' + " " * 9000 + '"Statement": []}'
    source = Source(text, "wide.json")
    assert not rules(Policy(source.data, source=source))


def test_a_policy_of_unknown_place_is_warned_of_when_no_group_can_take_it():
    assert rules(policy(6145)) == ["policy-exceeds-managed-policy-quota"]
    assert rules(policy(6145, kind=Kind.BOUNDARY)) == ["policy-exceeds-quota"]


@pytest.mark.parametrize("place", [None, "user-inline", "group-inline", "role-inline", "managed"])
def test_one_length_gives_one_finding_wherever_it_is_measured(policygen, tmp_path, place):
    path = tmp_path / "policy.json"
    for characters in (3_000, 7_000, 12_000):
        path.write_text(json.dumps(policy(characters).document))
        result = policygen("lint", str(path), "--format", "json", *(("--for", place) if place else ()))
        measured = [f for f in json.loads(result.stdout)["findings"] if "characters" in f["message"]]
        known = quotas()[place or "managed"]
        assert len(measured) == (characters > known.limit), measured


def test_findings_come_in_the_order_of_the_file(policygen, tmp_path):
    path = tmp_path / "policy.json"
    document = policy(7_000).document
    document["Statement"] = [document["Statement"], {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]
    path.write_text(json.dumps(document, indent=1))
    for more in ([], ["--for", "managed"], ["--together", "--for", "group-inline", str(path.with_name("2.json"))]):
        path.with_name("2.json").write_text(json.dumps(document, indent=1))
        found = json.loads(policygen("lint", str(path), *more, "--format", "json").stdout)["findings"]
        places = [(f["file"], f["line"], f["column"]) for f in found]
        by_file = {file: [place for place in places if place[0] == file] for file, _, _ in places}
        assert len(found) > 2 and all(places == sorted(places) for places in by_file.values())
